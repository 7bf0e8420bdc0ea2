package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// plan is a query whose conditions were checked: each value is one that there is, a row's number, or a time.
type plan struct {
	Query
	typed    Typed
	clauses  []clause
	problems []Problem
}

// clause is what one field has to be, or must not be. One of texts, ids or spans is set; none of them matches nothing.
type clause struct {
	field Field
	not   bool
	texts []string // codes
	ids   []int64  // of the assignee (0: nobody), the account, or the first ticket from an address
	own   []int64  // the accounts that have the address now: tickets that follow them count as from it
	spans []period
}

// period is from a time on and before another; a zero time is no bound.
type period struct{ from, before time.Time }

// tickets and accounts report what the plan looks for. Every condition is about tickets.
func (p plan) tickets() bool { return p.Kind != KindAccount }
func (p plan) accounts() bool {
	return p.Kind != KindTicket && len(p.clauses) == 0 && tells(p.typed.terms)
}

// nothing reports whether there is nothing to look for.
func (p plan) nothing() bool { return len(p.typed.terms) == 0 && len(p.clauses) == 0 }

// without gives the plan without the clauses of a field, to count what else could be chosen there.
func (p plan) without(field Field) plan {
	p.clauses = slices.DeleteFunc(slices.Clone(p.clauses), func(c clause) bool { return c.field == field && !c.not })
	return p
}

// excluded reports whether excluded tickets are what is looked for.
func (p plan) excluded() bool {
	return slices.ContainsFunc(p.clauses, func(c clause) bool { return c.field == FieldIs && !c.not })
}

// plan reads and checks a query. Errors: unavailable.
func (e *Engine) plan(ctx context.Context, q Query) (plan, error) {
	p := plan{Query: q.within(), typed: Parse(q.Text)}
	p.problems = slices.Clone(p.typed.Problems)
	for _, c := range slices.Concat(p.Conditions, p.typed.Conditions) {
		values, code, err := e.read(ctx, p.Query, c)
		if err != nil {
			return p, fmt.Errorf("read the condition %s: %w", c.Field, err)
		}
		if code != "" {
			p.problems = append(p.problems, Problem{c, code})
			continue
		}
		p.add(values)
	}
	p.typed.terms = respelled(p.typed.terms)
	return p, nil
}

// add joins what is about one field: any of the values for a condition, none of them for one with Not.
func (p *plan) add(c clause) {
	at := slices.IndexFunc(p.clauses, func(o clause) bool { return o.field == c.field && o.not == c.not })
	if at < 0 {
		p.clauses = append(p.clauses, c)
		return
	}
	o := &p.clauses[at]
	o.texts, o.ids, o.spans = append(o.texts, c.texts...), append(o.ids, c.ids...), append(o.spans, c.spans...)
	o.own = append(o.own, c.own...)
}

// read checks one condition. code is a problem's.
func (e *Engine) read(ctx context.Context, q Query, c Condition) (read clause, code string, err error) {
	read = clause{field: c.Field, not: c.Not}
	value := strings.ToLower(strings.TrimSpace(c.Value))
	if value == "" {
		return read, ProblemEmpty, nil
	}
	switch c.Field {
	case FieldOpened:
		span, ok := readPeriod(value, cmp.Or(q.Location, time.UTC), e.now())
		if !ok {
			return read, ProblemShape, nil
		}
		read.spans = []period{span}
	case FieldFrom:
		return e.readAddress(ctx, read, value)
	case FieldAssignee, FieldAccount:
		id, code, err := e.readRow(ctx, q, c.Field, value)
		read.ids = []int64{id}
		return read, code, err
	default:
		known, err := e.knows(ctx, c.Field, value)
		if err != nil || !known {
			return read, ProblemUnknown, err
		}
		read.texts = []string{value}
	}
	return read, "", nil
}

// knows reports whether a code is one of its field's.
func (e *Engine) knows(ctx context.Context, field Field, code string) (bool, error) {
	switch field {
	case FieldStatus:
		return slices.Contains(ticket.Statuses(), ticket.Status(code)), nil
	case FieldLink:
		return slices.Contains(ticket.LinkStates(), ticket.LinkState(code)), nil
	case FieldIs:
		return code == "excluded", nil
	case FieldLanguage:
		return len(code) >= 2 && len(code) <= 12 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz-") == "", nil
	case FieldCategory, FieldQueue:
		var known bool
		err := e.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+string(field)+` WHERE code = $1)`, code).Scan(&known)
		return known, postgres.Failure(err)
	default:
		return false, nil
	}
}

// readAddress finds who has an address. One that nobody has written from is no problem: it finds nothing (row -1).
func (e *Engine) readAddress(ctx context.Context, read clause, value string) (clause, string, error) {
	r := identifier.Read(value)
	if r.Kind != identifier.KindEmail {
		return read, ProblemShape, nil
	}
	var id int64
	err := e.db.QueryRow(ctx, `
		SELECT COALESCE((SELECT id FROM ticket WHERE lower(applicant_email) = $1 ORDER BY id LIMIT 1), -1)`, value).Scan(&id)
	if err != nil {
		return read, "", postgres.Failure(err)
	}
	read.ids = []int64{id}
	a, err := account.Store{DB: e.db}.ByEmail(ctx, value)
	if failure.Is(err, failure.KindNotFound) {
		return read, "", nil
	}
	read.own = []int64{a.ID}
	return read, "", err
}

// readRow finds the row behind a name.
func (e *Engine) readRow(ctx context.Context, q Query, field Field, value string) (id int64, code string, err error) {
	switch field {
	case FieldAssignee:
		return e.readMember(ctx, q, value)
	case FieldAccount:
		r := identifier.Read(value)
		if r.Kind != identifier.KindAccountNumber {
			return -1, ProblemShape, nil
		}
		a, err := account.Store{DB: e.db}.ByNumber(ctx, r.Normal)
		if failure.Is(err, failure.KindNotFound) {
			return -1, "", nil
		}
		return a.ID, "", err
	default:
		return -1, ProblemUnknown, nil
	}
}

func (e *Engine) readMember(ctx context.Context, q Query, value string) (id int64, code string, err error) {
	switch value {
	case "me":
		return q.For.ID, "", nil
	case "none":
		return 0, "", nil
	}
	store := staff.Store{DB: e.db}
	var m staff.Member
	if row, numeric := strconv.ParseInt(value, 10, 64); numeric == nil {
		m, err = store.ByID(ctx, row)
	} else {
		m, err = store.ByEmail(ctx, value)
	}
	if !failure.Is(err, failure.KindNotFound) {
		return m.ID, "", err
	}
	called, err := store.Called(ctx, value)
	if err != nil || len(called) != 1 {
		return -1, ProblemUnknown, err
	}
	return called[0].ID, "", nil
}
