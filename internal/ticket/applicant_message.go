package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Said is what an applicant adds to a ticket. The caller has made sure that the sender may, and has masked what must not be stored
// (identifier.MaskSensitive).
type Said struct {
	Channel     Channel
	Body        string             // up to MaxQuestion characters
	Quoted      string             // what a mail repeats of the ticket, and is left out of Body; as long
	Number      identifier.Reading // found in the text; links a ticket that has come without one
	Attachments []Attachment       // stored already; ID and MessageID are not used
	Token       [16]byte           // hash of a form token or of a mail: the same one makes one message
	Author      *Author            // nil for the applicant
	By          *Reader            // who says it, on a page; nil for a mail, whose sender its reader has made sure of
}

// Author is who wrote a mail that a member of staff adds to a ticket and that is not from where the ticket's mail goes.
type Author struct {
	Name, Email string // as the mail says; "" when it does not
	AddedBy     int64  // staff
}

// actor is who adds the message.
func (in Said) actor() Actor {
	if in.Author != nil {
		return Staff(in.Author.AddedBy)
	}
	return Actor{Kind: ActorApplicant}
}

func (in Said) validate() error {
	switch n := utf8.RuneCountInString(in.Body); {
	case strings.TrimSpace(in.Body) == "":
		return failure.Invalid("body", "missing", "Write your message.")
	case n > MaxQuestion:
		return failure.Invalid("body", "too_long", fmt.Sprintf("A message can have up to %d characters; this one has %d.", MaxQuestion, n))
	case !utf8.ValidString(in.Body) || strings.ContainsRune(in.Body, 0):
		return failure.Invalid("body", "unreadable", "Some characters of the message cannot be read.")
	case in.Token == [16]byte{}:
		return errors.New("a message needs a token")
	}
	return nil
}

// AddMessage adds what the applicant wrote to the thread, whichever way it came: by mail, from the status page, from the account. The
// applicant waits for an answer from then on, and a ticket that was pending, solved or closed is open again; one that is new or on hold
// stays so. A third person's mail that a member of staff adds (Author) does the same, because whoever adds it says that it belongs to the
// question and has to be answered; it stands under its sender's name. The same token twice gives the message that it made the first time. Errors: invalid (body), not_found, conflict when the
// ticket counts in no figure (merged, duplicate, spam): nobody would see a message there, so ask anew.
func (s *Service) AddMessage(ctx context.Context, reference string, in Said) (Message, error) {
	if err := in.validate(); err != nil {
		return Message{}, err
	}
	m := Message{Kind: KindApplicant, Body: in.Body, Delivery: DeliveryNone}
	_, err := s.changeTicket(ctx, "add a message to", reference, in.actor(), func(c *change) error {
		if in.By != nil && !in.By.sees(*c.Ticket) {
			return noQuestion()
		}
		err := c.tx.QueryRow(ctx, `
			SELECT id, created_at FROM message WHERE token = $1 AND ticket_id = $2`, in.Token[:], c.ID).Scan(&m.ID, &m.CreatedAt)
		if !errors.Is(err, pgx.ErrNoRows) {
			m.TicketID = c.ID
			return err
		}
		if c.ExcludedReason != "" {
			return failure.Conflict("This question was closed and takes no more messages. Ask a new one.")
		}
		in.Attachments, err = c.notAttached(ctx, in.Attachments)
		if err != nil {
			return err
		}
		return c.said(ctx, in, &m)
	})
	if postgres.Constraint(err) == "message_token_key" {
		err = failure.New(failure.KindConflict, "This message was sent with another question.", err)
	}
	return m, err
}

func (c *change) said(ctx context.Context, in Said, m *Message) error {
	m.TicketID, m.CreatedAt = c.ID, c.now
	var name, email *string
	var addedBy *int64
	if in.Author != nil {
		name, email, addedBy = &in.Author.Name, &in.Author.Email, &in.Author.AddedBy
		m.AuthorName, m.AuthorEmail = in.Author.Name, in.Author.Email
	}
	err := c.tx.QueryRow(ctx, `
		INSERT INTO message (ticket_id, kind, body, quoted, created_at, token, author_name, author_email, added_by)
		VALUES ($1, 'applicant', $2, $8, $3, $4, $5, $6, $7)
		RETURNING id`, c.ID, in.Body, c.now, in.Token[:], name, email, addedBy, in.Quoted).Scan(&m.ID)
	if err != nil {
		return err
	}
	if err := c.attach(ctx, m, in.Attachments); err != nil {
		return err
	}
	if err := c.takeNumber(ctx, in.Number); err != nil {
		return err
	}
	c.history.messages = append(c.history.messages, *m)
	c.event(EventApplicantWrote, Data{Message: m.ID, Reason: string(in.Channel), From: string(c.Status), To: string(reopened(c.Status))})
	return nil
}

// takeNumber has a ticket linked that came without a number, by the one that the applicant sends now. Its group stays what it was at
// submission: reports go by that.
func (c *change) takeNumber(ctx context.Context, n identifier.Reading) error {
	if !c.takesNumber(n) {
		return nil
	}
	_, err := c.tx.Exec(ctx, `
		UPDATE ticket SET number_given = $2, number_read = $3, number_kind = $4, number_in_text = true WHERE id = $1`,
		c.ID, n.Given, n.Normal, n.Kind)
	c.LinkState = LinkWaiting
	c.outbox(OutboxNumberGiven, c.ID, c.now)
	return err
}

// notAttached leaves out what the ticket has already: two messages of one form may name the same stored file.
func (c *change) notAttached(ctx context.Context, attachments []Attachment) ([]Attachment, error) {
	keys := make([]string, len(attachments))
	for i, a := range attachments {
		keys[i] = a.StorageKey
	}
	if len(keys) == 0 {
		return nil, nil
	}
	var attached []string
	err := c.tx.QueryRow(ctx, `
		SELECT COALESCE(array_agg(a.storage_key), '{}')
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		WHERE m.ticket_id = $1 AND a.storage_key = ANY ($2)`, c.ID, keys).Scan(&attached)
	return slices.DeleteFunc(slices.Clone(attachments), func(a Attachment) bool { return slices.Contains(attached, a.StorageKey) }), err
}

// HasMessage reports whether a message with this token is kept. Errors: unavailable.
func (s *Service) HasMessage(ctx context.Context, token [16]byte) (found bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM message WHERE token = $1)`, token[:]).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for a message: %w", postgres.Failure(err))
	}
	return found, nil
}

func (c *change) takesNumber(n identifier.Reading) bool {
	return n.Group == identifier.GroupWith && c.NumberKind == identifier.KindNone && c.LinkState == LinkNone && c.AccountID == nil
}

// attach puts stored files on a message, and has those scanned that wait for it.
func (c *change) attach(ctx context.Context, m *Message, attachments []Attachment) error {
	for _, a := range attachments {
		a.MessageID = m.ID
		err := c.tx.QueryRow(ctx, `
			INSERT INTO attachment (message_id, name, media_type, size, sha256, storage_key, scan)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			RETURNING id`, a.MessageID, a.Name, a.MediaType, a.Size, a.SHA256, a.StorageKey, a.Scan).Scan(&a.ID)
		if err != nil {
			return err
		}
		if a.Scan == ScanWaiting {
			outbox.Queue(&c.batch, outbox.Event{Kind: OutboxFileStored, Subject: a.ID})
		}
		m.Attachments = append(m.Attachments, a)
	}
	return nil
}
