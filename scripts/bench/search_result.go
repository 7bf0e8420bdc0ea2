package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/search/relevance"
)

// Relevance is how often what is meant comes first.
type Relevance struct {
	Set     string           `json:"set"`
	Engine  string           `json:"engine"`
	Tickets int              `json:"tickets"`
	Report  relevance.Report `json:"report"`
}

// What every kind of query has to keep to at the largest size, in ms: the in-process search server as people type, and
// PostgreSQL, which stands in, as long as nobody thinks that the page is stuck.
const (
	wantedSearch    = 50.0  // p50
	wantedSearchP95 = 150.0 // p95
	wantedFallback  = 1000.0
	// wantedFilling is how long 100,000 tickets may take until all can be found, seeding included, while the rest of the desk works.
	wantedFilling = 60 * time.Second
)

// judgeSearch holds each engine to what agents need.
func (r *Result) judgeSearch() {
	largest := 0
	for _, row := range r.Rows {
		if row.Part == "search" {
			largest = max(largest, row.Tickets)
		}
	}
	r.judgeSlowest(largest, search.EngineMeilisearch, "p50", wantedSearch, func(t Times) float64 { return t.P50 })
	r.judgeSlowest(largest, search.EngineMeilisearch, "p95", wantedSearchP95, func(t Times) float64 { return t.P95 })
	r.judgeSlowest(largest, search.EnginePostgreSQL, "p99", wantedFallback, func(t Times) float64 { return t.P99 })
	for _, row := range r.Rows {
		if row.Part == "filling" && row.Name == untilSearchable && row.Tickets == 100_000 {
			took := time.Duration(float64(row.Tickets) / row.Value.Median * float64(time.Second))
			r.Goals = append(r.Goals, Goal{
				fmt.Sprintf("100,000 tickets seeded and searchable within %s", wantedFilling), fmt.Sprintf("%.1f s", took.Seconds()), took <= wantedFilling,
			})
		}
	}
	for _, one := range r.Relevance {
		goals := relevance.MeilisearchGoals()
		if one.Engine == search.EnginePostgreSQL {
			goals = relevance.PostgreSQLGoals()
		}
		for _, g := range goals {
			met, got := g.Met(one.Report)
			r.Goals = append(r.Goals, Goal{fmt.Sprintf("%s, %s, %s", one.Set, one.Engine, g), got, met})
		}
	}
}

// judgeSlowest looks at an engine's slowest kind of query by a percentile.
func (r *Result) judgeSlowest(tickets int, engine, percentile string, wanted float64, of func(Times) float64) {
	slowest, name := 0.0, ""
	for _, row := range r.Rows {
		if row.Part == "search" && row.Engine == engine && row.Tickets == tickets && of(*row.Times) > slowest {
			slowest, name = of(*row.Times), row.Name
		}
	}
	if name != "" {
		r.Goals = append(r.Goals, Goal{
			fmt.Sprintf("every kind of search at %d tickets by %s under %.0f ms %s", tickets, engine, wanted, percentile),
			fmt.Sprintf("%.1f ms (%s)", slowest, name), slowest < wanted,
		})
	}
}

// writeRelevance prints the classes with both engines side by side, and below them what was missed.
func (r *Result) writeRelevance(out io.Writer) error {
	var sets []string
	by := map[string]map[string]relevance.Report{}
	for _, one := range r.Relevance {
		if by[one.Set] == nil {
			sets, by[one.Set] = append(sets, one.Set), map[string]relevance.Report{}
		}
		by[one.Set][one.Engine] = one.Report
	}
	for _, set := range sets {
		fmt.Fprintf(out, "\nRelevance, %s: what has to come first, is first (is among the first five)\n", set)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
		fmt.Fprintf(w, "asked\t%s\t%s\t  class\n", engines[0], engines[1])
		for _, class := range append(relevance.Classes(), "") {
			scores := [2]relevance.Score{}
			for i, engine := range engines {
				if class == "" {
					scores[i] = by[set][engine].Total()
				} else {
					scores[i] = by[set][engine].Total(class)
				}
			}
			if asked := max(scores[0].Asked, scores[1].Asked); asked > 0 {
				fmt.Fprintf(w, "%d\t%s\t%s\t  %s\n", asked, share(scores[0]), share(scores[1]), orAll(class))
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		for _, engine := range engines {
			for _, m := range by[set][engine].Misses {
				fmt.Fprintf(out, "  missed by %s: %s (%s), %s\n", engine, m.Shown, m.Class, place(m.At))
			}
		}
	}
	return nil
}

func share(s relevance.Score) string {
	if s.Asked == 0 {
		return "-"
	}
	return fmt.Sprintf("%d (%d)", s.First, s.Five)
}

func place(at int) string {
	if at == 0 {
		return "not among five"
	}
	return fmt.Sprintf("place %d", at)
}

func orAll(class string) string {
	if class == "" {
		return "all"
	}
	return class
}
