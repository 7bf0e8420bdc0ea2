// Package inbound takes in the mails of applicants: it keeps each as it came, reads it, and files it on the ticket that it answers or as
// a new one. What cannot be read, or is not clear, waits for a person; nothing is lost.
package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/ticket"
)

// OutboxReceived is the outbox's event about a mail that came in; its subject is the mail's row.
const OutboxReceived = "mail.received"

// State says what became of a mail.
type State string

// The states. A mail is received until a worker has read it. One that is ignored or discarded is kept all the same.
const (
	StateReceived    State = "received"
	StateFiled       State = "filed"
	StateQuarantined State = "quarantined"
	StateIgnored     State = "ignored"
	StateDiscarded   State = "discarded"
)

// Why says why a mail is in its state.
type Why string

// Why a mail was filed, in quarantine or ignored.
const (
	WhyToken      Why = "token"      // filed: sent to the ticket's own reply address
	WhyReferences Why = "references" // filed: answers a mail that we sent to this sender
	WhyNew        Why = "new"        // filed: a question of its own
	WhyBounce     Why = "bounce"     // filed: one of our mails came back
	WhyAutomatic  Why = "automatic"  // filed or ignored: no person wrote it
	WhyPerson     Why = "person"     // filed by a member of staff

	WhyUnreadable  Why = "unreadable"   // quarantined: it is broken
	WhyTooLarge    Why = "too_large"    // quarantined: more parts, or deeper, than a mail has
	WhyEncrypted   Why = "encrypted"    // quarantined
	WhyEmpty       Why = "empty"        // quarantined: no text, no file
	WhyNoSender    Why = "no_sender"    // quarantined: no address to answer to
	WhyOtherSender Why = "other_sender" // quarantined: to a ticket's reply address, from somebody else
	WhyOwnAddress  Why = "own_address"  // quarantined: its sender is one of our own addresses, and we did not write it
	WhyTooMany     Why = "too_many"     // quarantined: far too many from one address

	WhyOwn     Why = "own"     // ignored: we wrote it
	WhyDelayed Why = "delayed" // ignored: a server says that it goes on trying
	WhyUnknown Why = "unknown" // ignored: a bounce of no mail that we know
)

// Arrived is a mail as it came in.
type Arrived struct {
	Source       string // "smtp" or "imap"
	EnvelopeFrom string
	Recipients   []string // of the envelope; none when a mailbox was read
	Raw          []byte
}

// Config is what a Desk needs. Files keeps what is attached; HoldFiles says that a scanner looks at files first. Rate is how many
// questions of one address in an hour become tickets without a person's look; 0 for any number. Language is the one of a mail that is
// in no language we know; Texts are the words in one.
type Config struct {
	DB        *pgxpool.Pool
	Tickets   *ticket.Service
	Files     files.Store
	HoldFiles bool
	Replies   *mail.ReplyAddresses
	Rate      int
	Language  string
	Texts     func(language string) mail.Texts
	Logger    *slog.Logger
	Wake      func()
	Now       func() time.Time
}

// Desk takes mails in and files them. Safe for concurrent use.
type Desk struct {
	Config
}

// New makes a Desk.
func New(cfg Config) *Desk {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Desk{cfg}
}

// fingerprint tells mails apart by Message-ID and content. What servers add on the way stands in the header alone, so that one mail
// that comes twice, by whatever way, has one fingerprint. Without a Message-ID who wrote it, when and about what stand in for it.
func fingerprint(raw []byte) [32]byte {
	header, content := split(raw)
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	if id := rawField(header, "message-id"); id != "" {
		write([]byte(id))
	} else {
		for _, name := range []string{"from", "date", "subject"} {
			write([]byte(rawField(header, name)))
		}
	}
	write(content)
	return [32]byte(h.Sum(nil))
}

// token is what makes one ticket or message of one mail, however often it is filed.
func token(fingerprint []byte) [16]byte {
	sum := sha256.Sum256(append([]byte("mail "), fingerprint...))
	return [16]byte(sum[:16])
}

// Receive keeps a mail. Once it returns, the mail is on disk, and a worker will file it. A mail that was kept before is not kept again.
// Anybody may send one. Errors: unavailable when the database is away; then the sender must be told to come again.
func (d *Desk) Receive(ctx context.Context, in Arrived) error {
	sum := fingerprint(in.Raw)
	recipients := in.Recipients
	if recipients == nil {
		recipients = []string{}
	}
	_, err := d.DB.Exec(ctx, `
		WITH kept AS (
			INSERT INTO inbound_mail (source, raw, fingerprint, envelope_from, recipients, received_at)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (fingerprint) DO NOTHING
			RETURNING id
		)
		INSERT INTO outbox (event, subject_id)
		SELECT $7, id FROM kept`,
		in.Source, in.Raw, sum[:], clip(in.EnvelopeFrom, 320), recipients, d.Now().UTC(), OutboxReceived)
	if err != nil {
		return fmt.Errorf("keep a mail: %w", unavailable(err))
	}
	d.Wake()
	return nil
}
