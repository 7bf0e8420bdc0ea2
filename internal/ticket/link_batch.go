package ticket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// LinkAllByNumber is LinkByNumber for many tasks in one transaction and a handful of round trips, which is what keeps the
// workers out of the way of an intake in full swing. Either all of the tasks are finished or none is. Errors: not_found when one
// of the tickets is not there.
func (s *Service) LinkAllByNumber(ctx context.Context, tasks []outbox.Task) error {
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) error {
		ids, subjects, err := pendingOf(ctx, tx, tasks)
		if err != nil || len(ids) == 0 {
			return err
		}
		waiting, err := waitingLinks(ctx, tx, subjects)
		if err != nil {
			return err
		}
		if err := s.linkWaiting(ctx, tx, waiting); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, ids...)
	})
	if err != nil {
		return fmt.Errorf("link %d tickets: %w", len(tasks), err)
	}
	s.wake()
	return nil
}

// pendingOf locks those of the tasks that are still to be done.
func pendingOf(ctx context.Context, tx pgx.Tx, tasks []outbox.Task) (ids, subjects []int64, err error) {
	claimed := make([]int64, len(tasks))
	for i, t := range tasks {
		claimed[i] = t.ID
	}
	rows, err := tx.Query(ctx, `
		SELECT id, subject_id FROM outbox_task
		WHERE id = ANY ($1) AND given_up_at IS NULL
		ORDER BY id
		FOR UPDATE`, claimed)
	if err != nil {
		return nil, nil, err
	}
	var id, subject int64
	_, err = pgx.ForEachRow(rows, []any{&id, &subject}, func() error {
		ids, subjects = append(ids, id), append(subjects, subject)
		return nil
	})
	return ids, subjects, err
}

// waitingLinks locks the tickets, always in the same order, and gives those that no worker has linked yet.
func waitingLinks(ctx context.Context, tx pgx.Tx, ids []int64) ([]Ticket, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+columns+` FROM ticket t
		WHERE t.id = ANY ($1)
		ORDER BY t.id
		FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	if len(found) < len(slices.Compact(ids)) {
		return nil, failure.NotFound("There is no such ticket.")
	}
	return slices.DeleteFunc(found, func(t Ticket) bool { return t.LinkState != LinkWaiting }), nil
}

// linked is one ticket's new link as linkSQL takes it.
type linked struct {
	ID       int64           `json:"id"`
	State    LinkState       `json:"state"`
	Account  *int64          `json:"account"`
	Evidence []Evidence      `json:"evidence"`
	Data     json.RawMessage `json:"data"`
}

const linkSQL = `
	WITH linked AS (
		SELECT * FROM jsonb_to_recordset($1) AS l (id bigint, state text, account bigint, evidence jsonb, data jsonb)
	), changed AS (
		UPDATE ticket t
		SET version = t.version + 1, link_state = l.state, account_id = l.account, link_confirmed_at = NULL,
			link_evidence = ARRAY(SELECT jsonb_array_elements_text(l.evidence)), updated_at = $2
		FROM linked l
		WHERE t.id = l.id
	), happened AS (
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT id, $3, 'worker', $2, data FROM linked
	)
	INSERT INTO outbox (event, subject_id, not_before)
	SELECT $4, id, $2 FROM linked`

func (s *Service) linkWaiting(ctx context.Context, tx pgx.Tx, waiting []Ticket) error {
	if len(waiting) == 0 {
		return nil
	}
	find, err := accountsOf(ctx, tx, waiting)
	if err != nil {
		return err
	}
	links := make([]linked, len(waiting))
	for i, t := range waiting {
		d := DecideLink(find.facts(t))
		from := t.Link()
		links[i] = linked{
			ID: t.ID, State: d.Link.State, Evidence: orEmpty(d.Evidence),
			Data: Data{LinkFrom: &from, LinkTo: &d.Link, EvidenceFrom: t.LinkEvidence, Evidence: d.Evidence}.marshal(),
		}
		if d.Link.Account != 0 {
			links[i].Account = &d.Link.Account
		}
	}
	_, err = tx.Exec(ctx, linkSQL, links, s.now().UTC(), EventLinked, OutboxChanged)
	return err
}

// knownAccounts are the accounts that some tickets' numbers and addresses point to.
type knownAccounts struct {
	byNumber, byEmail map[string]*account.Account
}

func accountsOf(ctx context.Context, tx pgx.Tx, tickets []Ticket) (knownAccounts, error) {
	var numbers, emails []string
	for _, t := range tickets {
		if t.linkGroup() == identifier.GroupWith {
			numbers, emails = append(numbers, t.NumberRead), append(emails, identifier.FoldEmail(t.ApplicantEmail))
		}
	}
	known := knownAccounts{byNumber: map[string]*account.Account{}, byEmail: map[string]*account.Account{}}
	accounts, err := account.Store{DB: tx}.ByNumbersOrEmails(ctx, numbers, emails)
	for i, a := range accounts {
		known.byNumber[a.Number] = &accounts[i]
		known.byEmail[identifier.FoldEmail(a.Email)] = &accounts[i]
	}
	return known, err
}

func (k knownAccounts) facts(t Ticket) LinkFacts {
	f := t.linkFacts()
	if f.Group == identifier.GroupWith {
		f.NumberMatch = k.byNumber[t.NumberRead]
		f.EmailAccount = k.byEmail[identifier.FoldEmail(t.ApplicantEmail)]
	}
	return f
}
