package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/search/relevance"
)

func searched(name, engine string, tickets int, p50, p95 float64) Row {
	return Row{Part: "search", Name: name, Engine: engine, Tickets: tickets, Unit: "ms", Times: &Times{p50, p95, p95}, Value: spread(p50)}
}

func TestGoalsOfSearch(t *testing.T) {
	t.Parallel()
	var r Result
	r.add(
		searched("one letter", search.EngineMeilisearch, 10, 900, 900), // a smaller desk does not count
		searched("one letter", search.EngineMeilisearch, 100, 49, 149), searched("a phrase", search.EngineMeilisearch, 100, 1, 150),
		searched("one letter", search.EnginePostgreSQL, 100, 51, 1000),
	)
	r.Relevance = []Relevance{{
		Set: "ours", Engine: search.EnginePostgreSQL,
		Report: relevance.Report{Scores: []relevance.Score{
			{Class: relevance.ClassReference, Asked: 4, First: 3, Five: 4}, {Class: relevance.ClassWord, Asked: 4, First: 4, Five: 4},
			{Class: relevance.ClassTypo, Asked: 9},
		}},
	}}
	r.compareSizes("search", []int{10, 100})
	r.judge()
	got := map[string]bool{}
	for _, g := range r.Goals {
		got[g.Name+": "+g.Got] = g.Met
	}
	want := map[string]bool{
		"every kind of search at 100 tickets by meilisearch under 50 ms p50: 49.0 ms (one letter)":                    true,
		"every kind of search at 100 tickets by meilisearch under 150 ms p95: 150.0 ms (a phrase)":                    false,
		"every kind of search at 100 tickets by postgresql under 1000 ms p99: 1000.0 ms (one letter)":                 false,
		"ours, postgresql, identifiers: 100 % come first, 100 % among five: 75 % come first, 100 % among five":        false,
		"ours, postgresql, words without slips: 90 % come first, 95 % among five: 100 % come first, 100 % among five": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if growth := r.Rows[1].Growth; growth < 0.05 || growth > 0.06 {
		t.Errorf("one letter grew by %.3f, want 49/900", growth)
	}
}

func TestTableOfRelevanceHasBothEnginesAndTheMisses(t *testing.T) {
	t.Parallel()
	report := func(first int, misses ...relevance.Miss) relevance.Report {
		return relevance.Report{Scores: []relevance.Score{{Class: relevance.ClassPhrase, Asked: 8, First: first, Five: 7}}, Misses: misses}
	}
	miss := relevance.Miss{Query: relevance.Query{Class: relevance.ClassPhrase, Text: "of somebody's", Shown: "{name} (one)"}, At: 2}
	r := Result{Relevance: []Relevance{
		{Set: "ours", Engine: search.EngineMeilisearch, Report: report(6)}, {Set: "ours", Engine: search.EnginePostgreSQL, Report: report(5, miss)},
	}}
	var out strings.Builder
	if err := r.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"6 (7)", "5 (7)", "phrase", "missed by postgresql: {name} (one) (phrase), place 2"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "somebody") {
		t.Error("the table holds what was put in of an applicant's")
	}
}
