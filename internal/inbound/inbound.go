// Package inbound takes in the mails of applicants: it keeps each as it came, reads it, and files it on the ticket that it answers or as
// a new one. What cannot be read, or is not clear, waits for a person; nothing is lost.
package inbound

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/ticket"
)

// TaskFile is the outbox's task to file a mail that came in sealed; its subject is the mail's row. OutboxReceived is the event about one
// that came in by the version before, in the clear, whose task that version's workers do, too: they could not read a sealed one.
const (
	TaskFile       = "file_mail"
	OutboxReceived = "mail.received"
)

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
	WhyInMailbox   Why = "in_mailbox"   // quarantined: larger than INBOUND_MAX_SIZE, its header is all that was taken from the mailbox
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
	At           time.Time // when it came into the mailbox; zero for now
	Answered     bool      // the mailbox's owner has answered it
	TooLarge     int64     // bytes of a mail of which Raw is the header alone; 0 for a whole one
}

// Config is what a Desk needs. Keys are those of SECRET_KEY; those of Replies when empty. KeepRaw is for how long a mail is kept as it
// came, sealed, after somebody or the worker has decided on it. Scanner looks at a file before it is fetched; nil for none. Files keeps what is attached; HoldFiles says that a scanner looks at files first. Rate is how many
// questions of one address in an hour become tickets without a person's look; 0 for any number. Language is the one of a mail that is
// in no language we know; Texts are the words in one.
type Config struct {
	DB        *pgxpool.Pool
	Keys      [][]byte
	KeepRaw   time.Duration
	Scanner   Scanner
	Tickets   *ticket.Service
	Files     files.Store
	HoldFiles bool
	Replies   *mail.ReplyAddresses
	From      string // the address that our mails come from
	// AuthServer is the name under which our own mail server reports what it found out of a sender; LookupTXT asks DNS for the keys of signatures.
	// Without either no sender is proven.
	AuthServer string
	LookupTXT  LookupTXT
	Rate       int
	Language   string
	Texts      func(language string) mail.Texts
	Logger     *slog.Logger
	Wake       func()
	Now        func() time.Time
}

// Desk takes mails in and files them. Safe for concurrent use.
type Desk struct {
	Config
	vault *vault
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
	if cfg.KeepRaw == 0 {
		cfg.KeepRaw = keepRaw
	}
	if len(cfg.Keys) == 0 && cfg.Replies != nil {
		cfg.Keys = cfg.Replies.Keys()
	}
	v, err := newVault(cfg.Keys)
	if err != nil {
		panic(fmt.Errorf("inbound: %w", err)) // a programming mistake: there is no desk without SECRET_KEY
	}
	return &Desk{Config: cfg, vault: v}
}

const keepRaw = 30 * 24 * time.Hour

// Receive keeps a mail. Once it returns, the mail is on disk, and a worker will file it. A mail that was kept before is not kept again.
// Anybody may send one. Errors: unavailable when the database is unavailable; then the sender must be told to try again later.
func (d *Desk) Receive(ctx context.Context, in Arrived) error {
	prints := d.vault.fingerprints(in.Raw)
	at, size := d.Now().UTC(), int64(len(in.Raw))
	if !in.At.IsZero() {
		at = in.At.UTC()
	}
	if in.TooLarge > 0 {
		size = in.TooLarge
	}
	kept, err := d.DB.Exec(ctx, `
		WITH kept AS (
			INSERT INTO inbound_mail (source, sealed, size, fingerprint, envelope_from, recipients, received_at, answered)
			SELECT $1, $2, $3, $4, $5, $6, LEAST($7, clock_timestamp()), $10
			WHERE NOT EXISTS (SELECT FROM inbound_mail WHERE fingerprint = ANY ($8))
			ON CONFLICT (fingerprint) DO NOTHING
			RETURNING id
		)
		INSERT INTO outbox_task (task, subject_id, due_at, created_at)
		SELECT $9, id, now(), now() FROM kept`,
		in.Source, d.vault.sealMail(in.Raw, prints[0]), size, prints[0], clip(in.EnvelopeFrom, 320), orEmpty(in.Recipients), at, prints[1:], TaskFile, in.Answered)
	if err != nil {
		return fmt.Errorf("keep a mail: %w", unavailable(err))
	}
	if kept.RowsAffected() == 0 {
		if err := d.receiveAgain(ctx, in, prints); err != nil {
			return err
		}
	}
	d.Wake()
	return nil
}
