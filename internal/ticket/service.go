package ticket

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// The outbox's events about tickets. The subject is the ticket's ID, for a reply the message's, for a file the attachment's.
const (
	OutboxOpened      = "ticket.opened"       // acknowledge and index
	OutboxSuspected   = "ticket.suspected"    // index only: over the rate, so no mail
	OutboxNumberGiven = "ticket.number_given" // link
	OutboxChanged     = "ticket.changed"      // index
	OutboxReplied     = "reply.written"       // send, after the time in which it can be withdrawn
	OutboxFileStored  = "file.stored"         // scan
)

// Service is every use case on tickets. Each is one transaction with its event and outbox rows.
type Service struct {
	holdFiles bool
	db        *pgxpool.Pool
	now       func() time.Time
	random    io.Reader
	undo      time.Duration
	wake      func()
}

// Config is what a Service needs. Now and Random default to the real ones; UndoSend is how long a reply can be withdrawn; Wake
// (outbox.Waker's) is called after every change, so that the relay need not find it by looking.
type Config struct {
	DB       *pgxpool.Pool
	Now      func() time.Time
	Random   io.Reader
	UndoSend time.Duration
	Wake     func()
	// HoldFiles says that there is a virus scanner: a file that it has not seen is not offered.
	HoldFiles bool
}

// NewService makes a Service.
func NewService(cfg Config) *Service {
	s := &Service{db: cfg.DB, now: cfg.Now, random: cfg.Random, undo: cfg.UndoSend, wake: cfg.Wake, holdFiles: cfg.HoldFiles}
	if s.wake == nil {
		s.wake = func() {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	return s
}

// change is a ticket locked for a change, inside its transaction.
type change struct {
	*Ticket
	tx      pgx.Tx
	by      Actor
	now     time.Time
	history *History
	batch   pgx.Batch
	events  int
	quiet   bool // changes nothing that a search could find
}

// event records what happened.
func (c *change) event(kind EventKind, data Data) {
	c.events++
	e := Event{TicketID: c.ID, Kind: kind, Actor: c.by.Kind, StaffID: c.by.staffID(), At: c.now, Data: data}
	c.history.events = append(c.history.events, e)
	c.write(e)
}

func (c *change) write(e Event) {
	c.batch.Queue(`
		INSERT INTO ticket_event (ticket_id, kind, actor, staff_id, at, data)
		VALUES ($1, $2, $3, $4, $5, $6)`, e.TicketID, e.Kind, e.Actor, e.StaffID, e.At, e.Data.marshal())
}

// outbox records what is to be done.
func (c *change) outbox(kind string, subject int64, notBefore time.Time) {
	outbox.Queue(&c.batch, outbox.Event{Kind: kind, Subject: subject, NotBefore: notBefore})
}

// change locks the ticket, lets fn alter it, and writes it with its events: three round trips. A change without an event
// writes nothing.
func (s *Service) change(ctx context.Context, where string, key any, by Actor, fn func(*change) error) (Ticket, error) {
	var changed Ticket
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) (err error) {
		changed, err = s.changeIn(ctx, tx, where, key, by, fn)
		return err
	})
	if err == nil {
		s.wake()
	}
	return changed, err
}

// latest is now, or when the ticket was opened, by whatever clock: nothing happens to it before.
func latest(now, opened time.Time) time.Time {
	if now.Before(opened) {
		return opened
	}
	return now
}

func (s *Service) changeIn(ctx context.Context, tx pgx.Tx, where string, key any, by Actor, fn func(*change) error) (Ticket, error) {
	t, history, err := lock(ctx, tx, where, key)
	if err != nil {
		return Ticket{}, err
	}
	c := &change{Ticket: &t, tx: tx, by: by, now: latest(s.now().UTC().Truncate(time.Microsecond), t.OpenedAt), history: history}
	for _, e := range history.recalled {
		c.write(e)
	}
	if err := fn(c); err != nil || c.events == 0 {
		return t, err
	}
	c.tell()
	t.Version++
	t.UpdatedAt = c.now
	c.batch.Queue(`
		UPDATE ticket
		SET version = $2, status = $3, priority = $4, category = $5, queue_id = $6, assignee_id = $7,
			link_state = $8, account_id = $9, link_confirmed_at = $10, link_evidence = $11, updated_at = $12,
			awaiting_since = $13, first_responded_at = $14, solved_at = $15,
			excluded_reason = NULLIF($16, ''), excluded_at = $17, suspected_of = $18
		WHERE id = $1`,
		t.ID, t.Version, t.Status, t.Priority, t.Category, t.QueueID, t.AssigneeID,
		t.LinkState, t.AccountID, t.LinkConfirmedAt, orEmpty(t.LinkEvidence), t.UpdatedAt,
		t.AwaitingSince, t.FirstRespondedAt, t.SolvedAt, t.ExcludedReason, t.ExcludedAt, orEmpty(t.SuspectedOf))
	if !c.quiet {
		c.outbox(OutboxChanged, t.ID, c.now)
	}
	c.batch.Queue(`SELECT `+destination+` FROM ticket t WHERE t.id = $1`, t.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&t.Email) })
	return t, tx.SendBatch(ctx, &c.batch).Close()
}

// tell gives the ticket what its history tells, this change included.
func (c *change) tell() {
	told := c.history.Timeline()
	c.Status, c.AwaitingSince, c.FirstRespondedAt, c.SolvedAt = told.Status, told.AwaitingSince, told.FirstRespondedAt, told.SolvedAt
	c.ExcludedReason, c.ExcludedAt = told.ExcludedReason, told.ExcludedAt
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func notFound(err error) error {
	if failure.Is(postgres.Failure(err), failure.KindNotFound) {
		return failure.New(failure.KindNotFound, "There is no such ticket.", err)
	}
	return err
}

// changeTicket is change by reference.
func (s *Service) changeTicket(ctx context.Context, what, reference string, by Actor, fn func(*change) error) (Ticket, error) {
	t, err := s.change(ctx, `t.reference = $1`, reference, by, fn)
	if err != nil {
		return Ticket{}, fmt.Errorf("%s %s: %w", what, reference, err)
	}
	return t, nil
}

// finish is change by ID for a worker's task: it does nothing when the task is no longer pending, and removes it with the
// change otherwise.
func (s *Service) finish(ctx context.Context, what string, task, ticketID int64, fn func(*change) error) error {
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) error {
		pending, err := outbox.Pending(ctx, tx, task)
		if err != nil || !pending {
			return err
		}
		if _, err := s.changeIn(ctx, tx, `t.id = $1`, ticketID, Worker(), fn); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, task)
	})
	if err != nil {
		return fmt.Errorf("%s ticket %d: %w", what, ticketID, err)
	}
	return nil
}
