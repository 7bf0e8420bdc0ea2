package ticket

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// SendAll hands mails about tickets to the mail server and says for each what became of it; an error that is
// failure.KindInvalid means that no other try will succeed.
type SendAll func(ctx context.Context, tickets []Ticket) []error

// Acknowledge sends applicants their references. Called by the worker with its tasks, whose rows are locked while the mails go
// out, so that two workers never send one twice; only a worker that dies between the mail server's answer and its own commit
// sends again, with the same Message-ID. What was sent is finished even when another mail failed; the first failure comes back.
// Errors: not_found, before any mail is sent, when one of the tickets is not there.
func (s *Service) Acknowledge(ctx context.Context, tasks []outbox.Task, send SendAll) error {
	var failed error
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) error {
		ids, subjects, err := pendingOf(ctx, tx, tasks)
		if err != nil || len(ids) == 0 {
			return err
		}
		tickets, err := ticketsByID(ctx, tx, subjects)
		if err != nil {
			return err
		}
		finished, events, err := s.acknowledge(ctx, ids, subjects, tickets, send)
		failed = err
		if err := s.addAcknowledged(ctx, tx, events); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, finished...)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("acknowledge %d tickets: %w", len(tasks), err)
	}
	return nil
}

// acknowledge sends what is to be sent and gives the tasks that are finished, their tickets' events, and the first failure.
func (s *Service) acknowledge(ctx context.Context, ids, subjects []int64, tickets map[int64]Ticket, send SendAll) ([]int64, map[int64]Data, error) {
	var finished, sending []int64
	var to []Ticket
	for i, subject := range subjects {
		t := tickets[subject]
		if t.ExcludedReason != "" || t.Channel == ChannelImport || t.Channel == ChannelSeed {
			finished = append(finished, ids[i])
			continue
		}
		sending, to = append(sending, ids[i]), append(to, t)
	}
	events := map[int64]Data{}
	if len(to) == 0 {
		return finished, events, nil
	}
	var failed error
	for i, err := range send(ctx, to) {
		switch {
		case err == nil:
			events[to[i].ID] = Data{}
		case failure.Is(err, failure.KindInvalid):
			events[to[i].ID] = Data{Reason: "refused"}
		default:
			if failed == nil {
				failed = err
			}
			continue
		}
		finished = append(finished, sending[i])
	}
	return finished, events, failed
}

// ticketsByID reads tickets without a lock, so that nobody waits for a slow mail server.
func ticketsByID(ctx context.Context, tx pgx.Tx, ids []int64) (map[int64]Ticket, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE t.id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, err
	}
	tickets := make(map[int64]Ticket, len(found))
	for _, t := range found {
		tickets[t.ID] = t
	}
	for _, id := range ids {
		if _, there := tickets[id]; !there {
			return nil, failure.NotFound("There is no such ticket.")
		}
	}
	return tickets, nil
}

// addAcknowledged adds events that change nothing of the tickets themselves, whose rows stay as they are: rewriting them, with an
// entry in each of their indexes, would cost a flood of inquiries more than taking them in.
func (s *Service) addAcknowledged(ctx context.Context, tx pgx.Tx, events map[int64]Data) error {
	var tickets []int64
	var data [][]byte
	for id, d := range events {
		tickets, data = append(tickets, id), append(data, d.marshal())
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT e.ticket_id, $3, $4, $5, e.data
		FROM unnest($1::bigint[], $2::jsonb[]) AS e (ticket_id, data)`,
		tickets, data, EventAcknowledged, ActorWorker, s.now().UTC())
	return err
}
