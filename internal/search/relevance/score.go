package relevance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Depth is how far down something has to come to be seen at a glance.
const Depth = 5

// Ask gives the keys of the first Depth hits for a text, or more.
type Ask func(ctx context.Context, text string) ([]string, error)

// Score counts the queries of a class.
type Score struct {
	Class string `json:"class"`
	Asked int    `json:"asked"`
	First int    `json:"top_1"` // what had to come first did
	Five  int    `json:"top_5"` // it is among the first five
}

// Miss is a query for which something else came first. At is its place from 1, 0 for not among the first five.
type Miss struct {
	Query
	At int `json:"place"`
}

// Report is how a search did.
type Report struct {
	Scores []Score `json:"scores"` // by class, in the order of Classes
	Misses []Miss  `json:"misses"`
}

// Judge asks every query.
func Judge(ctx context.Context, queries []Query, ask Ask) (Report, error) {
	var r Report
	by := map[string]*Score{}
	for _, q := range queries {
		hits, err := ask(ctx, q.Text)
		if err != nil {
			return r, fmt.Errorf("ask for %s: %w", q.Shown, err)
		}
		if by[q.Class] == nil {
			by[q.Class] = &Score{Class: q.Class}
		}
		at := 1 + slices.IndexFunc(hits[:min(len(hits), Depth)], func(hit string) bool { return slices.Contains(q.First, hit) })
		s := by[q.Class]
		s.Asked++
		switch {
		case at == 1:
			s.First++
			s.Five++
		case at > 0:
			s.Five++
		}
		if at != 1 {
			r.Misses = append(r.Misses, Miss{q, at})
		}
	}
	for _, class := range Classes() {
		if s := by[class]; s != nil {
			r.Scores = append(r.Scores, *s)
		}
	}
	return r, nil
}

// Total adds up the classes that are wanted; all of them for none.
func (r Report) Total(classes ...string) Score {
	var sum Score
	for _, s := range r.Scores {
		if len(classes) == 0 || slices.Contains(classes, s.Class) {
			sum.Asked, sum.First, sum.Five = sum.Asked+s.Asked, sum.First+s.First, sum.Five+s.Five
		}
	}
	return sum
}

// Shares are of what was asked, 0 to 1.
func (s Score) Shares() (first, five float64) {
	if s.Asked == 0 {
		return 0, 0
	}
	return float64(s.First) / float64(s.Asked), float64(s.Five) / float64(s.Asked)
}

// String is a table of the classes and of what was missed.
func (r Report) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "class\tasked\ttop 1\ttop 5")
	for _, s := range append(slices.Clone(r.Scores), r.Total()) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", s.Class, s.Asked, s.First, s.Five)
	}
	for i, m := range r.Misses {
		if i == 0 {
			fmt.Fprintln(w, "\nmissed\tplace\tclass\twhy it should come first")
		}
		place := "-"
		if m.At > 0 {
			place = fmt.Sprint(m.At)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Shown, place, m.Class, m.Why)
	}
	_ = w.Flush() // into memory
	return b.String()
}
