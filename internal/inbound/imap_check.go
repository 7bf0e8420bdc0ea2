package inbound

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// MailboxLook is what is in a mailbox and how it would be read.
type MailboxLook struct {
	Secure  bool // TLS
	Folder  string
	Done    string
	HasDone bool // else it is made with the first mail
	Moves   bool // else mails are copied and taken away
	Idles   bool // else it is looked into every half minute
	Waiting int
	Oldest  time.Time
	Large   int  // of those, larger than MaxSize
	Many    bool // too many to begin with unasked
}

// Check does what reading does, up to the first mail, and changes nothing. Errors: FaultOf tells. For `askwell doctor`.
func (m *IMAP) Check(ctx context.Context) (MailboxLook, error) {
	s, err := m.open(ctx)
	if err != nil {
		return MailboxLook{}, err
	}
	defer s.close()
	caps := s.caps()
	look := MailboxLook{
		Folder: s.folder, Done: s.done, Idles: caps.Has(imap.CapIdle), Moves: caps.Has(imap.CapMove) || caps.Has(imap.CapIMAP4rev2),
		Secure: m.implicit || m.policy != "off" && caps.Has(imap.CapStartTLS) || m.policy == "required",
	}
	if s.readOnly() {
		return look, &mailboxError{FaultReadOnly, fmt.Errorf("no flags of %s can be kept", s.folder)}
	}
	err = s.do(answerWithin, func() error {
		found, err := s.client.List("", s.done, nil).Collect()
		look.HasDone = len(found) > 0
		return err
	})
	if err != nil {
		return look, commandFault(FaultDone, err)
	}
	uids, err := s.waiting()
	if err != nil {
		return look, err
	}
	if look.Waiting = len(uids); look.Waiting > 0 {
		look.Oldest = s.oldest(uids)
	}
	look.Many = look.Waiting > manyWaiting && m.Since.IsZero() && !m.All
	err = s.do(answerWithin, func() error {
		found, err := s.client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}, Since: m.Since, Larger: m.MaxSize}, nil).Wait()
		if err == nil {
			look.Large = len(found.AllUIDs())
		}
		return err
	})
	if err != nil {
		return look, commandFault(FaultOther, err)
	}
	return look, nil
}
