package report

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// equalWorld is a desk at which the number makes no difference: within a category both groups wait equally long. Each group may ask
// about other things.
type equalWorld struct {
	means []float64 // days, by category
	sizes [2][]int  // tickets by group and category
}

// report is one period of that desk, of inquiries sent over thirty days and known at their end.
func (w equalWorld) report(r *rand.Rand) Report {
	to := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	q := Query{From: to.AddDate(0, 0, -29), To: to, AsOf: to.AddDate(0, 0, 1), Measure: FirstResponse, Clock: ClockWall, By: ByNumber}
	c := newCohort(q, false, 24*60*60, nil)
	const day = 24 * 60 * 60
	for i, name := range []Group{GroupWith, GroupWithout} {
		g := c.groups[c.groupNamed(string(name))]
		for category, n := range w.sizes[i] {
			t := c.tallyAt(&g.strata, int(c.categories.place(fmt.Sprint("category-", category))))
			for range n {
				answered, watched := r.ExpFloat64()*w.means[category]*day, r.Float64()*30*day
				t.add(int64(min(answered, watched)), answered <= watched)
			}
		}
	}
	made := Report{Query: q, Day: 24 * time.Hour, Exact: true}
	made.fill(c)
	return made
}

// On desks without any difference a report claims one in at most 5 of 100: as the times are, with one mix of categories, or that the
// two point different ways. Where the groups ask about different things the times as they are do differ; that claim is true, and the
// others still false. 2,000 desks of each kind; the margin is that of the draw.
func TestEqualGroupsAreCalledEqual(t *testing.T) {
	t.Parallel()
	const worlds = 2000
	for name, sameMix := range map[string]bool{"one mix": true, "different mixes": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			falsely, told := 0, 0
			for i := range uint64(worlds) {
				r := rand.New(rand.NewPCG(17, i))
				w := equalWorld{}
				for range 2 + r.IntN(4) {
					w.means = append(w.means, 0.3+6*r.Float64())
					first, second := 25+r.IntN(175), 25+r.IntN(175)
					if sameMix {
						second = first
					}
					w.sizes[0], w.sizes[1] = append(w.sizes[0], first), append(w.sizes[1], second)
				}
				d := w.report(r)
				if d.Difference == nil {
					t.Fatal("no two groups are compared")
				}
				if d.Difference.Told.Seconds != nil {
					told++
				}
				if d.Difference.ToldClear || d.Difference.Opposed || sameMix && d.Clear {
					falsely++
				}
			}
			t.Logf("%s: %d of %d reports claim a difference, %d tell one with the same mix", name, falsely, worlds, told)
			if share := float64(falsely) / worlds; share > 0.05 {
				t.Errorf("%.1f %% of the reports claim a difference where there is none, want at most 5", 100*share)
			}
			if told < worlds*8/10 {
				t.Errorf("only %d of %d reports tell a difference with the same mix: this shows little", told, worlds)
			}
		})
	}
}
