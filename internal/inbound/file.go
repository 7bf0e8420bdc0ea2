package inbound

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// mailed is a mail that is being filed.
type mailed struct {
	ID           int64
	Raw          []byte
	Fingerprint  []byte
	EnvelopeFrom string
	Recipients   []string
	ReceivedAt   time.Time
	Answered     bool  // in the mailbox that it came from
	Size         int64 // bytes, of the whole mail
	State        State
	Why          Why
	TicketID     *int64
	SplitOf      *int64
	letter       letter  `db:"-"`
	writer       mailbox // whose question it is, and where answers go
	own          string  // its own text, masked
	quoted       string  // what it repeats of the ticket that it answers, masked
	signs        []Sign  // that it may be automatic
	sealed       bool    // Raw stood sealed
	unread       bool    // it could not be read
	proof        Proof   // that its sender's domain sent it
}

// filed is where a mail ended.
type filed struct {
	state   State
	why     Why
	ticket  *int64
	message *int64
	left    []part // files that were not taken over
}

func quarantined(why Why) filed { return filed{state: StateQuarantined, why: why} }
func ignored(why Why) filed     { return filed{state: StateIgnored, why: why} }

// File reads a mail and files it. Called by the worker with its task. It may be called again after a worker died on the way: the same
// mail makes one ticket, one message, one event.
func (d *Desk) File(ctx context.Context, task, id int64) error {
	m, err := d.read(ctx, id)
	if failure.Is(err, failure.KindNotFound) {
		return outbox.Done(ctx, d.DB, task)
	}
	if err != nil {
		return fmt.Errorf("file mail %d: %w", id, err)
	}
	if m.State != StateReceived {
		return outbox.Done(ctx, d.DB, task)
	}
	end, err := d.decide(ctx, &m)
	if err != nil {
		return fmt.Errorf("file mail %d: %w", id, err)
	}
	err = postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error {
		pending, err := outbox.Pending(ctx, tx, task)
		if err != nil || !pending {
			return err
		}
		if err := d.record(ctx, tx, m, end); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, task)
	})
	if err != nil {
		return fmt.Errorf("file mail %d: %w", id, err)
	}
	return nil
}

func (d *Desk) read(ctx context.Context, id int64) (mailed, error) {
	var m mailed
	var sealed []byte
	err := d.DB.QueryRow(ctx, `
		SELECT id, raw, sealed, fingerprint, envelope_from, recipients, received_at, answered, size, state, why, ticket_id, split_of
		FROM inbound_mail
		WHERE id = $1`, id).Scan(
		&m.ID, &m.Raw, &sealed, &m.Fingerprint, &m.EnvelopeFrom, &m.Recipients, &m.ReceivedAt, &m.Answered, &m.Size, &m.State, &m.Why, &m.TicketID, &m.SplitOf)
	if err != nil {
		return m, postgres.Failure(notFound(err))
	}
	if len(sealed) > 0 {
		m.sealed = true
		m.Raw, err = d.vault.openMail(sealed, m.Fingerprint)
	}
	return m, err
}

// record writes where a mail ended, with what a list shows of it. What must not be stored is masked here, too.
func (d *Desk) record(ctx context.Context, tx postgres.Querier, m mailed, end filed) error {
	if end.state == StateIgnored || end.why == WhyAutomatic {
		_, end.left = sorted(m.letter.parts, false)
	}
	_, err := tx.Exec(ctx, `
		UPDATE inbound_mail
		SET state = $2, why = $3, decided_at = $4, ticket_id = $5, message_id = $6, from_name = $7, from_address = $8, subject = $9,
			body = $10, left_out = $11, only_copy = $12, signs = $13, reply_to = $14, damaged = $15, mail_id = $16, proof = $17
		WHERE id = $1 AND state = 'received'`,
		m.ID, end.state, end.why, d.Now().UTC(), end.ticket, end.message, clip(masked(m.letter.fromName), 200),
		clip(m.letter.fromAddress, 320), clip(masked(m.letter.subject), 300), m.shown(), namesOf(end.left), end.message != nil && m.onlyCopy(), orEmpty(m.signs), m.replyTo(), orEmpty(m.letter.damaged), messageID(m.letter.header.get("Message-Id")), m.proof)
	if err != nil {
		return err
	}
	return d.keepFiles(ctx, tx, m.ID, end.left)
}

// messageIDShape is a Message-ID of ASCII (RFC 5322, 3.6.4) that fits into a line of a header.
var messageIDShape = regexp.MustCompile(`<[!-;=?-~]{3,250}>`)

// messageID reads the Message-ID of a mail; "" when it has none that an answer could name.
func messageID(field string) string { return messageIDShape.FindString(field) }

// replyTo is where answers go, when that is not where the mail comes from.
func (m *mailed) replyTo() string {
	if m.writer.address == m.letter.fromAddress {
		return ""
	}
	return clip(m.writer.address, 320)
}

// shown is all of a mail's text as it is stored.
func (m *mailed) shown() string { return clip(masked(m.whole()), 200_000) }

func masked(s string) string {
	s, _ = identifier.MaskSensitive(s)
	return s
}

// whole is all of a mail's text.
func (m *mailed) whole() string { return clean(m.letter.text + m.letter.forwarded) }

// decide finds out what a mail is, and does what follows from it.
func (d *Desk) decide(ctx context.Context, m *mailed) (filed, error) {
	var err error
	m.letter, err = readLetter(m.Raw)
	m.unread, m.writer = err != nil, d.writer(&m.letter)
	switch {
	case errors.Is(err, errTooLarge):
		return quarantined(WhyTooLarge), nil
	case err != nil:
		return quarantined(WhyUnreadable), nil //nolint:nilerr // the mail is kept, and staff see that it could not be read
	case m.Size > int64(len(m.Raw)):
		return quarantined(WhyInMailbox), nil
	}
	if own, err := d.isOwn(ctx, m); err != nil || own {
		return ignored(WhyOwn), err
	}
	m.proof = d.prove(ctx, m)
	named, err := d.namedTickets(ctx, m)
	if err == nil {
		err = d.split(ctx, m, named)
	}
	if err != nil {
		return filed{}, err
	}
	return d.decideOn(ctx, m, named.first())
}

// decideOn is decide for a mail that was read, and names a ticket or none.
func (d *Desk) decideOn(ctx context.Context, m *mailed, named *ticket.Ticket) (filed, error) {
	automatic := m.letter.automatic(m.EnvelopeFrom)
	if !automatic {
		m.signs = m.letter.signs()
	}
	if b, is := m.letter.bounced(m.EnvelopeFrom, m.Raw); is {
		end, ours, err := d.takeBounce(ctx, m, b, named)
		if err != nil || ours || automatic {
			return end, err
		}
		m.signs = append(m.signs, SignReport)
	}
	answered, why, err := d.answered(ctx, m, named)
	if err == nil {
		err = d.readOwn(ctx, m, answered)
	}
	if err != nil {
		return filed{}, err
	}
	if automatic {
		return d.takeAutomatic(ctx, m, answered)
	}
	switch {
	case m.letter.encrypted && m.own == "":
		return quarantined(WhyEncrypted), nil
	case m.writer.address == "" || len(m.writer.address) > ticket.MaxEmail:
		return quarantined(WhyNoSender), nil
	case m.own == "" && len(m.letter.parts) == 0 && m.letter.subject == "":
		return quarantined(WhyEmpty), nil
	case d.Replies.Ours(m.writer.address):
		return quarantined(WhyOwnAddress), nil // an answer would come to ourselves
	case why == WhyOtherSender:
		return d.hold(ctx, m, named)
	case answered != nil:
		return d.takeAnswer(ctx, m, *answered, why)
	}
	return d.takeQuestion(ctx, m)
}

// readOwn finds the mail's own text: all of it, or without what it repeats of the ticket that it answers.
func (d *Desk) readOwn(ctx context.Context, m *mailed, t *ticket.Ticket) error {
	m.own, m.quoted = masked(m.whole()), ""
	if t == nil {
		return nil
	}
	thread, err := d.Tickets.Thread(ctx, t.ID)
	var written []string
	for _, said := range thread {
		if said.Kind != ticket.KindNote {
			written = append(written, said.Body)
		}
	}
	q := newQuoting(func(address string) bool {
		return d.isDesks(address) || strings.EqualFold(address, m.letter.fromAddress) || strings.EqualFold(address, t.Email)
	}, written...)
	text := clean(m.letter.text)
	own := q.own(text)
	before, after, _ := strings.Cut(text, own)
	m.own, m.quoted = masked(clean(own+m.letter.forwarded)), clip(masked(clean(before+"\n"+after)), ticket.MaxQuestion)
	return err
}

// isDesks reports whether an address is the desk's, or one beside it.
func (d *Desk) isDesks(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	_, sends, _ := strings.Cut(d.From, "@")
	return d.Replies.Ours(address) || domain != "" && (strings.EqualFold(domain, sends) || d.Replies != nil && strings.EqualFold(domain, d.Replies.Domain()))
}

func (d *Desk) find(ctx context.Context, reference string) (*ticket.Ticket, error) {
	t, err := d.Tickets.ByReference(ctx, reference)
	if failure.Is(err, failure.KindNotFound) {
		return nil, nil //nolint:nilnil // erased meanwhile
	}
	return &t, err
}

// answered finds the ticket that a mail answers: the one that it names, or one whose mail to this sender it refers to. WhyOtherSender
// says that it names a ticket and comes from somebody else.
func (d *Desk) answered(ctx context.Context, m *mailed, named *ticket.Ticket) (*ticket.Ticket, Why, error) {
	if named != nil {
		theirs, err := d.isTheirs(ctx, m, *named)
		if err != nil || theirs {
			return named, WhyToken, err
		}
		return named, WhyOtherSender, nil
	}
	tried := map[string]bool{}
	for _, ids := range m.letter.ids {
		for _, sent := range mail.FindSent(ids) {
			if tried[sent.Reference] || len(tried) == 20 {
				continue
			}
			tried[sent.Reference] = true
			t, err := d.find(ctx, sent.Reference)
			if err != nil {
				return nil, "", err
			}
			if t == nil {
				continue
			}
			_, proof, err := d.sentMessage(ctx, *t, sent)
			if err != nil {
				return nil, "", err
			}
			theirs, err := d.isTheirs(ctx, m, *t)
			if err != nil || proof != mail.Unproven && theirs {
				return t, WhyReferences, err
			}
		}
	}
	return nil, "", nil
}

// isTheirs reports whether a mail's sender is whom we write to about a ticket. A former address of theirs is a stranger's.
func (d *Desk) isTheirs(ctx context.Context, m *mailed, t ticket.Ticket) (bool, error) {
	if m.letter.fromAddress == "" {
		return false, nil
	}
	return d.Tickets.WritesTo(ctx, t, m.letter.fromAddress)
}

// sentMessage finds the mail about a ticket that a Message-ID belongs to: a reply's row, or 0 for the acknowledgement.
func (d *Desk) sentMessage(ctx context.Context, t ticket.Ticket, sent mail.Sent) (reply int64, proof mail.Proof, err error) {
	marks := d.Replies.Marks()
	if proof := marks.IsAcknowledgement(sent); proof != mail.Unproven {
		return 0, proof, nil
	}
	thread, err := d.Tickets.Thread(ctx, t.ID)
	for _, r := range thread {
		if r.Kind != ticket.KindReply {
			continue
		}
		if proof := marks.IsReply(sent, r.ID); proof != mail.Unproven {
			return r.ID, proof, nil
		}
	}
	return 0, mail.Unproven, err
}
