package survival

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuantileDifference(t *testing.T) {
	t.Parallel()
	full := func(value, low, high float64) Estimate {
		return Estimate{Value: value, Low: low, High: high, Reached: true, LowReached: true, HighReached: true}
	}
	noHigh := full(31, 18, 0)
	noHigh.HighReached = false
	tests := []struct {
		name          string
		first, second Estimate
		want          Difference
	}{
		// By hand: 10 - 4 = 6, give or take the root of 3² + 4².
		{"both ends", full(4, 1, 7), full(10, 5, 13), Difference{6, 1, 11, true, true}},
		{"itself: around nothing", full(4, 1, 7), full(4, 0, 8), Difference{0, -5, 5, true, true}},
		{"an end that is not reached", noHigh, full(40, 30, 50), Difference{Value: 9, Known: true}},
		{"a quantile that is not reached", Estimate{}, full(1, 1, 1), Difference{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, QuantileDifference(tt.first, tt.second), within(1e-12)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// 6-MP against placebo up to 35 weeks, from the published means and errors: 23.2874 (2.8275) and 8.6667 (1.3774).
func TestMeanDifference(t *testing.T) {
	t.Parallel()
	got := MeanDifference(KaplanMeier(placebo).RestrictedMean(35), KaplanMeier(sixMP).RestrictedMean(35))
	err := math.Sqrt(2.8275*2.8275 + 1.3774*1.3774)
	want := Difference{14.6207, 14.6207 - 1.96*err, 14.6207 + 1.96*err, true, true}
	if diff := cmp.Diff(want, got, within(0.0005)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := MeanDifference(KaplanMeier(nil).RestrictedMean(35), KaplanMeier(sixMP).RestrictedMean(35)); got != (Difference{}) {
		t.Errorf("with nothing it is %+v", got)
	}
}
