package survival

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// One answered of 24 that were watched for a short time only: nothing can be said of when half are answered, or of a mean.
func TestATailOfOneTellsNothing(t *testing.T) {
	t.Parallel()
	hours := make([]float64, 0, 24)
	for i := range 23 {
		hours = append(hours, -(float64(i)+1)/24)
	}
	c := KaplanMeier(weeks(append(hours, 2)...))
	if e := c.Quantile(0.5); !e.Reached || e.Value != 2 {
		t.Fatalf("the whole curve has the median %+v, want 2: this tests nothing", e)
	}
	c = c.WhileWatched(10)
	if e := c.Quantile(0.5); e.Reached || e.LowReached {
		t.Errorf("median %+v of a curve whose end one ticket makes", e)
	}
	if s := c.At(2); s.Known {
		t.Errorf("share %+v known at a time at which one is watched", s)
	}
	if m := c.RestrictedMean(2); m.Known {
		t.Errorf("mean %+v known beyond the time at which ten are watched", m)
	}
	// 10 are still watched at 15/24: the nine that were censored from then on, and the one that was answered.
	if want := 15.0 / 24; math.Abs(c.End()-want) > 1e-9 {
		t.Errorf("told until %g, want %g", c.End(), want)
	}
	if got := c.AtRisk(2); got != 1 {
		t.Errorf("%d at risk at the end, want 1: how many are watched is told as long as anybody is", got)
	}
}

// Without censoring everybody is watched to the end, and the curve is a plain share.
func TestWhoeverIsAnsweredWasWatched(t *testing.T) {
	t.Parallel()
	all := make([]float64, 24)
	for i := range all {
		all[i] = float64(i + 1)
	}
	c := KaplanMeier(weeks(all...)).WhileWatched(10)
	if e := c.Quantile(0.9); !e.Reached || e.Value != 22 {
		t.Errorf("nine in ten of 1 to 24: %+v, want 22", e)
	}
	if s := c.At(30); !s.Known || s.Value != 0 {
		t.Errorf("share after the last: %+v, want 0", s)
	}
	if got := KaplanMeier(weeks(1, 2, 3)).WhileWatched(10); got.End() != 0 || got.At(1).Known {
		t.Errorf("three tell something until %g", got.End())
	}
}

// In groups from 20 on, the intervals that small groups get hold the truth in 93 to 97 of 100, and where they are told only while ten
// are watched, a false one is told no oftener.
func TestSmallGroupsKeepTheirLevel(t *testing.T) {
	t.Parallel()
	const cohorts, limit = 4000, 2
	w := world{mean: 2, horizon: 30}
	for _, n := range []int{20, 30, 50, 99} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(n), 9))
			held, of, falsely := map[string]int{}, map[string]int{}, map[string]int{}
			note := func(name string, known bool, low, high, truth float64, told bool) {
				if !known {
					return
				}
				of[name]++
				if low <= truth && truth <= high {
					held[name]++
				} else if told {
					falsely[name]++
				}
			}
			for range cohorts {
				c := KaplanMeier(w.observe(r, n)).With(LogLog)
				told := c.WhileWatched(10)
				q, high := c.Quantile(0.5), math.Inf(1)
				if q.HighReached {
					high = q.High
				}
				note("median", q.Reached, q.Low, high, w.median(), told.Quantile(0.5).Reached)
				s := c.At(limit)
				note("share", s.Known, s.Low, s.High, math.Exp(-limit/w.mean), told.At(limit).Known)
				m := c.RestrictedMean(limit)
				note("restricted mean", m.Known, m.Low, m.High, w.restricted(limit), told.RestrictedMean(limit).Known)
			}
			for name, known := range of {
				if share := float64(held[name]) / float64(known); share < 0.93 || share > 0.97 || known < cohorts*9/10 {
					t.Errorf("%s: of %d intervals %.1f %% hold the truth, want 93 to 97", name, known, 100*share)
				}
				if share := float64(falsely[name]) / cohorts; share > 0.07 {
					t.Errorf("%s: a false interval is told in %.1f %%, want at most 7", name, 100*share)
				}
			}
			if len(of) != 3 {
				t.Errorf("figures %v", of)
			}
		})
	}
}
