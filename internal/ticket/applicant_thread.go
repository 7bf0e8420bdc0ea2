package ticket

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// ApplicantThread is what an applicant sees of a question of their own. Nothing in it names a member of staff: it is the agency that
// answers, as in its mails.
type ApplicantThread struct {
	TicketID     int64
	Reference    string
	Subject      string
	Email        string // where answers go
	OpenedAt     time.Time
	Progress     Progress
	WaitingSince *time.Time // the applicant has waited for an answer since then
	Answered     bool       // there is an answer to read, and so to rate
	TakesMore    bool       // a message can be added; not to a question that became part of another
	Messages     []ApplicantMessage
	Rating       *Rating // nil: not rated
}

// ApplicantMessage is a message as its applicant sees it.
type ApplicantMessage struct {
	ID    int64
	Mine  bool   // from the applicant's side; else the agency's
	By    string // who wrote it, where that is a third person whose mail the agency added; "" for the applicant
	Body  string
	At    time.Time
	Files []Attachment // those that are not Offered are named, and not handed out
	Fresh bool         // an answer that the applicant has not opened yet
}

// ApplicantThread reads a question for its applicant: the inquiry, what was added, and the answers that nobody can take back any more.
// A reply that can still be withdrawn leaves no trace, in the progress neither. For the reader alone. Errors: not_found for another's
// question as for none.
func (s *Service) ApplicantThread(ctx context.Context, by Reader, reference string) (ApplicantThread, error) {
	r, err := s.applicantRows(ctx, reference)
	if err != nil {
		return ApplicantThread{}, fmt.Errorf("read question %s: %w", reference, err)
	}
	if !by.sees(r.ticket) {
		return ApplicantThread{}, fmt.Errorf("read question %s: %w", reference, noQuestion())
	}
	return r.thread(by, s.now()), nil
}

// applicantRows is all that an applicant's thread is made of, and more.
type applicantRows struct {
	ticket   Ticket
	messages []Message
	files    []Attachment
	rating   *Rating
	hidden   *Data // what stood there before a reply that can still be withdrawn
	readUpTo int64 // the last answer that was opened
}

// beforeHidden gives what stood in a ticket t before the first reply that can still be withdrawn at @now: until then the applicant
// sees the question as it was. What happened to it since, in view of the applicant, ends that.
const beforeHidden = `
	SELECT e.data
	FROM ticket_event e
	JOIN message m ON m.id = (e.data->>'message')::bigint
	WHERE e.ticket_id = t.id AND e.kind = 'replied' AND m.delivery = 'waiting' AND m.deliver_at > @now AND NOT EXISTS (
		SELECT FROM ticket_event later
		WHERE later.ticket_id = t.id AND later.id > e.id AND later.kind IN ('status_changed', 'applicant_wrote'))
	ORDER BY e.id
	LIMIT 1`

// applicantRows reads them in one round trip.
func (s *Service) applicantRows(ctx context.Context, reference string) (r applicantRows, err error) {
	const id = `(SELECT id FROM ticket WHERE reference = $1)`
	found := false
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+columns+` FROM ticket t WHERE t.reference = $1`, reference).Query(func(rows pgx.Rows) error {
		t, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
		if found = len(t) == 1; found {
			r.ticket = t[0]
		}
		return err
	})
	batch.Queue(`
		SELECT `+messageColumns+`
		FROM `+messageTables+`
		WHERE m.ticket_id = `+id+` AND m.kind <> 'note' AND m.delivery <> 'withdrawn'
		ORDER BY m.created_at, m.id`, reference).Query(func(rows pgx.Rows) (err error) {
		r.messages, err = pgx.CollectRows(rows, pgx.RowToStructByName[Message])
		return err
	})
	batch.Queue(`
		SELECT `+attachmentColumns+`
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		WHERE m.ticket_id = `+id+`
		ORDER BY a.id`, reference).Query(func(rows pgx.Rows) (err error) {
		r.files, err = pgx.CollectRows(rows, pgx.RowToStructByName[Attachment])
		s.held(r.files)
		return err
	})
	batch.Queue(`SELECT helpful, words, at FROM ticket_rating WHERE ticket_id = `+id, reference).Query(func(rows pgx.Rows) error {
		ratings, err := pgx.CollectRows(rows, pgx.RowToStructByName[Rating])
		if len(ratings) == 1 {
			r.rating = &ratings[0]
		}
		return err
	})
	batch.Queue(`SELECT b.data FROM ticket t CROSS JOIN LATERAL (`+beforeHidden+`) AS b WHERE t.reference = @reference`, pgx.NamedArgs{
		"reference": reference, "now": s.now().UTC(),
	}).Query(func(rows pgx.Rows) error {
		before, err := pgx.CollectRows(rows, pgx.RowTo[Data])
		if len(before) == 1 {
			r.hidden = &before[0]
		}
		return err
	})
	batch.Queue(`
		SELECT COALESCE(max((data->>'message')::bigint), 0) FROM ticket_event WHERE ticket_id = `+id+` AND kind = $2`,
		reference, EventAnswerRead).QueryRow(func(row pgx.Row) error { return row.Scan(&r.readUpTo) })
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return r, postgres.Failure(err)
	}
	if !found {
		return r, noQuestion()
	}
	return r, nil
}

// thread is what the reader sees of the rows at this moment.
func (r applicantRows) thread(by Reader, now time.Time) ApplicantThread {
	t := r.ticket
	v := ApplicantThread{
		TicketID: t.ID, Reference: t.Reference, Subject: t.Subject,
		Email: t.Email, OpenedAt: t.OpenedAt, WaitingSince: t.AwaitingSince, TakesMore: t.ExcludedReason == "", Rating: r.rating,
	}
	status := t.Status
	if r.hidden != nil {
		status, v.WaitingSince = Status(r.hidden.From), r.hidden.AwaitingSince
	}
	at := map[int64]int{}
	for _, m := range r.messages {
		if !by.reads(t, m, now) {
			continue
		}
		mine := m.Kind != KindReply
		v.Answered = v.Answered || !mine
		at[m.ID] = len(v.Messages)
		v.Messages = append(v.Messages, ApplicantMessage{
			ID: m.ID, Mine: mine, By: m.author(), Body: m.Body, At: m.CreatedAt, Fresh: !mine && m.ID > r.readUpTo,
		})
	}
	for _, f := range r.files {
		if i, shown := at[f.MessageID]; shown {
			v.Messages[i].Files = append(v.Messages[i].Files, f)
		}
	}
	v.Progress = progress(status, v.Answered)
	if v.Progress == ProgressClosed || v.Progress == ProgressAnswered {
		v.WaitingSince = nil
	}
	return v
}

// author names a third person who wrote the message, "" for everybody else.
func (m Message) author() string {
	if !m.ByOther() {
		return ""
	}
	return cmp.Or(m.AuthorName, m.AuthorEmail, "?")
}

// LastAnswer is the ID of the last answer, 0 when there is none.
func (v ApplicantThread) LastAnswer() (id int64) {
	for _, m := range v.Messages {
		if !m.Mine {
			id = max(id, m.ID)
		}
	}
	return id
}

// Fresh reports whether there is an answer that the applicant has not opened yet.
func (v ApplicantThread) Fresh() bool {
	for _, m := range v.Messages {
		if m.Fresh {
			return true
		}
	}
	return false
}

// File finds a file in the thread. Errors: not_found for one of another question, or of a message that the reader does not see.
func (v ApplicantThread) File(id int64) (Attachment, error) {
	for _, m := range v.Messages {
		for _, f := range m.Files {
			if f.ID == id {
				return f, nil
			}
		}
	}
	return Attachment{}, noQuestion()
}
