package report_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/internal/transfer"
)

// story is what happened to a ticket, as the test remembers it.
type story struct {
	reference string
	past
	replies []*answer
	solved  []solution
}

type answer struct {
	message           int64
	at                time.Time
	sent, failed      bool
	withdrawn         bool
	withdrawableUntil time.Time
}

type solution struct {
	at time.Time
	by *answer // nil: without a reply
}

// asTold is the ticket by the definitions: the first reply that reached somebody, the first time that it was solved.
func (s *story) asTold() past {
	p := s.past
	for _, a := range s.replies {
		if !a.failed && !a.withdrawn {
			p.responded = first(p.responded, a.at)
		}
	}
	for _, x := range s.solved {
		if x.by == nil || !x.by.withdrawn {
			p.past(x.at)
		}
	}
	return p
}

func (p *past) past(at time.Time) { p.solved = first(p.solved, at) }

func first(a *time.Time, b time.Time) *time.Time {
	if a == nil || b.Before(*a) {
		return &b
	}
	return a
}

// livingDesk lets random things happen to tickets through the same services as the pages and workers.
type livingDesk struct {
	*testing.T
	db      *pgxpool.Pool
	r       *rand.Rand
	now     time.Time
	tickets *ticket.Service
	by      ticket.Actor
	stories []*story
}

// undoSend is long, so that much happens while a reply can still be withdrawn.
const undoSend = 8 * time.Hour

func newLivingDesk(t *testing.T, seed uint64) *livingDesk {
	t.Helper()
	d := &livingDesk{T: t, db: testkit.Database(t), r: rand.New(rand.NewPCG(seed, 4)), now: now.AddDate(0, 0, -60).Truncate(time.Second)}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db, Now: func() time.Time { return d.now }, UndoSend: undoSend})
	var id int64
	d.must(d.db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('a@desk.example', 'Ada', 'agent', '$argon2id$x') RETURNING id`).Scan(&id))
	d.by = ticket.Staff(id)
	return d
}

func (d *livingDesk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *livingDesk) one(of ...string) string { return of[d.r.IntN(len(of))] }

func (d *livingDesk) open() {
	number := d.one("", "100000000093", "12345")
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: d.one("en", "es"), Category: d.one("case-question", "access-code"), Number: identifier.Read(number),
		Name: "Ana", Email: "ana@mail.example", Subject: "My card", Question: "Where is it?", Token: [16]byte{byte(len(d.stories) >> 8), byte(len(d.stories))},
	}
	opened, err := d.tickets.Open(d.Context(), in)
	d.must(err)
	d.stories = append(d.stories, &story{reference: opened.Reference, past: past{
		group: in.Number.Group, opened: d.now, category: in.Category, language: in.Language, channel: "form",
	}})
}

// happen lets one thing happen to a ticket.
func (d *livingDesk) happen() {
	d.now = d.now.Add(time.Duration(d.r.IntN(90)+1) * time.Minute).Add(time.Duration(d.r.IntN(1e6)) * time.Microsecond)
	if len(d.stories) < 5 || d.r.IntN(5) == 0 {
		d.open()
		return
	}
	s := d.stories[d.r.IntN(len(d.stories))]
	if d.r.IntN(3) > 0 {
		s = d.stories[len(d.stories)-1-d.r.IntN(4)]
	}
	status := func(to ticket.Status) {
		if s.excluded != "" && to.InHand() {
			return // asks first
		}
		before, err := d.tickets.ByReference(d.Context(), s.reference)
		d.must(err)
		_, err = d.tickets.SetStatus(d.Context(), d.by, s.reference, to)
		d.must(err)
		if to == ticket.StatusSolved && before.Status != to {
			s.solved = append(s.solved, solution{at: d.now})
		}
	}
	switch d.r.IntN(12) {
	case 0, 1, 2:
		d.reply(s)
	case 3:
		d.withdraw(s)
	case 4:
		_, err := d.tickets.Note(d.Context(), d.by, s.reference, ticket.Draft{Body: "Ask the card team."})
		d.must(err)
	case 5:
		status(ticket.StatusSolved)
	case 6:
		status(ticket.StatusOpen)
	case 7:
		status(ticket.StatusClosed)
	case 9:
		d.bounce(s)
	case 10:
		d.applicantSolves(s)
	case 11:
		d.applicantWrites(s)
	case 8:
		reason := d.one("merged", "duplicate", "spam", "deleted", "", "")
		_, err := d.tickets.Exclude(d.Context(), d.by, s.reference, reason)
		d.must(err)
		if reason != s.excluded {
			s.excluded, s.excludedAt = reason, nil
			if reason != "" {
				s.excludedAt = at(d.now)
			}
		}
	}
}

func (d *livingDesk) reply(s *story) {
	if s.excluded != "" {
		return // asks first
	}
	to := ticket.Status(d.one("", "solved", "pending"))
	before, err := d.tickets.ByReference(d.Context(), s.reference)
	d.must(err)
	m, err := d.tickets.Reply(d.Context(), d.by, s.reference, ticket.Draft{Body: "On its way.", Status: to})
	if before.ApplicantEmail == "" && failure.Is(err, failure.KindInvalid) {
		return // from another desk, without an address
	}
	d.must(err)
	a := &answer{message: m.ID, at: d.now, withdrawableUntil: d.now.Add(undoSend)}
	s.replies = append(s.replies, a)
	if to == ticket.StatusSolved || to == "" && before.Status == ticket.StatusSolved {
		s.solved = append(s.solved, solution{d.now, a})
	}
}

// applicantSolves counts where it was not solved, or the applicant did not see it solved: also behind a reply that may yet be withdrawn.
func (d *livingDesk) applicantSolves(s *story) {
	before, err := d.tickets.ByReference(d.Context(), s.reference)
	d.must(err)
	by := ticket.Follower(before.ID, before.Email)
	seen, err := d.tickets.ApplicantThread(d.Context(), by, s.reference)
	if failure.Is(err, failure.KindNotFound) {
		return // spam, or deleted
	}
	d.must(err)
	_, err = d.tickets.SolveByApplicant(d.Context(), by, s.reference)
	if !seen.TakesMore && failure.Is(err, failure.KindConflict) {
		return
	}
	d.must(err)
	if before.Status.InHand() || seen.Progress != ticket.ProgressAnswered && seen.Progress != ticket.ProgressClosed {
		s.solved = append(s.solved, solution{at: d.now})
	}
}

func (d *livingDesk) applicantWrites(s *story) {
	if s.excluded != "" {
		return
	}
	var token [16]byte
	binary.BigEndian.PutUint64(token[:], d.r.Uint64())
	_, err := d.tickets.AddMessage(d.Context(), s.reference, ticket.Said{Channel: ticket.ChannelForm, Body: "And now?", Token: token})
	d.must(err)
}

// withdraw takes the first reply back that still can be.
func (d *livingDesk) withdraw(s *story) {
	for _, a := range s.replies {
		if a.withdrawn || a.sent || a.failed || !d.now.Before(a.withdrawableUntil) {
			continue
		}
		d.must(d.tickets.WithdrawReply(d.Context(), d.by, s.reference, a.message))
		a.withdrawn = true
		return
	}
}

// bounce lets the mail server send the first reply back that went out.
func (d *livingDesk) bounce(s *story) {
	for _, a := range s.replies {
		if !a.sent || a.failed {
			continue
		}
		_, err := d.tickets.Bounced(d.Context(), s.reference, a.message, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
		d.must(err)
		a.failed = true
		return
	}
}

// deliver sends what is due; every third mail is refused for good.
func (d *livingDesk) deliver() {
	for _, s := range d.stories {
		for _, a := range s.replies {
			if a.withdrawn || a.sent || a.failed || d.now.Before(a.withdrawableUntil) || d.r.IntN(2) == 0 {
				continue
			}
			refused := d.r.IntN(3) == 0
			var task int64
			d.must(d.db.QueryRow(d.Context(), `SELECT id FROM outbox_task WHERE task = 'send_reply' AND subject_id = $1`, a.message).Scan(&task))
			d.must(d.tickets.DeliverReply(d.Context(), task, a.message, func(context.Context, ticket.Ticket, ticket.Message) error {
				if refused {
					return failure.New(failure.KindInvalid, "There is no such mailbox.", nil)
				}
				return nil
			}))
			a.sent, a.failed = !refused, refused
		}
	}
}

// work does what the relay and the workers do: it expands events and packs the days of what has changed.
func (d *livingDesk) work() {
	count := []outbox.Reaction{{Task: report.TaskCountTicket}}
	_, err := outbox.Expand(d.Context(), d.db, map[string][]outbox.Reaction{
		ticket.OutboxOpened: count, ticket.OutboxChanged: count, ticket.OutboxReplied: {{Task: "send_reply"}},
	}, 100_000)
	d.must(err)
	rows, err := d.db.Query(d.Context(), `SELECT id, subject_id FROM outbox_task WHERE task = $1`, report.TaskCountTicket)
	d.must(err)
	var tasks, subjects []int64
	var task, subject int64
	for rows.Next() {
		d.must(rows.Scan(&task, &subject))
		tasks, subjects = append(tasks, task), append(subjects, subject)
	}
	d.must(rows.Err())
	d.must(report.Recorder{DB: d.db}.Record(d.Context(), subjects, tasks))
}

// takeIn imports old tickets, whose days are packed already, and some that are older than all.
func (d *livingDesk) takeIn(n int) {
	var file strings.Builder
	file.WriteString("opened_at,category,number_at_submission,subject,first_responded_at,solved_at,excluded_reason\n")
	var imported []*story
	for i := range n {
		s := &story{past: past{group: identifier.Group(d.one("with", "without")), category: "feedback", language: "en", channel: "import"}}
		s.opened = d.now.Add(-time.Duration(d.r.IntN(200*24)) * time.Hour).Truncate(time.Second)
		p := &s.past
		text := func(chance int, into **time.Time) string {
			if d.r.IntN(10) >= chance {
				return ""
			}
			*into = at(s.opened.Add(time.Duration(d.r.Int64N(int64(d.now.Sub(s.opened))))).Truncate(time.Second))
			return (*into).Format(time.RFC3339)
		}
		responded, solved := text(7, &p.responded), text(5, &p.solved)
		s.excluded = d.one("", "", "", "", "spam")
		if s.excluded != "" {
			s.excludedAt = at(s.opened)
			for _, t := range []*time.Time{p.responded, p.solved} {
				if t != nil && t.After(*s.excludedAt) {
					s.excludedAt = t
				}
			}
		}
		subject := fmt.Sprintf("Old %d of %d", i, len(d.stories))
		fmt.Fprintf(&file, "%s,%s,%s,%s,%s,%s,%s\n", s.opened.Format(time.RFC3339), s.category, s.group, subject, responded, solved, s.excluded)
		s.reference = subject // until it has one
		imported = append(imported, s)
	}
	rejects := &transfer.Rejects{Path: filepath.Join(d.TempDir(), "rejected.csv")}
	result, err := transfer.ImportTickets(d.Context(), d.db, strings.NewReader(file.String()), transfer.TicketOptions{}, rejects, func(int) {})
	if err != nil || result.Added != n {
		d.Fatalf("%d of %d imported (%v)", result.Added, n, err)
	}
	for _, s := range imported {
		d.must(d.db.QueryRow(d.Context(), `SELECT reference FROM ticket WHERE subject = $1`, s.reference).Scan(&s.reference))
	}
	d.stories = append(d.stories, imported...)
}

func (d *livingDesk) live(steps int) {
	for step := range steps {
		d.happen()
		if step%7 == 0 {
			d.work()
			d.deliver()
		}
		if step == steps/2 {
			d.takeIn(60)
		}
	}
	d.work()
}
