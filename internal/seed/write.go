package seed

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// batchSize is how many tickets are in memory at once, twice: one batch is told while the one before is written.
const batchSize = 5000

const references = identifier.References

// writer writes the demo in the transaction tx.
type writer struct {
	tx          pgx.Tx
	options     Options
	teller      *teller
	references  permutation
	firstTicket uint64
	zone        *time.Location
	ids         idPools
	result      Result
}

// idPools reserve rows' IDs ahead: messages are named by events that are written with them.
type idPools struct{ ticket, message, account, accountCase *idPool }

// idPool takes IDs from a table's sequence, outside of any transaction, many at a time.
type idPool struct {
	db    *pgxpool.Pool
	table string
	free  []int64
}

const reserve = 10_000

func (p *idPool) next(ctx context.Context) (int64, error) {
	if len(p.free) == 0 {
		rows, err := p.db.Query(ctx, `SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)`, p.table, reserve)
		if err != nil {
			return 0, err
		}
		if p.free, err = pgx.AppendRows(p.free, rows, pgx.RowTo[int64]); err != nil {
			return 0, err
		}
	}
	id := p.free[0]
	p.free = p.free[1:]
	return id, nil
}

// writeAccounts writes the accounts with their cases.
func (w *writer) writeAccounts(ctx context.Context) error {
	var accounts, cases, steps, todo [][]any
	flush := func() error {
		err := w.copy(ctx, "account", accountColumns, accounts)
		if err == nil {
			err = w.copy(ctx, "account_case", caseColumns, cases)
		}
		if err == nil {
			err = w.copy(ctx, "account_case_status", stepColumns, steps)
		}
		if err == nil && w.result.Indexed {
			err = w.copy(ctx, "outbox", outboxColumns, todo)
		}
		w.result.Accounts, w.result.Cases = w.result.Accounts+len(accounts), w.result.Cases+len(cases)
		accounts, cases, steps, todo = accounts[:0], cases[:0], steps[:0], todo[:0]
		return err
	}
	for i := range w.options.Accounts {
		index := w.teller.first + uint64(i)
		a := w.teller.applicant(index)
		id, err := w.ids.account.next(ctx)
		if err != nil {
			return err
		}
		w.teller.accounts = append(w.teller.accounts, id)
		accounts = append(accounts, []any{
			id, a.number, a.name, identifier.NameWords(a.name), a.email, a.born, a.address, a.aNumber, a.language, a.created, a.created,
		})
		todo = append(todo, []any{"account.changed", id})
		for n, c := range a.cases {
			caseID, err := w.ids.accountCase.next(ctx)
			if err != nil {
				return err
			}
			last := c.history[len(c.history)-1]
			cases = append(cases, []any{caseID, id, w.teller.receipt(index, n), c.form, c.status, c.received, last.at})
			for _, step := range c.history {
				steps = append(steps, []any{caseID, step.at, step.status})
			}
		}
		if len(accounts) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// batch is some tickets, ready to be written.
type batch struct {
	tickets, messages, events, todo [][]any
}

// writeTickets tells the stories of one batch while the one before is written.
func (w *writer) writeTickets(ctx context.Context, progress Progress) error {
	ready := make(chan *batch, 1)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(ready)
		return w.tellAll(ctx, func(b *batch) error {
			select {
			case ready <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	work.Go(func() error {
		for b := range ready {
			if err := w.writeBatch(ctx, b); err != nil {
				return err
			}
			progress(w.result.Tickets, w.options.Tickets)
		}
		return nil
	})
	return work.Wait()
}

func (w *writer) tellAll(ctx context.Context, give func(*batch) error) error {
	times := newArrivals(w.zone, w.teller.from, w.teller.until, w.options.Tickets, w.options.Seed)
	refs := &freeReferences{permutation: w.references, next: w.firstTicket, check: w.firstTicket > 0, db: w.ids.ticket.db}
	for made := 0; made < w.options.Tickets; {
		size := min(batchSize, w.options.Tickets-made)
		names, err := refs.take(ctx, size)
		if err != nil {
			return err
		}
		b := &batch{}
		for _, reference := range names {
			id, err := w.ids.ticket.next(ctx)
			if err != nil {
				return err
			}
			s, err := w.teller.tell(w.firstTicket+uint64(made), id, reference, times.next())
			if err != nil {
				return err
			}
			b.add(s)
			made++
		}
		if err := give(b); err != nil {
			return err
		}
	}
	return nil
}

// freeReferences gives out references one after the other. On a desk that has tickets it leaves out those that are taken.
type freeReferences struct {
	permutation permutation
	next        uint64
	check       bool
	db          *pgxpool.Pool
}

func (f *freeReferences) take(ctx context.Context, n int) ([]string, error) {
	var free []string
	for len(free) < n {
		var drawn []string
		for range n - len(free) {
			drawn = append(drawn, identifier.ReferenceOf(int64(f.permutation.at(f.next))))
			f.next++
		}
		if f.check {
			rows, err := f.db.Query(ctx, `
				SELECT r FROM unnest($1::text[]) WITH ORDINALITY AS d (r, i)
				WHERE NOT EXISTS (SELECT FROM ticket WHERE reference = r)
				ORDER BY i`, drawn)
			if err != nil {
				return nil, err
			}
			if drawn, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return nil, err
			}
		}
		free = append(free, drawn...)
	}
	return free, nil
}

func (w *writer) writeBatch(ctx context.Context, b *batch) error {
	err := w.copy(ctx, "ticket", ticketColumns, b.tickets)
	if err == nil {
		err = w.copy(ctx, "message", messageColumns, b.messages)
	}
	if err == nil {
		err = w.copy(ctx, "ticket_event", eventColumns, b.events)
	}
	if err == nil && w.result.Indexed {
		err = w.copy(ctx, "outbox", outboxColumns, b.todo)
	}
	w.result.Tickets += len(b.tickets)
	w.result.Messages += len(b.messages)
	w.result.Events += len(b.events)
	return err
}

func (w *writer) copy(ctx context.Context, table string, columns []string, rows [][]any) error {
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

var (
	accountColumns = []string{
		"id", "number", "name", "name_words", "email", "date_of_birth", "address", "a_number", "language", "created_at", "updated_at",
	}
	caseColumns   = []string{"id", "account_id", "receipt_number", "form", "status", "received_on", "updated_at"}
	stepColumns   = []string{"case_id", "at", "status"}
	ticketColumns = []string{
		"id", "reference", "version", "status", "priority", "channel", "language", "category", "category_submitted", "queue_id",
		"assignee_id", "applicant_name", "applicant_email", "subject", "number_given", "number_read", "number_kind", "number_in_text",
		"number_group", "link_state", "account_id", "link_confirmed_at", "link_evidence", "opened_at", "updated_at", "awaiting_since",
		"first_responded_at", "solved_at", "excluded_reason", "excluded_at", "suspected_of",
	}
	messageColumns = []string{
		"id", "ticket_id", "kind", "staff_id", "body", "created_at", "delivery", "recipient", "deliver_at", "delivered_at",
	}
	eventColumns  = []string{"ticket_id", "kind", "actor", "staff_id", "at", "data"}
	outboxColumns = []string{"event", "subject_id"}
)

func (b *batch) add(s *story) {
	b.tickets = append(b.tickets, []any{
		s.ID, s.Reference, s.Version, string(s.Status), s.Priority, string(s.Channel), s.Language, s.Category, s.CategorySubmitted, s.QueueID,
		s.AssigneeID, s.ApplicantName, s.ApplicantEmail, s.Subject, s.NumberGiven, s.NumberRead, string(s.NumberKind), s.NumberInText,
		string(s.NumberGroup), string(s.LinkState), s.AccountID, s.LinkConfirmedAt, evidence(s.LinkEvidence), s.OpenedAt, s.UpdatedAt, s.AwaitingSince,
		s.FirstRespondedAt, s.SolvedAt, orNull(s.ExcludedReason), s.ExcludedAt, append([]string{}, s.SuspectedOf...),
	})
	for _, m := range s.messages {
		b.messages = append(b.messages, []any{
			m.ID, m.TicketID, string(m.Kind), m.StaffID, m.Body, m.CreatedAt, string(m.Delivery), orNull(m.Recipient), m.DeliverAt, m.DeliveredAt,
		})
	}
	for _, e := range s.events {
		b.events = append(b.events, []any{e.TicketID, string(e.Kind), string(e.Actor), e.StaffID, e.At, marshal(e.Data)})
	}
	b.todo = append(b.todo, []any{ticket.OutboxChanged, s.ID})
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func evidence(found []ticket.Evidence) []string {
	texts := make([]string, len(found))
	for i, e := range found {
		texts[i] = string(e)
	}
	return texts
}
