package survival

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// admissions are Berkeley's of 1973 by department (R's UCBAdmissions): admitted and rejected men, admitted and rejected women.
var admissions = [][4]int{
	{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317},
}

// outcome is a curve on which those admitted have their event at 1.
func outcome(admitted, rejected int) Curve {
	return FromCounts([]Count{{Time: 2, Censored: rejected}, {Time: 1, Events: admitted}})
}

// More men than women were admitted, and in the same mix of departments fewer: the directly standardised rates.
func TestStandardisedSharesOfBerkeley(t *testing.T) {
	t.Parallel()
	for sex, want := range []float64{0.387319, 0.429955} {
		var strata []Stratum
		variance := 0.0
		all := 0
		for _, d := range admissions {
			all += d[0] + d[1] + d[2] + d[3]
		}
		for _, d := range admissions {
			admitted, rejected := d[2*sex], d[2*sex+1]
			weight := float64(d[0] + d[1] + d[2] + d[3])
			strata = append(strata, Stratum{weight, outcome(admitted, rejected)})
			n, p := float64(admitted+rejected), float64(admitted)/float64(admitted+rejected)
			variance += math.Pow(weight/float64(all), 2) * p * (1 - p) / n // Greenwood's is the binomial one without censoring
		}
		got := Standardise(strata...).At(1)
		if math.Abs(1-got.Value-want) > 0.0000005 {
			t.Errorf("sex %d: standardised rate %.6f, want %.6f", sex, 1-got.Value, want)
		}
		if math.Abs(got.StdErr-math.Sqrt(variance)) > 1e-12 {
			t.Errorf("sex %d: its error %g, want %g", sex, got.StdErr, math.Sqrt(variance))
		}
	}
	crude := []float64{0.445188, 0.303542}
	for sex, want := range crude {
		admitted, rejected := 0, 0
		for _, d := range admissions {
			admitted, rejected = admitted+d[2*sex], rejected+d[2*sex+1]
		}
		if got := 1 - outcome(admitted, rejected).At(1).Value; math.Abs(got-want) > 0.0000005 {
			t.Errorf("sex %d: crude rate %.6f, want %.6f", sex, got, want)
		}
	}
}

// One stratum is the group itself, whatever its weight.
func TestStandardiseOneStratum(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]Observation{"6-MP": sixMP, "placebo": placebo, "maintained": maintained} {
		want := KaplanMeier(in)
		got := Standardise(Stratum{3, want}, Stratum{0, KaplanMeier(nil)})
		for _, p := range []float64{0.25, 0.5, 0.9} {
			if diff := cmp.Diff(want.Quantile(p), got.Quantile(p), within(1e-9)); diff != "" {
				t.Errorf("%s, quantile %g (-want +got):\n%s", name, p, diff)
			}
		}
		for _, at := range []float64{0, 5, 8, 13, 40} {
			if diff := cmp.Diff(want.At(at), got.At(at), within(1e-9)); diff != "" {
				t.Errorf("%s at %g (-want +got):\n%s", name, at, diff)
			}
		}
		if diff := cmp.Diff(want.RestrictedMean(20), got.RestrictedMean(20), within(1e-9)); diff != "" {
			t.Errorf("%s, mean (-want +got):\n%s", name, diff)
		}
	}
}

func TestStandardiseEdges(t *testing.T) {
	t.Parallel()
	none := KaplanMeier(nil)
	for name, s := range map[string]Standardised{
		"nothing": Standardise(), "a stratum without observations": Standardise(Stratum{1, none}, Stratum{1, KaplanMeier(placebo)}),
		"no weight": Standardise(Stratum{0, KaplanMeier(placebo)}), "a weight that is none": Standardise(Stratum{math.NaN(), KaplanMeier(placebo)}),
	} {
		if q, m, at := s.Quantile(0.5), s.RestrictedMean(10), s.At(1); q.Reached || m.Known || at.Known {
			t.Errorf("%s: %+v %+v %+v", name, q, m, at)
		}
	}
	// Half of the mixture waits 2 and half waits 4 or, unknown, longer than 5: what lies beyond 5 is not known.
	s := Standardise(Stratum{1, KaplanMeier(weeks(2, 2))}, Stratum{1, KaplanMeier(weeks(4, -5))})
	for at, want := range map[float64]Share{1: {Value: 1, Known: true}, 2: {Value: 0.5, Known: true}, 4: {Value: 0.25, Known: true}, 6: {Value: 0.25}} {
		if got := s.At(at); got.Value != want.Value || got.Known != want.Known {
			t.Errorf("at %g: %+v, want %+v", at, got, want)
		}
	}
	if q := s.Quantile(0.5); q.Value != 3 || !q.Reached {
		t.Errorf("the median is %+v, want 3, the middle of 2 and 4", q)
	}
}
