package relevance

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValuesAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, how, want string }{
		{"271828182898", "dashes", "2718-2818-2898"},
		{"271828182898", "spaces", "2718 2818 2898"},
		{"271828182898", "wide", "２７１８２８１８２８９８"},
		{"IOE0271828182", "spaces", "IOE 027 182 818 2"},
		{"IOE0271828182", "lower", "ioe0271828182"},
		{"A057721566", "dashes", "A-057-721-566"},
		{"A057721566", "digits", "57721566"},
		{"ASK-7F3K-92QD", "bare", "ask7f3k92qd"},
		{"ASK-7F3K-92QD", "spaces", "ASK 7F3K 92QD"},
		{"Łukasz Wróblewski", "plain", "Lukasz Wroblewski"},
		{"Iñaki Etxeberria Goñi", "turned", "Goñi Iñaki Etxeberria"},
		{"Iñaki Etxeberria Goñi", "unfinished", "Iñaki Etxeberria Goñi"},
		{"Zoë Ólafsdóttir", "unfinished", "Zoë Ólaf"},
		{"Zoë Ólafsdóttir", "last", "Olafsdottir"},
		{"Wanjirũ Kamau", "slip", "Wanijrũ Kamau"},
		{"one two three four five", "half", "one two three"},
	} {
		if got, err := written(c.value, c.how); err != nil || got != c.want {
			t.Errorf("%s of %q is %q (%v), want %q", c.how, c.value, got, err, c.want)
		}
	}
	if _, err := written("x", "backwards"); err == nil {
		t.Error("an unknown way to write passes")
	}
}

// The queries of both sets stay as many as were promised, and none of them names what its set does not hold.
func TestPlantedQueriesAreWhole(t *testing.T) {
	t.Parallel()
	set, err := Planted()
	if err != nil {
		t.Fatal(err)
	}
	references := map[string]string{}
	for i, in := range set.inquiries {
		references[in["id"]] = "ASK-" + strings.Repeat("A", i+1)
	}
	queries, err := set.Queries(references)
	if err != nil {
		t.Fatal(err)
	}
	if len(queries) < 60 || set.Size() < 40 {
		t.Errorf("%d queries over %d tickets, want 60 over 40", len(queries), set.Size())
	}
	asked := map[string]bool{}
	for _, q := range queries {
		asked[q.Class] = true
		if strings.ContainsAny(q.Text, "{}") {
			t.Errorf("%q is not filled in", q.Text)
		}
	}
	for _, class := range Classes() {
		if !asked[class] {
			t.Errorf("no query of the class %q", class)
		}
	}
	delete(references, "goat")
	if _, err := set.Queries(references); err == nil {
		t.Error("a ticket that was not opened is asked for")
	}
}

func TestJudgeCountsPlaces(t *testing.T) {
	t.Parallel()
	queries := []Query{
		{Class: ClassWord, Text: "first", First: []string{"a", "b"}}, {Class: ClassWord, Text: "third", First: []string{"c"}},
		{Class: ClassWord, Text: "sixth", First: []string{"f"}}, {Class: ClassPhrase, Text: "none", First: []string{"x"}},
	}
	answers := map[string][]string{
		"first": {"b"}, "third": {"a", "b", "c"}, "sixth": {"a", "b", "c", "d", "e", "f"}, "none": nil,
	}
	r, err := Judge(t.Context(), queries, func(_ context.Context, text string) ([]string, error) { return answers[text], nil })
	if err != nil {
		t.Fatal(err)
	}
	want := []Score{{ClassWord, 3, 1, 2}, {ClassPhrase, 1, 0, 0}}
	if diff := cmp.Diff(want, r.Scores); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var places []int
	for _, m := range r.Misses {
		places = append(places, m.At)
	}
	if diff := cmp.Diff([]int{3, 0, 0}, places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if met, got := (Goal{Classes: []string{ClassWord}, First: 0.33, Five: 0.67}).Met(r); met || got != "33 % come first, 67 % among five" {
		t.Errorf("a goal of 67 %% is met by %s", got)
	}
	away := errors.New("away")
	if _, err := Judge(t.Context(), queries, func(context.Context, string) ([]string, error) { return nil, away }); !errors.Is(err, away) {
		t.Errorf("an engine that is away gives %v", err)
	}
}
