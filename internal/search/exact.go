package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// maxExact bounds the tickets that one identifier finds: a law office's email address may have sent thousands.
const maxExact = 50

// clue is what a text is when it is one identifier and nothing else.
type clue struct {
	reference string
	reading   identifier.Reading
}

// readClue reads a text as an identifier, spaces, dashes and case forgiven; false when it is words.
func readClue(text string) (clue, bool) {
	if reference, ok := identifier.ParseReference(text); ok {
		return clue{reference: reference}, true
	}
	if len(text) > identifier.MaxGiven {
		return clue{}, false
	}
	r := identifier.Read(text)
	switch r.Kind {
	case identifier.KindAccountNumber, identifier.KindANumber, identifier.KindReceiptNumber:
		// A number among words is searched for with its words; the A of an A-Number and its leading zeros may be ours.
		whole := strings.TrimLeft(identifier.Normalize(text), "A0") == strings.TrimLeft(r.Normal, "A0")
		return clue{reading: r}, whole && r.Normal != ""
	case identifier.KindEmail:
		return clue{reading: r}, identifier.FoldEmail(text) == r.Normal
	default:
		return clue{}, false
	}
}

// exact looks an identifier up in PostgreSQL: the accounts behind it, then the tickets that are linked to them or gave it. The
// plan's conditions hold for the tickets, and leave accounts out.
func (e *Engine) exact(ctx context.Context, p plan) ([]Hit, error) {
	c, ok := readClue(p.typed.given())
	if !ok {
		return nil, nil
	}
	if c.reference != "" {
		if !p.tickets() {
			return nil, nil
		}
		return e.tickets(ctx, p, func(w *conditions) { w.say(false, "t.reference = "+w.bind(c.reference)) }, true)
	}
	accounts, err := e.accountsBehind(ctx, c.reading)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	if p.accounts() {
		for _, a := range accounts {
			hits = append(hits, accountHit(a))
		}
	}
	if !p.tickets() {
		return hits, nil
	}
	found, err := e.ticketsBehind(ctx, p, c.reading, accounts)
	return append(hits, found...), err
}

func (e *Engine) accountsBehind(ctx context.Context, r identifier.Reading) ([]account.Account, error) {
	store := account.Store{DB: e.db}
	one := func(a account.Account, err error) ([]account.Account, error) {
		if failure.Is(err, failure.KindNotFound) {
			return nil, nil
		}
		return []account.Account{a}, err
	}
	switch r.Kind {
	case identifier.KindAccountNumber:
		return one(store.ByNumber(ctx, r.Normal))
	case identifier.KindANumber:
		return store.ByANumber(ctx, r.Normal)
	case identifier.KindReceiptNumber:
		return one(store.ByReceiptNumber(ctx, r.Normal))
	default: // readClue lets nothing else pass
		return one(store.ByEmail(ctx, r.Normal))
	}
}

// ticketsBehind: for an email address those from it, and those that follow the account that has it now; for a number those that gave it and, for an account's own number, those
// linked to the account.
func (e *Engine) ticketsBehind(ctx context.Context, p plan, r identifier.Reading, accounts []account.Account) ([]Hit, error) {
	return e.tickets(ctx, p, func(w *conditions) {
		switch {
		case r.Kind == identifier.KindEmail:
			w.say(false, "lower(t.applicant_email) = "+w.bind(r.Normal)+w.orFollows(ids(accounts)))
		case r.Kind == identifier.KindAccountNumber && len(accounts) == 1:
			w.say(false, "(t.number_read = "+w.bind(r.Normal)+" OR t.account_id = "+w.bind(accounts[0].ID)+")")
		default:
			w.say(false, "t.number_read = "+w.bind(r.Normal))
		}
	}, true)
}

// Jump tells the one record that an identifier means: a reference its ticket, a number or an address its account, or the only
// ticket there is for it. False when the text is no identifier, or means several records or none, and for who may not open
// what is found. Needs no Meilisearch.
func (e *Engine) Jump(ctx context.Context, who staff.Member, text string) (Hit, bool, error) {
	if !who.Role.Can(staff.AnswerTickets) {
		return Hit{}, false, nil
	}
	hits, err := e.exact(ctx, plan{typed: Parse(text)})
	if err != nil {
		return Hit{}, false, fmt.Errorf("jump to a record: %w", err)
	}
	var accounts int
	for _, h := range hits {
		if h.Kind == KindAccount {
			accounts++
		}
	}
	if accounts == 1 || accounts == 0 && len(hits) == 1 {
		return hits[0], true, nil
	}
	return Hit{}, false, nil
}

// tickets reads the newest maxExact tickets of a condition as hits; excluded ones too when anyway is set. The number of an
// account in conflict stays hidden, as on the ticket, until an agent confirms it.
func (e *Engine) tickets(ctx context.Context, p plan, also func(*conditions), anyway bool) ([]Hit, error) {
	var c conditions
	also(&c)
	p.where(&c, anyway)
	rows, err := e.db.Query(ctx, `
		WITH page AS MATERIALIZED (
			SELECT t.* FROM ticket t JOIN queue q ON q.id = t.queue_id
			WHERE `+c.sql()+`
			ORDER BY t.opened_at DESC, t.id DESC
			LIMIT `+strconv.Itoa(max(maxExact, maxLimit))+`
		)
		SELECT t.id, t.reference, CASE WHEN (`+ticket.LinkShownSQL+`) = 'conflict' THEN '' ELSE COALESCE(a.number, '') END, t.subject, t.applicant_name,
			t.status, t.category, q.name, `+ticket.LinkShownSQL+`, t.language, COALESCE(s.name, ''), t.opened_at,
			t.excluded_reason IS NOT NULL OR t.suspected_of <> '{}'
		FROM page t
		JOIN queue q ON q.id = t.queue_id
		LEFT JOIN staff s ON s.id = t.assignee_id
		LEFT JOIN account a ON a.id = t.account_id
		ORDER BY t.opened_at DESC, t.id DESC`, c.args...)
	if err != nil {
		return nil, fmt.Errorf("read tickets for a search: %w", postgres.Failure(err))
	}
	hits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Hit, error) {
		h := Hit{Kind: KindTicket}
		err := row.Scan(&h.ID, &h.Reference, &h.Number, &h.Title, &h.Name, &h.Status, &h.Category, &h.Queue, &h.LinkState,
			&h.Language, &h.Assignee, &h.OpenedAt, &h.Hidden)
		h.Marked = []Span{{Text: h.Title}}
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("read tickets for a search: %w", postgres.Failure(err))
	}
	return hits, nil
}

func ids(accounts []account.Account) (ids []int64) {
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

func accountHit(a account.Account) Hit {
	return Hit{Kind: KindAccount, ID: a.ID, Number: a.Number, Title: a.Name, Marked: []Span{{Text: a.Name}}, Language: a.Language}
}
