package survival

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func curves(groups ...[]Observation) []Curve {
	var out []Curve
	for _, g := range groups {
		out = append(out, KaplanMeier(g))
	}
	return out
}

// Published: lifelines' and R's test suites, for the two trials and for two sets small enough to follow by hand.
func TestLogRankPublished(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		groups   []Curve
		observed []float64
		expected []float64
		chi2, p  float64
		margin   float64
	}{
		{"6-MP and placebo", curves(sixMP, placebo), []float64{9, 21}, []float64{19.2505, 10.7495}, 16.7929, 4.168e-05, 0.00006},
		{"maintenance", curves(maintained, notMaintained), []float64{7, 11}, []float64{10.69, 7.31}, 3.3964, 0.0653, 0.006},
		{"three and three", curves(weeks(10, 20, 30), weeks(10, 20, 50)), []float64{3, 3}, nil, 0.254237, 0.614107, 0.000001},
		{"with censoring", curves(weeks(10, -20, 30), weeks(10, -20, 50)), []float64{2, 2}, nil, 0.384615, 0.535143, 0.000001},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := LogRank(tt.groups...)
			if diff := cmp.Diff(tt.observed, got.Observed); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.expected, got.Expected, within(tt.margin)); diff != "" && tt.expected != nil {
				t.Errorf("expected (-want +got):\n%s", diff)
			}
			if math.Abs(got.ChiSq-tt.chi2) > tt.margin || math.Abs(got.P-tt.p) > tt.margin || got.DF != 1 {
				t.Errorf("chi-square = %g, p = %g, df = %d, want %g, %g, 1", got.ChiSq, got.P, got.DF, tt.chi2, tt.p)
			}
		})
	}
	if got := LogRank(curves(sixMP, placebo)...).P; math.Abs(got-4.168e-05) > 1e-8 {
		t.Errorf("p of the 6-MP trial = %g, want 4.168e-05", got)
	}
}

func TestLogRankHasAnAnswerAlways(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		groups []Curve
		df     int
	}{
		{"no groups", nil, 0},
		{"one group", curves(sixMP), 0},
		{"two empty groups", make([]Curve, 2), 0},
		{"one of two empty", curves(sixMP, nil), 0},
		{"nothing happened", curves(weeks(-1, -2), weeks(-3)), 0},
		{"never at risk together", curves(weeks(-1), weeks(5, 6)), 0},
		{"one of three empty", curves(sixMP, nil, placebo), 1},
		{"three", curves(sixMP, placebo, maintained), 2},
		{"one each, at the same time", curves(weeks(5), weeks(5)), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := LogRank(tt.groups...)
			if got.DF != tt.df || math.IsNaN(got.ChiSq) || math.IsNaN(got.P) || got.P < 0 || got.P > 1 || tt.df == 0 && got.P != 1 {
				t.Errorf("LogRank = %+v, want %d degrees of freedom", got, tt.df)
			}
		})
	}
	want := LogRank(curves(sixMP, placebo)...)
	if got := LogRank(curves(sixMP, nil, placebo)...); math.Abs(got.ChiSq-want.ChiSq) > 1e-9 {
		t.Errorf("an empty group changes the chi-square to %g from %g", got.ChiSq, want.ChiSq)
	}
	if got := LogRank(curves(placebo, sixMP)...); math.Abs(got.ChiSq-want.ChiSq) > 1e-9 {
		t.Errorf("the order of the groups changes the chi-square to %g from %g", got.ChiSq, want.ChiSq)
	}
}

func TestLogRankStratified(t *testing.T) {
	t.Parallel()
	// Two strata with the same trial: numerator and variance both double, so the chi-square does.
	once := LogRank(curves(sixMP, placebo)...)
	twice := LogRankStratified(curves(sixMP, placebo), curves(sixMP, placebo))
	if math.Abs(twice.ChiSq-2*once.ChiSq) > 1e-9 || twice.DF != 1 || twice.Observed[0] != 18 {
		t.Errorf("two like strata: %+v, want twice %g", twice, once.ChiSq)
	}
	// Group 1 waits longer only because it stands in the slow stratum more often: stratified, nothing is left.
	quick, slow := weeks(1, 2, 3, 4), weeks(101, 102, 103, 104)
	many := append(append([]Observation{}, slow...), slow...)
	crude := LogRank(curves(append(append([]Observation{}, quick...), many...), append(append([]Observation{}, quick...), quick...))...)
	strata := LogRankStratified(curves(quick, append(append([]Observation{}, quick...), quick...)), curves(many, nil))
	if crude.P > 0.05 || strata.P < 0.9 {
		t.Errorf("crude p = %g, stratified p = %g, want a difference that vanishes", crude.P, strata.P)
	}
}
