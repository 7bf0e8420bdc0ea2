package inbound

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// Mail is a mail as staff see it.
type Mail struct {
	ID          int64
	State       State
	Why         Why
	ReceivedAt  time.Time
	DecidedAt   *time.Time
	DecidedBy   string // the name of who did; "" for the workers
	Reason      string // why it was discarded, in that person's words
	FromName    string
	FromAddress string
	Proof       Proof  // that the sender's domain sent it
	ReplyTo     string // where it says that answers go; "" for where it comes from
	Subject     string
	Body        string // the whole text; in a list its beginning
	LeftOut     []string
	Damaged     []string // what could be read only in part: names of files, "" for its text
	Size        int64
	Reference   string // of the ticket on which it is, or that it names; "" for none
	Signs       []Sign // why a program may have written it
	LookedAt    *time.Time
	LookedBy    string // the name of who looked at the signs
	SweptAt     *time.Time

	Files []KeptFile `db:"-"` // those of LeftOut that are kept; not in a list
}

// Open reports whether a person may still decide on it.
func (m Mail) Open() bool { return m.State == StateQuarantined || m.Aside() || m.Noted() }

// Noted reports whether a ticket's history tells of it, and nothing more: an automatic reply to one of our mails.
func (m Mail) Noted() bool { return m.State == StateFiled && m.Why == WhyAutomatic }

// Flagged reports whether a person is to see that a program may have written it.
func (m Mail) Flagged() bool { return len(m.Signs) > 0 && m.LookedAt == nil }

// Aside reports whether it was laid aside, by a person or because no person wrote it.
func (m Mail) Aside() bool { return m.State == StateIgnored || m.State == StateDiscarded }

const mailColumns = `m.id, m.state, m.why, m.received_at, m.decided_at, COALESCE(s.name, '') AS decided_by, m.reason, m.from_name,
	m.from_address, m.proof, m.reply_to, m.subject, m.left_out, m.damaged, CASE WHEN m.size > 0 THEN m.size ELSE octet_length(m.raw) END AS size, COALESCE(t.reference, '') AS reference,
	m.signs, m.swept_at, m.looked_at, COALESCE(l.name, '') AS looked_by`

const mailJoins = `
	LEFT JOIN staff s ON s.id = m.decided_by
	LEFT JOIN staff l ON l.id = m.looked_by
	LEFT JOIN ticket t ON t.id = m.ticket_id`

// undecidedStates are those in which a person may decide on a mail.
const undecidedStates = `(state IN ('quarantined', 'ignored', 'discarded') OR state = 'filed' AND why = 'automatic')`

// View is one of the lists of mails.
type View string

// The lists: what waits for a decision; what was filed, and a program may have written; what was laid aside.
const (
	ViewWaiting View = "waiting"
	ViewFlagged View = "flagged"
	ViewAside   View = "aside"
)

// Views are the lists in their order.
func Views() []View { return []View{ViewWaiting, ViewFlagged, ViewAside} }

var viewWhere = map[View]string{
	ViewWaiting: `m.state = 'quarantined'`,
	ViewFlagged: `m.signs <> '{}' AND m.looked_at IS NULL`,
	ViewAside:   `m.state IN ('ignored', 'discarded')`,
}

// MaxCount is where a count of mails stops.
const MaxCount = 1000

// Shown is how many mails a list holds.
const Shown = 100

// Counts tells how many mails a person is to look at, each up to MaxCount.
type Counts struct {
	Waiting, Flagged int
}

// Count counts the mails that a person is to look at.
func (d *Desk) Count(ctx context.Context) (c Counts, err error) {
	err = d.DB.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM (SELECT FROM inbound_mail m WHERE `+viewWhere[ViewWaiting]+` LIMIT $1) AS waiting),
			(SELECT count(*) FROM (SELECT FROM inbound_mail m WHERE `+viewWhere[ViewFlagged]+` LIMIT $1) AS flagged)`,
		MaxCount).Scan(&c.Waiting, &c.Flagged)
	return c, postgres.Failure(err)
}

// List gives the newest mails of a view. For staff who may answer tickets.
func (d *Desk) List(ctx context.Context, view View) ([]Mail, error) {
	rows, err := d.DB.Query(ctx, `
		SELECT `+mailColumns+`, left(m.body, 200) AS body
		FROM inbound_mail m`+mailJoins+`
		WHERE `+viewWhere[view]+`
		ORDER BY m.received_at DESC, m.id DESC
		LIMIT $1`, Shown)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mail])
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", postgres.Failure(err))
	}
	return found, nil
}

// Looked takes a mail from the list of those that a program may have written: somebody has seen it. For staff who may answer tickets.
// The second time changes nothing. Errors: not_found.
func (d *Desk) Looked(ctx context.Context, by, id int64) error {
	var there, first bool
	err := d.DB.QueryRow(ctx, `
		WITH looked AS (
			UPDATE inbound_mail SET looked_at = now(), looked_by = $2 WHERE id = $1 AND looked_at IS NULL
			RETURNING id
		), told AS (
			INSERT INTO inbound_event (mail_id, kind, staff_id, at) SELECT id, 'looked_at', $2, now() FROM looked
		)
		SELECT EXISTS (SELECT FROM inbound_mail WHERE id = $1), EXISTS (SELECT FROM looked)`, id, by).Scan(&there, &first)
	if err == nil && !there {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return fmt.Errorf("look at a mail: %w", postgres.Failure(notFound(err)))
	}
	return nil
}

// ByID reads one mail; of one that could not be read what stands in it. For staff who may answer tickets. Errors: not_found.
func (d *Desk) ByID(ctx context.Context, id int64) (Mail, error) {
	return d.mail(ctx, `m.id = $1`, id)
}

// OfMessage reads the mail that a message of a ticket came from. For staff who may answer tickets. Errors: not_found.
func (d *Desk) OfMessage(ctx context.Context, reference string, messageID int64) (Mail, error) {
	return d.mail(ctx, `m.message_id = $1 AND t.reference = $2`, messageID, reference)
}

func (d *Desk) mail(ctx context.Context, where string, args ...any) (Mail, error) {
	rows, err := d.DB.Query(ctx, `
		SELECT `+mailColumns+`, m.body
		FROM inbound_mail m`+mailJoins+`
		WHERE `+where, args...)
	if err != nil {
		return Mail{}, fmt.Errorf("read a mail: %w", postgres.Failure(err))
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Mail])
	if err != nil {
		return m, fmt.Errorf("read a mail: %w", postgres.Failure(notFound(err)))
	}
	if m.Files, err = d.keptFiles(ctx, m.ID); err != nil {
		return m, fmt.Errorf("read a mail: %w", err)
	}
	if m.Body == "" && m.State == StateQuarantined {
		raw, err := d.read(ctx, m.ID)
		if err != nil {
			return m, err
		}
		m.Body = source(raw.Raw)
	}
	return m, nil
}

// source is a mail that could not be read, as far as it is text.
func source(raw []byte) string {
	const most = 20_000
	return masked(clean(encodedLines.ReplaceAllString(decoded(raw[:min(len(raw), most)], ""), "\n[...]\n")))
}

// encodedLines are lines of base64, which say nothing to a reader and could hide a number that must not be stored.
var encodedLines = regexp.MustCompile(`\n(?:[A-Za-z0-9+/]{20,}={0,2}\r?\n)+`)

// AnswersTo is where answers to it go, as far as the mail says; "" for nowhere.
func (m Mail) AnswersTo() string {
	if m.ReplyTo != "" {
		return m.ReplyTo
	}
	return m.FromAddress
}

// OpenTicket makes a mail that waits, or was laid aside, a question of its own, whose answers go to an address that the agent has seen or typed.
// For staff who may answer tickets. Errors: not_found, conflict when somebody else has decided meanwhile, invalid (email).
func (d *Desk) OpenTicket(ctx context.Context, by, id int64, email string) (reference string, err error) {
	if email = identifier.CleanEmail(email); !identifier.ValidEmail(email) || len(email) > ticket.MaxEmail {
		return "", failure.Invalid("email", "invalid", "Enter the address that answers go to, like name@example.org.")
	}
	if d.Replies.Ours(email) {
		return "", failure.Invalid("email", "ours", "This address is one of ours. Enter the applicant's.")
	}
	m, err := d.undecided(ctx, id)
	if err == nil && !m.unread {
		err = d.readOwn(ctx, &m, nil)
	}
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(email, m.writer.address) {
		m.writer = mailbox{"", email}
		if !d.Replies.Ours(m.letter.fromAddress) {
			m.writer.name = m.letter.fromName
		}
	}
	ticketID, message, left, err := d.open(ctx, &m, nil, false)
	if err != nil {
		return "", err
	}
	if err := d.settle(ctx, m, by, filed{state: StateFiled, why: WhyPerson, ticket: &ticketID, message: &message, left: left}, ""); err != nil {
		return "", err
	}
	t, err := d.Tickets.ByID(ctx, ticketID)
	return t.Reference, err
}

// Attach adds a mail that waits, or was laid aside, to a ticket: as the applicant's message when it comes from where the ticket's mail goes,
// else under its sender's name. What is answered goes to the ticket's own applicant, whoever wrote the mail. For staff who may answer tickets. Errors: not_found, conflict, invalid.
func (d *Desk) Attach(ctx context.Context, by, id int64, reference string) error {
	m, err := d.undecided(ctx, id)
	if err != nil {
		return err
	}
	t, err := d.Tickets.ByReference(ctx, reference)
	if failure.Is(err, failure.KindNotFound) {
		return failure.Invalid("reference", "unknown", "There is no ticket with this reference.")
	}
	if err != nil {
		return err
	}
	if !m.unread {
		if err := d.readOwn(ctx, &m, &t); err != nil {
			return err
		}
	}
	attachments, left, err := d.store(ctx, m.letter.parts)
	if err != nil {
		return err
	}
	said, err := d.Tickets.AddMessage(ctx, t.Reference, ticket.Said{
		Channel: ticket.ChannelEmail, Body: d.body(&m, t.Language), Quoted: m.quoted, Attachments: attachments, Token: token(m.Fingerprint), Author: author(m, t, by),
	})
	if err != nil {
		return err
	}
	return d.settle(ctx, m, by, filed{state: StateFiled, why: WhyPerson, ticket: &t.ID, message: &said.ID, left: left}, "")
}

// author is who wrote a mail that is added to a ticket; nil for its applicant.
func author(m mailed, t ticket.Ticket, by int64) *ticket.Author {
	if t.IsOf(m.letter.fromAddress) {
		return nil
	}
	name, _ := identifier.MaskSensitive(m.letter.fromName)
	if name == "" {
		name, _, _ = strings.Cut(m.letter.fromAddress, "@")
	}
	return &ticket.Author{Name: clip(name, ticket.MaxName), Email: clip(m.letter.fromAddress, 320), AddedBy: by}
}

// Discard lays a mail aside for a reason. It stays where it can be found. For staff who may answer tickets. Errors: not_found, conflict,
// invalid (reason).
func (d *Desk) Discard(ctx context.Context, by, id int64, reason string) error {
	reason = masked(oneLine(reason))
	if reason == "" || len([]rune(reason)) > 500 {
		return failure.Invalid("reason", "missing", "Say in a few words why this mail is of no use.")
	}
	m, err := d.undecided(ctx, id)
	if err != nil {
		return err
	}
	return d.settle(ctx, m, by, filed{state: StateDiscarded, why: WhyPerson, ticket: m.TicketID}, reason)
}

// undecided reads a mail for a person's decision.
func (d *Desk) undecided(ctx context.Context, id int64) (mailed, error) {
	m, err := d.read(ctx, id)
	if err != nil {
		return m, err
	}
	if m.State == StateFiled && m.Why != WhyAutomatic || m.State == StateReceived {
		return m, failure.Conflict("Somebody has decided on this mail already.")
	}
	if len(m.Raw) == 0 {
		err := d.recall(ctx, &m)
		return m, err
	}
	if m.letter, err = readLetter(m.Raw); err != nil {
		m.unread, m.letter.parts = true, nil
		m.own = clip(source(m.Raw), ticket.MaxQuestion)
	}
	m.writer = d.writer(&m.letter)
	return m, nil
}

// recall makes up a mail whose raw form was swept from what is kept of it: its masked text and its files.
func (d *Desk) recall(ctx context.Context, m *mailed) (err error) {
	err = d.DB.QueryRow(ctx, `SELECT from_name, from_address, reply_to, subject, body FROM inbound_mail WHERE id = $1`, m.ID).Scan(
		&m.letter.fromName, &m.letter.fromAddress, &m.letter.replyTo.address, &m.letter.subject, &m.letter.text)
	if err != nil {
		return postgres.Failure(err)
	}
	m.writer = d.writer(&m.letter)
	m.letter.parts, err = d.keptParts(ctx, m.ID)
	return err
}

// settle writes what a person decided, unless another was quicker.
func (d *Desk) settle(ctx context.Context, m mailed, by int64, end filed, reason string) error {
	return postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE inbound_mail
			SET state = $2, why = $3, decided_at = $4, decided_by = $5, ticket_id = $6, message_id = $7, left_out = $8, reason = $9,
				only_copy = $10, looked_at = COALESCE(looked_at, now()), looked_by = COALESCE(looked_by, $5)
			WHERE id = $1 AND `+undecidedStates,
			m.ID, end.state, end.why, d.Now().UTC(), by, end.ticket, end.message, namesOf(end.left), reason, end.state == StateFiled && m.onlyCopy())
		if err != nil {
			return fmt.Errorf("decide on a mail: %w", postgres.Failure(err))
		}
		if tag.RowsAffected() == 0 {
			return failure.Conflict("Somebody has decided on this mail already.")
		}
		return d.keepFiles(ctx, tx, m.ID, end.left)
	})
}
