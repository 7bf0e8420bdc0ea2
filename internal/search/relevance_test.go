package search_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/search/relevance"
	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

// plant puts a set on the desk and gives its queries.
func (d *desk) plant(set *relevance.Set) []relevance.Query {
	d.t.Helper()
	ctx := d.t.Context()
	quiet := func(int) {}
	rejects := &transfer.Rejects{Path: filepath.Join(d.t.TempDir(), "rejected.csv")}
	accounts, err := transfer.ImportAccounts(ctx, d.db, bytes.NewReader(set.Accounts), transfer.AccountOptions{}, rejects, quiet)
	if err != nil {
		d.t.Fatal(err)
	}
	cases, err := transfer.ImportCases(ctx, d.db, bytes.NewReader(set.Cases), nil, rejects, quiet)
	if err != nil {
		d.t.Fatal(err)
	}
	if n := accounts.Rejected + cases.Rejected; n > 0 {
		d.t.Fatalf("%d rows of %s were rejected", n, set.Name)
	}
	references, err := set.Open(ctx, d.tickets)
	if err != nil {
		d.t.Fatal(err)
	}
	queries, err := set.Queries(references)
	if err != nil {
		d.t.Fatal(err)
	}
	return queries
}

// ask asks an engine and holds it to being the one that answers.
func (d *desk) ask(engine *search.Engine, name string) relevance.Ask {
	return func(ctx context.Context, text string) ([]string, error) {
		found, err := engine.Search(ctx, search.Query{For: agent, Text: text, Limit: relevance.Depth})
		if err != nil {
			return nil, err
		}
		if found.Engine != name && found.Engine != search.EngineExact {
			d.t.Errorf("%s answered %q, not %s", found.Engine, text, name)
		}
		var keys []string
		for _, h := range found.Hits {
			if h.Kind == search.KindAccount {
				keys = append(keys, relevance.AccountKey(h.Number))
			} else {
				keys = append(keys, relevance.TicketKey(h.Reference))
			}
		}
		return keys, nil
	}
}

// judge prints how both engines do and holds them to the goals.
func (d *desk) judge(set *relevance.Set, queries []relevance.Query) {
	d.t.Helper()
	for _, engine := range []struct {
		name  string
		asked *search.Engine
		goals []relevance.Goal
	}{
		{search.EngineMeilisearch, d.engine, relevance.MeilisearchGoals()},
		{search.EnginePostgreSQL, d.connect("http://127.0.0.1:1"), relevance.PostgreSQLGoals()}, // nobody listens there
	} {
		report, err := relevance.Judge(d.t.Context(), queries, d.ask(engine.asked, engine.name))
		if err != nil {
			d.t.Errorf("%s: %v", engine.name, err)
			continue
		}
		d.t.Logf("%s, asked for %s:\n%s", engine.name, set.Name, report)
		for _, g := range engine.goals {
			if met, got := g.Met(report); !met {
				d.t.Errorf("%s, asked for %s: %s; want %s", engine.name, set.Name, got, g)
			}
		}
	}
}

// sets are what is asked: of our own tickets, and of the real inquiries where this machine has them.
func sets(t *testing.T) []*relevance.Set {
	t.Helper()
	planted, err := relevance.Planted()
	if err != nil {
		t.Fatal(err)
	}
	all := []*relevance.Set{planted}
	if dir, found := testkit.RealInput(t); found {
		real, err := relevance.Real(dir)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, real)
	}
	return all
}

func TestWhatIsMeantComesFirst(t *testing.T) {
	t.Parallel()
	for _, set := range sets(t) {
		t.Run(set.Name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			queries := d.plant(set)
			d.index()
			d.judge(set, queries)
		})
	}
}

// Whoever pastes a subject finds its ticket, though Meilisearch is away. (That Meilisearch finds it is shown on a whole desk.)
func TestPostgreSQLFindsEverySubject(t *testing.T) {
	t.Parallel()
	for _, set := range sets(t) {
		t.Run(set.Name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.plant(set)
			d.index()
			d.findsEverySubject(set.Size() * 9 / 10)
		})
	}
}

// findsEverySubject asks for the subjects, of which there are at least so many.
func (d *desk) findsEverySubject(least int) {
	d.t.Helper()
	var subjects []string
	if err := d.db.QueryRow(d.t.Context(), `SELECT array_agg(DISTINCT subject) FROM ticket`).Scan(&subjects); err != nil || len(subjects) < least {
		d.t.Fatalf("%d subjects: %v", len(subjects), err)
	}
	engine := d.connect("http://127.0.0.1:1")
	for _, subject := range subjects {
		found, err := engine.Search(d.t.Context(), search.Query{For: agent, Text: subject, Limit: 25})
		if err != nil {
			d.t.Fatal(err)
		}
		if !slices.ContainsFunc(found.Hits, func(h search.Hit) bool { return h.Title == subject }) {
			d.t.Errorf("%q is not found: %d others are", subject, found.Total)
		}
	}
}

func TestWhatIsMeantComesFirstAmongMany(t *testing.T) {
	t.Parallel()
	set, err := relevance.Planted()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	if _, err := seed.Run(t.Context(), d.db, seed.Options{Tickets: 2000, Seed: 1}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	queries := d.plant(set)
	d.index()
	d.judge(set, queries)
}
