package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPercentiles(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * time.Millisecond
	}
	for name, tc := range map[string]struct {
		times []time.Duration
		want  Times
	}{
		"nothing":      {nil, Times{}},
		"one":          {[]time.Duration{7 * time.Millisecond}, Times{7, 7, 7}},
		"one to 100":   {hundred, Times{50, 95, 99}},
		"two":          {[]time.Duration{20 * time.Millisecond, 10 * time.Millisecond}, Times{10, 20, 20}},
		"microseconds": {[]time.Duration{1500 * time.Microsecond}, Times{1.5, 1.5, 1.5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, percentiles(tc.times)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []float64
		want   Spread
	}{
		"nothing": {nil, Spread{}},
		"odd":     {[]float64{9, 1, 4}, Spread{4, 1, 9}},
		"even":    {[]float64{4, 1, 9, 2}, Spread{3, 1, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, spread(tc.values...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestMedianTimesTakesEachPercentileByItself(t *testing.T) {
	t.Parallel()
	got := medianTimes([]Times{{1, 20, 300}, {3, 10, 100}, {2, 30, 200}})
	if diff := cmp.Diff(Times{2, 20, 200}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
