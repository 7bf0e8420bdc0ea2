package ticket_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// desk is a database with a service whose clock the test sets, and two agents.
type desk struct {
	*testing.T
	db       *pgxpool.Pool
	tickets  *ticket.Service
	now      time.Time
	ana, ben int64
}

const undo = 10 * time.Second

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, db: testkit.Database(t), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db, Now: func() time.Time { return d.now }, UndoSend: undo})
	d.ana, d.ben = d.addStaff("ana@desk.example"), d.addStaff("ben@desk.example")
	return d
}

func (d *desk) addStaff(email string) (id int64) {
	d.Helper()
	err := d.db.QueryRow(d.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ($1, $1, 'agent', '$argon2id$none') RETURNING id`, email).Scan(&id)
	d.must(err)
	return id
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// addAccount makes an account; ten are the digits before the check digits.
func (d *desk) addAccount(ten, name, email string) (number string, id int64) {
	d.Helper()
	check, err := identifier.CheckDigits(ten)
	d.must(err)
	number = ten + check
	err = d.db.QueryRow(d.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, $3, $4) RETURNING id`,
		number, name, identifier.NameWords(name), email).Scan(&id)
	d.must(err)
	return number, id
}

// open sends an inquiry and reads its ticket.
func (d *desk) open(number string, change ...func(*ticket.Inquiry)) ticket.Ticket {
	d.Helper()
	in := inquiry(number)
	for _, fn := range change {
		fn(&in)
	}
	opened, err := d.tickets.Open(d.Context(), in)
	d.must(err)
	return d.read(opened.Reference)
}

func (d *desk) read(reference string) ticket.Ticket {
	d.Helper()
	t, err := d.tickets.ByReference(d.Context(), reference)
	d.must(err)
	return t
}

// task expands the outbox and gives the one task of this kind for the subject.
func (d *desk) task(event, kind string, subject int64) int64 {
	d.Helper()
	_, err := outbox.Expand(d.Context(), d.db, map[string][]outbox.Reaction{event: {{Task: kind}}}, 1000)
	d.must(err)
	var id int64
	d.must(d.db.QueryRow(d.Context(), `SELECT id FROM outbox_task WHERE task = $1 AND subject_id = $2`, kind, subject).Scan(&id))
	return id
}

// replied opens a ticket and answers it: both, and the task that sends the answer.
func (d *desk) replied() (opened ticket.Ticket, reply ticket.Message, task int64) {
	d.Helper()
	opened = d.open("")
	reply, err := d.tickets.Reply(d.Context(), ticket.Staff(d.ana), opened.Reference, ticket.Draft{Body: "Hello"})
	d.must(err)
	return opened, reply, d.task(ticket.OutboxReplied, "send_reply", reply.ID)
}

// link does the worker's work.
func (d *desk) link(t ticket.Ticket) ticket.Ticket {
	d.Helper()
	d.must(d.tickets.LinkByNumber(context.Background(), d.task(ticket.OutboxNumberGiven, "link_account", t.ID), t.ID))
	return d.read(t.Reference)
}
