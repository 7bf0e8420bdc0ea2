package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func list(tickets int, p50, p95 float64) Row {
	return Row{Part: "reads", Name: rowList, Tickets: tickets, Unit: "ms", Times: &Times{p50, p95, p95}, Value: spread(p50)}
}

func accepted(clients int, perSecond, floor float64) Row {
	return Row{
		Part: "intake", Name: rowAccepted, Clients: clients, Unit: "a second", Value: spread(perSecond),
		Floor: &Floor{Name: "pgbench", Value: spread(floor)},
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rows []Row
		want []bool
	}{
		"all met":                 {[]Row{accepted(32, 500, 1000), list(10, 5, 29), list(100, 6, 29.9)}, []bool{true, true, true}},
		"too little is accepted":  {[]Row{accepted(32, 499, 1000)}, []bool{false}},
		"other clients are none":  {[]Row{accepted(8, 1, 1000)}, nil},
		"a slow list":             {[]Row{list(10, 5, 30), list(100, 5, 30)}, []bool{false, true}},
		"a list that grows":       {[]Row{list(10, 5, 6), list(100, 6.1, 8)}, []bool{true, false}},
		"no floor, nothing to do": {[]Row{list(100, 5, 6)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Result
			r.add(tc.rows...)
			r.compareSizes("reads", []int{10, 100})
			r.judge()
			var got []bool
			for _, goal := range r.Goals {
				got = append(got, goal.Met)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTableSaysEveryRowAndItsRatio(t *testing.T) {
	t.Parallel()
	var r Result
	r.ToBeat = rivals
	r.add(accepted(32, 512, 1000), list(100, 5.5, 29))
	r.judge()
	var out strings.Builder
	if err := r.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{rowAccepted + " / pgbench", "0.51", rowList, "29.0", "Libredesk", "Request Tracker", "0.51, met"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

func TestFormToken(t *testing.T) {
	t.Parallel()
	token, err := formToken([]byte(`<form><input type="hidden" name="form_token" value="abc-_1"><input name="name" value="x">`))
	if err != nil || token != "abc-_1" {
		t.Errorf("read %q, %v", token, err)
	}
	for _, page := range []string{``, `<input name="form_token">`, `<input name="form_token" value="abc`, `<input name="form_token" value="">`} {
		if token, err := formToken([]byte(page)); err == nil {
			t.Errorf("read %q in %q", token, page)
		}
	}
}

func TestTheQuestionIsAsLongAsPeoples(t *testing.T) {
	t.Parallel()
	if n := len([]rune(question)); n < 850 || n > 1000 {
		t.Errorf("the question has %d characters; people's have some 900", n)
	}
}
