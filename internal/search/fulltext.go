package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/failure"
)

// bounds keep the cost of a search the same on a desk of any size.
type bounds struct {
	most   int // is ranked and counted: the newest records that match. Beyond it a total is "at least"
	newest int // tickets are looked through when looking through all takes too long
}

// fullTextBounds were chosen by measuring: on 100,000 tickets no kind of query takes more than 160 ms of a processor.
var fullTextBounds = bounds{most: 5_000, newest: 5_000}

// fulltext asks PostgreSQL, which answers as Meilisearch would, but forgives slips only where nothing holds what was typed: accounts before tickets, every word has
// to match, and where no record holds all of them, those come that hold the rarest. A record counts as found by a word, its
// beginning if it is the last one, its stems in both languages, or its synonyms.
//
// It takes no longer than a person waits: after e.thorough it looks through the newest tickets alone and says so. Errors:
// unavailable.
func (e *Engine) fulltext(ctx context.Context, p plan, w window) (answer, error) {
	if end, limited := ctx.Deadline(); limited { // what is found is yet to be read
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-e.patience/8))
		defer cancel()
	}
	all, err := e.wants(ctx, p.typed.terms)
	if err != nil {
		return answer{}, err
	}
	found, err := e.fullPage(ctx, p, w, all)
	if err != nil {
		return answer{}, err
	}
	if found.total == 0 && len(w.exact) == 0 && len(p.typed.terms) > 0 {
		if found, all, err = e.fullForgiving(ctx, p, w, found, all); err != nil {
			return answer{}, err
		}
	}
	if found.total == 0 && len(w.exact) == 0 && len(p.typed.terms) > 1 {
		switch some, err := e.fullPartial(ctx, p, w, all); {
		case failure.Is(err, failure.KindUnavailable): // no time is left for a second thought
			found.atLeast = true
		case err != nil:
			return answer{}, err
		case some.total > 0:
			found = some
		}
	}
	return found, e.markPage(ctx, found.hits, all.marks)
}

// fullForgiving looks for what was meant where nothing holds what was typed. It gives what it looked for last.
func (e *Engine) fullForgiving(ctx context.Context, p plan, w window, found answer, all wants) (answer, wants, error) {
	forgiven, changed, err := e.forgiving(ctx, all)
	if err != nil || !changed {
		return found, all, err
	}
	again, err := e.fullPage(ctx, p, w, forgiven)
	if failure.Is(err, failure.KindUnavailable) { // no time is left for a second thought
		found.atLeast = true
		return found, all, nil
	}
	return again, forgiven, err
}

// fullPage finds a page, thoroughly or, when that takes too long, among the newest tickets.
func (e *Engine) fullPage(ctx context.Context, p plan, w window, q wants) (answer, error) {
	found, err := e.fullTry(ctx, sought{plan: p, wants: q, window: w, patience: e.thorough})
	if slow(err) {
		found, err = e.fullTry(ctx, sought{plan: p, wants: q, window: w, patience: e.database, newest: true})
		found.atLeast = true
	}
	if slow(err) {
		return answer{}, failure.Unavailable("Search is slow.", err)
	}
	return found, err
}

// slow reports whether PostgreSQL gave a statement up for the time it took.
func slow(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// fullTry asks for the tickets, the accounts and the counts at the same time. The counts come with the tickets where no field
// has to be counted without its conditions.
func (e *Engine) fullTry(ctx context.Context, s sought) (answer, error) {
	var tickets, accounts list
	var groups [][]Field
	if s.Facets && s.tickets() {
		groups = s.facetGroups()
	}
	counts := make([]Facets, len(groups))
	all, ctx := errgroup.WithContext(ctx)
	if s.tickets() {
		var along []Field
		if len(groups) == 1 {
			along, groups = groups[0], nil
		}
		all.Go(func() (err error) {
			tickets, err = e.fullTickets(ctx, s, along)
			return err
		})
	}
	if s.accounts() && len(s.need) > 0 {
		all.Go(func() (err error) {
			accounts, err = e.fullAccounts(ctx, s)
			return err
		})
	}
	for i, fields := range groups {
		all.Go(func() (err error) {
			counts[i], err = e.fullFacets(ctx, s, fields)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return answer{}, err
	}
	most := int64(e.bounds.most)
	a := answer{
		hits: s.cut(accounts.rows, tickets.rows), total: min(accounts.total, most) + min(tickets.total, most),
		atLeast: accounts.total > most || tickets.total > most,
	}
	if s.Facets && s.tickets() {
		a.facets = Facets{}
		for _, some := range append(counts, tickets.facets) {
			maps.Copy(a.facets, some)
		}
	}
	return a, nil
}

// fullPartial looks for what holds every phrase and the rarest word that anything holds. What holds more of the words comes
// first.
func (e *Engine) fullPartial(ctx context.Context, p plan, w window, q wants) (answer, error) {
	if len(q.need) < 2 {
		return answer{}, nil
	}
	tries, err := e.rarest(ctx, q)
	if err != nil {
		return answer{}, err
	}
	for _, try := range tries {
		some, err := e.fullPage(ctx, p, w, try)
		if err != nil || some.total > 0 {
			some.partial = true
			return some, err
		}
	}
	return answer{}, nil
}

// sought is a plan for PostgreSQL. newest leaves all but the newest tickets out.
type sought struct {
	plan
	wants
	window
	patience time.Duration
	newest   bool
}

// list is what one kind of record has: the first rows, and how many there are up to one more than bounds.most.
type list struct {
	rows   []placedRow
	total  int64
	facets Facets
}

// placedRow is a row with what orders it beside rows of the other kind.
type placedRow struct {
	found
	openedAt time.Time
	place    int64
}

// cut joins accounts and tickets, each in its order already, and takes the window out: accounts first, or by date when that is
// wished.
func (s sought) cut(accounts, tickets []placedRow) []found {
	all := slices.Concat(accounts, tickets)
	switch s.Sort {
	case SortNewest:
		slices.SortStableFunc(all, func(a, b placedRow) int { return b.openedAt.Compare(a.openedAt) })
	case SortOldest:
		slices.SortStableFunc(all, func(a, b placedRow) int { return a.openedAt.Compare(b.openedAt) })
	case SortRelevance: // accounts first
	}
	from := min(s.offset, len(all))
	return mapped(all[from:min(from+s.limit, len(all))], func(r placedRow) found { return r.found })
}

// rarest gives what to look for instead when nothing holds every word: the phrases and one word, the rarest word first, at last
// the phrases alone.
func (e *Engine) rarest(ctx context.Context, q wants) ([]wants, error) {
	var phrases, words []needed
	for _, n := range q.need {
		if n.phrase {
			phrases = append(phrases, n)
		} else {
			words = append(words, n)
		}
	}
	counts, err := e.countNeeds(ctx, words)
	if err != nil {
		return nil, fmt.Errorf("count words: %w", err)
	}
	order := make([]int, len(words))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	var tries []wants
	for _, i := range order {
		if counts[i] > 0 {
			tries = append(tries, q.only(append(slices.Clone(phrases), words[i])))
		}
	}
	if len(phrases) > 0 {
		tries = append(tries, q.only(phrases))
	}
	return tries, nil
}
