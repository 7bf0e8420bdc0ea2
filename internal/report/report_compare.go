package report

import (
	"math"
	"slices"

	"github.com/askwell/askwell/internal/survival"
)

// manyGroups is from how many groups on the tests look at binned times: their cost grows with the square of the groups.
const manyGroups = 7

// compare tests the groups that are shown, crude and within categories, and takes the difference where there are two.
func (r *Report) compare(c *cohort) {
	shown := r.comparable(c)
	if len(shown) < 2 {
		return
	}
	strata := make([][]survival.Curve, len(c.categories))
	var crude []survival.Curve
	for _, g := range shown {
		crude = append(crude, testCurve(g.whole, len(shown)))
		for s := range strata {
			var t *tally
			if s < len(g.strata) {
				t = g.strata[s]
			}
			strata[s] = append(strata[s], testCurve(t, len(shown)))
		}
	}
	r.LogRank = test(survival.LogRank(crude...))
	if r.By != ByCategory {
		r.Stratified = test(survival.LogRankStratified(strata...))
	}
	if len(shown) == 2 {
		r.Difference = r.differ(shown[0], shown[1], strata)
	}
	r.claim()
}

// claim decides what sentences may say: all their claims together are wrong in at most errorBudget of the reports on equal groups.
func (r *Report) claim() {
	const crude, told, trend = 0, 1, 2
	tests := [3]float64{math.NaN(), math.NaN(), math.NaN()}
	if r.LogRank != nil {
		tests[crude] = r.LogRank.P
	}
	d := r.Difference
	if d != nil {
		tests[told] = pOf(d.Told)
	}
	if medians := r.weeklyMedians(); r.By == ByWeek && len(medians) >= TrendWeeks {
		t := survival.MannKendall(medians)
		r.Trend, tests[trend] = &t, t.P
	}
	clear := survival.Holm(errorBudget, tests[:]...)
	r.Clear, r.TrendClear = clear[crude], clear[trend]
	if d != nil {
		d.ToldClear = clear[told]
		d.Opposed = d.ToldClear && side(d.Beside) != side(d.Told)
		d.Hidden = d.Opposed && side(d.Beside) == 0
	}
}

// weeklyMedians are those of a report by week, in order.
func (r *Report) weeklyMedians() (medians []float64) {
	for _, f := range r.Groups {
		if f.Group != GroupAll && f.Median.Seconds != nil {
			medians = append(medians, *f.Median.Seconds)
		}
	}
	return medians
}

// comparable are the groups that are compared: by number those with and without one, else all that are large enough.
func (r *Report) comparable(c *cohort) []*group {
	return slices.DeleteFunc(slices.Clone(c.groups), func(g *group) bool {
		return r.Group(Group(g.name)).Curve.N == 0 || r.By == ByNumber && Group(g.name) == GroupUnusable
	})
}

func testCurve(t *tally, groups int) survival.Curve {
	if groups < manyGroups {
		return t.curve()
	}
	return t.coarse()
}

func test(t survival.Test) *survival.Test {
	if t.DF == 0 || known(t.P, true) == nil {
		return nil
	}
	return &t
}

// differ compares two groups; strata are their curves by category.
func (r *Report) differ(first, second *group, strata [][]survival.Curve) *Difference {
	a, b := r.Group(Group(first.name)), r.Group(Group(second.name))
	median := survival.QuantileDifference(a.Curve.Quantile(0.5), b.Curve.Quantile(0.5))
	mean := survival.MeanDifference(a.Curve.RestrictedMean(r.days(MeanDays)), b.Curve.RestrictedMean(r.days(MeanDays)))
	d := &Difference{First: a.Group, Second: b.Group, Median: difference(median), Mean: difference(mean)}
	if r.By == ByCategory {
		return d
	}
	var parts [2][]survival.Stratum
	covered := 0
	for _, curves := range strata {
		if curves[0].N < StratumSize || curves[1].N < StratumSize {
			continue
		}
		covered += curves[0].N + curves[1].N
		for i, curve := range curves {
			parts[i] = append(parts[i], survival.Stratum{Weight: float64(curves[0].N + curves[1].N), Curve: told(curve, StratumWatched)})
		}
	}
	d.Covered = float64(covered) / float64(a.Tickets+b.Tickets)
	x, y := survival.Standardise(parts[0]...), survival.Standardise(parts[1]...)
	d.StandardisedFirst = Standardised{Median: quantile(x.Quantile(0.5)), Within: r.within(x.At)}
	d.StandardisedSecond = Standardised{Median: quantile(y.Quantile(0.5)), Within: r.within(y.At)}
	sameMedian := survival.QuantileDifference(x.Quantile(0.5), y.Quantile(0.5))
	sameMean := survival.MeanDifference(x.RestrictedMean(r.days(MeanDays)), y.RestrictedMean(r.days(MeanDays)))
	d.StandardisedMedian, d.StandardisedMean = difference(sameMedian), difference(sameMean)
	switch {
	case d.Covered < leastCovered:
	case sameMedian.IntervalKnown:
		d.Told, d.Beside = d.StandardisedMedian, d.Median
	case sameMean.IntervalKnown:
		d.Told, d.Beside, d.ToldMean = d.StandardisedMean, d.Mean, true
	}
	return d
}

// pOf is the p-value of no difference; NaN where there is no interval.
func pOf(t Time) float64 {
	if t.Seconds == nil || t.Low == nil || t.High == nil {
		return math.NaN()
	}
	return survival.Difference{Value: *t.Seconds, Low: *t.Low, High: *t.High, IntervalKnown: true}.P()
}

// side is on which side of none the whole interval of a difference lies: -1, 1, or 0 where it lies on both or is unknown.
func side(t Time) int {
	switch {
	case t.Low != nil && *t.Low > 0:
		return 1
	case t.High != nil && *t.High < 0:
		return -1
	}
	return 0
}
