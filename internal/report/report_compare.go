package report

import (
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
	d := &Difference{
		First: a.Group, Second: b.Group,
		Median: difference(survival.QuantileDifference(a.Curve.Quantile(0.5), b.Curve.Quantile(0.5))),
		Mean: difference(survival.MeanDifference(
			a.Curve.RestrictedMean(r.days(MeanDays)), b.Curve.RestrictedMean(r.days(MeanDays)))),
	}
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
			parts[i] = append(parts[i], survival.Stratum{Weight: float64(curves[0].N + curves[1].N), Curve: curve})
		}
	}
	d.Covered = float64(covered) / float64(a.Tickets+b.Tickets)
	x, y := survival.Standardise(parts[0]...), survival.Standardise(parts[1]...)
	d.StandardisedFirst = Standardised{Median: quantile(x.Quantile(0.5)), Within: r.within(x.At)}
	d.StandardisedSecond = Standardised{Median: quantile(y.Quantile(0.5)), Within: r.within(y.At)}
	d.StandardisedMedian = difference(survival.QuantileDifference(x.Quantile(0.5), y.Quantile(0.5)))
	d.StandardisedMean = difference(survival.MeanDifference(x.RestrictedMean(r.days(MeanDays)), y.RestrictedMean(r.days(MeanDays))))
	d.Opposed = opposed(d.Median, d.StandardisedMedian) || opposed(d.Mean, d.StandardisedMean) || r.testsOpposed()
	return d
}

func opposed(crude, standardised Time) bool {
	return crude.Seconds != nil && standardised.Seconds != nil && *crude.Seconds**standardised.Seconds < 0
}

// testsOpposed: in one test the first group has more events than it would without a difference, in the other fewer.
func (r *Report) testsOpposed() bool {
	if r.LogRank == nil || r.Stratified == nil {
		return false
	}
	return (r.LogRank.Observed[0]-r.LogRank.Expected[0])*(r.Stratified.Observed[0]-r.Stratified.Expected[0]) < 0
}
