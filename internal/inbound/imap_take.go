package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"
)

// errNothing is a server's that hands out nothing of a mail.
var errNothing = errors.New("the server hands out nothing of a mail")

// manyWaiting is from how many mails on a mailbox that was never read has to be begun with by somebody.
const manyWaiting = 50

// takeAll takes in what is in the folder, and says how many mails that were. A mail that the server does not hand out is passed over, and tried
// again at the next look.
func (s *mailboxSession) takeAll(ctx context.Context) (n int, err error) {
	uids, err := s.waiting()
	if err != nil {
		return 0, err
	}
	if err := s.mayBegin(ctx, uids); err != nil {
		return 0, err
	}
	for _, uid := range uids {
		if ctx.Err() != nil {
			return n, nil //nolint:nilerr // the worker ends
		}
		taken, err := s.take(ctx, uid)
		switch {
		case err != nil && !isNo(err) && !errors.Is(err, errNothing):
			return n, err
		case err != nil && s.isFor(err, FaultDone, FaultReadOnly): // no mail can be moved
			return n, err
		case err != nil:
			s.desk.Logger.Warn("mail not taken from the mailbox", slog.Uint64("uid", uint64(uid)), slog.Any("error", err))
		case taken:
			n++
		}
	}
	s.report(ctx, len(uids)-n, time.Time{}, nil)
	return n, nil
}

func (s *mailboxSession) isFor(err error, faults ...MailboxFault) bool {
	fault, _ := FaultOf(err)
	for _, f := range faults {
		if f == fault {
			return true
		}
	}
	return false
}

// waiting lists the mails that are to be taken in.
func (s *mailboxSession) waiting() (uids []imap.UID, err error) {
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}, Since: s.Since}
	err = s.do(answerWithin, func() error {
		found, err := s.client.UIDSearch(criteria, nil).Wait()
		if err == nil {
			uids = found.AllUIDs()
		}
		return err
	})
	if err != nil {
		return nil, commandFault(FaultOther, fmt.Errorf("look into the mailbox: %w", err))
	}
	return uids, nil
}

// mayBegin stops before a mailbox that was in use: its old mails would become questions of today. Once it was begun with, however many come are
// taken in.
func (s *mailboxSession) mayBegin(ctx context.Context, uids []imap.UID) error {
	begun, err := s.begun(ctx)
	if err != nil || begun {
		return err
	}
	if len(uids) > manyWaiting && s.Since.IsZero() && !s.All {
		oldest := s.oldest(uids)
		s.report(ctx, len(uids), oldest, &mailboxError{FaultNotBegun, fmt.Errorf("%d mails wait, the oldest of %s", len(uids), oldest.Format(time.DateOnly))})
		return &mailboxError{FaultNotBegun, fmt.Errorf("%d mails wait", len(uids))}
	}
	return s.begin(ctx)
}

// oldest is when the first of the mails came into the mailbox.
func (s *mailboxSession) oldest(uids []imap.UID) (at time.Time) {
	_ = s.do(answerWithin, func() error {
		found, err := s.client.Fetch(imap.UIDSetNum(uids[0]), &imap.FetchOptions{UID: true, InternalDate: true}).Collect()
		if err == nil && len(found) > 0 {
			at = found[0].InternalDate
		}
		return err
	})
	return at
}

// take keeps one mail and moves it. Of one that is too large its header is kept, and a person is told where it lies.
func (s *mailboxSession) take(ctx context.Context, uid imap.UID) (bool, error) {
	set := imap.UIDSetNum(uid)
	about, err := s.fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true, Flags: true})
	if err != nil || about == nil {
		return false, err
	}
	arrived := Arrived{Source: "imap", At: about.InternalDate}
	for _, flag := range about.Flags {
		arrived.Answered = arrived.Answered || flag == imap.FlagAnswered
	}
	section := &imap.FetchItemBodySection{Peek: true}
	if about.RFC822Size > s.MaxSize {
		section.Partial, arrived.TooLarge = &imap.SectionPartial{Size: maxField}, about.RFC822Size
	}
	mail, err := s.fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	if err != nil || mail == nil {
		return false, err
	}
	arrived.Raw = mail.FindBodySection(section)
	if len(arrived.Raw) == 0 {
		return false, errNothing
	}
	if arrived.TooLarge > 0 {
		arrived.Raw = arrived.Raw[:len(arrived.Raw)-len(parseEntity(arrived.Raw).body)]
	}
	arrived.EnvelopeFrom = returnPath(arrived.Raw)
	keep, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if err := s.desk.Receive(keep, arrived); err != nil {
		return false, err
	}
	return true, s.move(set)
}

// fetched is what a server tells of a mail.
type fetched struct {
	RFC822Size      int64
	InternalDate    time.Time
	Flags           []imap.Flag
	FindBodySection func(*imap.FetchItemBodySection) []byte
}

// fetch asks for one mail; nil when it has gone meanwhile.
func (s *mailboxSession) fetch(set imap.UIDSet, options *imap.FetchOptions) (*fetched, error) {
	var got *fetched
	err := s.do(fetchWithin, func() error {
		found, err := s.client.Fetch(set, options).Collect()
		if err == nil && len(found) > 0 {
			got = &fetched{found[0].RFC822Size, found[0].InternalDate, found[0].Flags, found[0].FindBodySection}
		}
		return err
	})
	if err != nil {
		return nil, commandFault(FaultOther, fmt.Errorf("fetch a mail: %w", err))
	}
	return got, nil
}

// move puts a mail that was kept into the folder for those, which is made when it is not there.
func (s *mailboxSession) move(set imap.UIDSet) error {
	err := s.moveOnce(set)
	if err != nil && isMissing(err) {
		made := s.do(answerWithin, func() error { return s.client.Create(s.done, nil).Wait() })
		if err = s.moveOnce(set); err != nil {
			err = errors.Join(err, made)
		}
	}
	switch {
	case err == nil:
		return nil
	case s.readOnly():
		return commandFault(FaultReadOnly, err)
	}
	return commandFault(FaultDone, fmt.Errorf("move a mail to the folder %s: %w", s.done, err))
}

// moveOnce moves a mail, or copies it and takes the first away (RFC 6851, RFC 4315). Where the server cannot take away that mail alone it stays, marked
// as deleted, and is not looked at again: other programs' marks are none of ours to carry out.
func (s *mailboxSession) moveOnce(set imap.UIDSet) error {
	if s.caps().Has(imap.CapMove) || s.caps().Has(imap.CapIMAP4rev2) {
		return s.do(answerWithin, func() error {
			_, err := s.client.Move(set, s.done).Wait()
			return err
		})
	}
	return s.do(answerWithin, func() error {
		if _, err := s.client.Copy(set, s.done).Wait(); err != nil {
			return err
		}
		deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		if err := s.client.Store(set, deleted, nil).Close(); err != nil {
			return err
		}
		if s.client.Caps().Has(imap.CapUIDPlus) {
			return s.client.UIDExpunge(set).Close()
		}
		return nil
	})
}

// readOnly reports whether nothing in the folder may be changed: it has no flag that stays.
func (s *mailboxSession) readOnly() (readOnly bool) {
	_ = s.do(answerWithin, func() error {
		data, err := s.client.Select(s.folder, nil).Wait()
		readOnly = err == nil && len(data.PermanentFlags) == 0
		return err
	})
	return readOnly
}

// returnPath is the envelope's sender as the mailbox's server wrote it down.
func returnPath(raw []byte) string {
	header, _ := split(raw)
	return rawField(header, "return-path")
}
