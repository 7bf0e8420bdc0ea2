package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/search"
)

// fewestSearches are asked in a round even if that takes longer than a round should.
const fewestSearches = 20

// measureQuery asks for a kind of query and runs its floor in turn.
func (b *bench) measureQuery(ctx context.Context, d *desk, size int, at *searcher, k kind) error {
	slow, asked := 0, 0
	ask := func(n int) (took []time.Duration, err error) {
		for i, begun := 0, time.Now(); i < n && (i < fewestSearches || time.Since(begun) < b.RoundTime); i++ {
			asked++
			_, one, err := at.search(ctx, k.paths[i%len(k.paths)])
			switch {
			case errors.Is(err, errSlow):
				slow++
			case err != nil:
				return nil, err
			}
			took = append(took, one)
		}
		return took, nil
	}
	if _, err := ask(len(k.paths)); err != nil { // warm-up
		return err
	}
	slow, asked = 0, 0
	floorName, floor := b.searchFloor(d, at, k)
	var times, floors []Times
	var medians, floorMedians []float64
	for range b.Rounds {
		took, err := ask(b.Searches)
		if err != nil {
			return err
		}
		least, err := floor(ctx)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		t := percentiles(took)
		times, floors = append(times, t), append(floors, least)
		medians, floorMedians = append(medians, t.P50), append(floorMedians, least.P50)
	}
	t, ft := medianTimes(times), medianTimes(floors)
	note := ""
	if slow > 0 {
		note = fmt.Sprintf("%s said of %d in %d that search is slow", at.engine, slow, asked)
	}
	b.result.add(Row{
		Part: "search", Name: k.name, Engine: at.engine, Tickets: size, Unit: "ms", Value: spread(medians...), Times: &t, Note: note,
		Floor: &Floor{Name: floorName, Value: spread(floorMedians...), Times: &ft},
	})
	b.progress("search, %s, %s at %d tickets: p50 %.2f, p95 %.2f ms, floor %.2f ms", k.name, at.engine, size, t.P50, t.P95, ft.P50)
	return nil
}

// searchFloor is the least that somebody has to do for a query: the search engine asked for the words alone, or PostgreSQL for
// an identifier's row or, while it is the engine, how many tickets have one word of the text.
func (b *bench) searchFloor(d *desk, at *searcher, k kind) (name string, measure func(context.Context) (Times, error)) {
	pgbench := func(sql, value string) func(context.Context) (Times, error) {
		return func(ctx context.Context) (Times, error) {
			p, err := d.newPgbench(b.dir, d.running.DatabaseURL)
			if err != nil {
				return Times{}, err
			}
			l, err := p.run(ctx, 1, time.Second, []string{sql + ";\n"}, map[string]string{"value": value})
			return l.times, err
		}
	}
	switch {
	case k.sql != "":
		return "its row by pgbench", pgbench(k.sql, k.value)
	case at.engine == search.EnginePostgreSQL && k.words[0] == "":
		return "its tickets counted by pgbench", pgbench(`SELECT count(*) FROM ticket WHERE status = :value AND excluded_reason IS NULL`, "open")
	case at.engine == search.EnginePostgreSQL:
		return "tickets with its longest word counted by pgbench", pgbench(
			`SELECT count(*) FROM ticket_search WHERE words @@ to_tsquery('simple', :value)`, longest(k.words[0])+":*")
	}
	return "the engine asked for the words alone", func(ctx context.Context) (Times, error) { return b.engineFloor(ctx, d, k.words) }
}

// longest is the word with the most letters.
func longest(text string) string {
	var longest string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if len(w) > len(longest) {
			longest = w
		}
	}
	return longest
}

// engineFloor asks the search engine itself for the same words.
func (b *bench) engineFloor(ctx context.Context, d *desk, words []string) (Times, error) {
	u, err := url.Parse(d.running.MeiliURL)
	if err != nil {
		return Times{}, err
	}
	engine := newClient(u.Host)
	defer engine.close()
	engine.headers = "Authorization: Bearer " + d.running.MeiliKey + "\r\n"
	var index string // named by the desk's ID
	if err := d.db.QueryRow(ctx, `SELECT prefix || 'tickets' FROM search_index`).Scan(&index); err != nil {
		return Times{}, fmt.Errorf("name the search index: %w", err)
	}
	var took []time.Duration
	for i := range b.Searches {
		query := map[string]any{"indexUid": index, "q": words[i%len(words)], "limit": 25}
		body, err := json.Marshal(map[string]any{"queries": []any{query}})
		if err != nil {
			return Times{}, err
		}
		a, err := engine.send(ctx, "POST", "/multi-search", "application/json", body)
		if err != nil {
			return Times{}, err
		}
		if a.status != 200 {
			return Times{}, fmt.Errorf("the search engine answered %d: %.200s", a.status, a.body)
		}
		took = append(took, a.took)
	}
	return percentiles(took), nil
}
