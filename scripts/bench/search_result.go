package main

import (
	"fmt"
	"io"
	"text/tabwriter"

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

// What the in-process search server has to do at its largest: every kind of query, in ms.
const (
	wantedSearch    = 50.0 // p50
	wantedSearchP95 = 150.0
)

// judgeSearch holds each engine to what agents need.
func (r *Result) judgeSearch() {
	largest := 0
	for _, row := range r.Rows {
		if row.Part == "search" {
			largest = max(largest, row.Tickets)
		}
	}
	for _, engine := range engines {
		var slowest, slowestP95 Row
		for _, row := range r.Rows {
			if row.Part != "search" || row.Engine != engine || row.Tickets != largest {
				continue
			}
			if slowest.Times == nil || row.Times.P50 > slowest.Times.P50 {
				slowest = row
			}
			if slowestP95.Times == nil || row.Times.P95 > slowestP95.Times.P95 {
				slowestP95 = row
			}
		}
		if slowest.Times != nil {
			r.Goals = append(r.Goals,
				Goal{
					fmt.Sprintf("every kind of search at %d tickets by %s under %.0f ms p50", largest, engine, wantedSearch),
					fmt.Sprintf("%.1f ms (%s)", slowest.Times.P50, slowest.Name), slowest.Times.P50 < wantedSearch,
				},
				Goal{
					fmt.Sprintf("every kind of search at %d tickets by %s under %.0f ms p95", largest, engine, wantedSearchP95),
					fmt.Sprintf("%.1f ms (%s)", slowestP95.Times.P95, slowestP95.Name), slowestP95.Times.P95 < wantedSearchP95,
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
