package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/staff"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	// MaxOffset is where paging ends: Meilisearch gives no more than its first thousand.
	MaxOffset = 1000 - maxLimit
)

// Sort is the order of what is found.
type Sort string

// The orders.
const (
	SortRelevance Sort = ""
	SortNewest    Sort = "newest" // by the time of opening
	SortOldest    Sort = "oldest"
)

// Query is what somebody looks for: Text as it was typed, operators and all, and Conditions chosen beside it. Nobody finds
// what he may not open: For is who asks, and the zero value finds nothing. Kind "" looks for tickets and accounts. Limit
// defaults to 20 and is at most 100. Facets asks for the counts beside the hits. Days are those of Location, UTC when nil.
type Query struct {
	For        staff.Member
	Text       string
	Conditions []Condition
	Kind       string
	Sort       Sort
	Offset     int
	Limit      int
	Facets     bool
	Location   *time.Location
}

func (q Query) within() Query {
	q.Text = strings.TrimSpace(q.Text)
	if q.Limit < 1 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	q.Offset = min(max(q.Offset, 0), MaxOffset)
	if q.Sort != SortNewest && q.Sort != SortOldest {
		q.Sort = SortRelevance
	}
	return q
}

// window is the part of what is found that a page shows. Rows that the exact look-up has found already are left out.
type window struct {
	offset, limit int
	exact         []Hit
}

// ids are the rows of a kind that the exact look-up has found.
func (w window) ids(kind string) []int64 {
	ids := []int64{}
	for _, h := range w.exact {
		if h.Kind == kind {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// Search finds tickets and accounts. What an identifier means comes first and comes from PostgreSQL; records whose words
// mention it, or match the text, follow, from Meilisearch or, while that is unavailable, slow or of other settings, from PostgreSQL.
// Errors: forbidden for who may not open what is found; unavailable when PostgreSQL is unavailable or slow.
func (e *Engine) Search(ctx context.Context, q Query) (found Results, err error) {
	started := time.Now()
	defer func() { e.tell(found, err, time.Since(started)) }()
	if !q.For.Role.Can(staff.AnswerTickets) {
		return Results{}, failure.New(failure.KindForbidden, "Search is for those who answer tickets.", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, e.patience*5/2+e.database)
	defer cancel()
	p, err := e.plan(ctx, q)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	page, err := e.page(ctx, p)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	fresh, err := e.freshness(ctx, page.Engine)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	page.LagSeconds, page.Waiting = fresh.LagSeconds, fresh.Waiting
	page.Problems, page.Conditions, page.Cut = p.problems, p.typed.Conditions, p.typed.Cut
	page.Words = p.typed.Words()
	if note := e.server.Load(); note != nil && page.Engine == EngineMeilisearch {
		page.Server = note.Version
		if note.BuiltIn {
			page.Server = ServerBuiltIn
		}
	}
	page.TookMS = time.Since(started).Milliseconds()
	return page, nil
}

// page puts what an identifier means before what the words find.
func (e *Engine) page(ctx context.Context, p plan) (Results, error) {
	exact, err := e.exact(ctx, p)
	if err != nil {
		return Results{}, err
	}
	first := exact[min(p.Offset, len(exact)):min(p.Offset+p.Limit, len(exact))]
	if p.nothing() {
		return Results{Engine: EngineNone}, nil
	}
	if len(exact) > 0 {
		p.typed.terms = []term{{text: quotable(p.typed.Words()), phrase: true}} // as written, without typing slips
	}
	w := window{offset: max(0, p.Offset-len(exact)), limit: p.Limit - len(first), exact: exact}
	found, engine, why, err := e.ask(ctx, p, w)
	if err != nil && len(exact) == 0 {
		return Results{}, err
	}
	hits, err := e.dress(ctx, found.hits)
	if err != nil {
		return Results{}, err
	}
	r := Results{Engine: engine, Why: why, Total: found.total + int64(len(exact)), AtLeast: found.atLeast, Facets: found.facets, Partial: found.partial}
	r.Hits = append(slices.Clone(first), hits...)
	if len(exact) > 0 {
		r.Engine, r.Partial = EngineExact, false
	}
	return r, nil
}

func quotable(s string) string { return strings.ReplaceAll(s, `"`, " ") }

// cutText shortens a text to a number of characters.
func cutText(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
