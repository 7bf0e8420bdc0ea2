package reports

import (
	"slices"
	"strings"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
)

// answer is the report in plain words.
type answer struct {
	Text        string // what happened
	Uncertainty string // how sure that is; may be empty
	Caveat      string // what it does not say
}

// answer tells what a supervisor asked for: the medians of the groups with and without a number, side by side.
func (w writer) answer(r report.Report) answer {
	with, without := r.Group(report.GroupWith), r.Group(report.GroupWithout)
	all := r.Group(report.GroupAll)
	prefix := "reports.answer." + string(r.Measure) + "."
	switch {
	case all.Tickets == 0:
		return answer{}
	case all.Withheld:
		return answer{Text: w.T("reports.answer.few.all", "count", all.Tickets, "minimum", report.MinimumSize)}
	case r.By != report.ByNumber && r.By != "":
		return w.many(r)
	case with.Median.Seconds != nil && without.Median.Seconds != nil:
		return answer{
			Text: join(w.T(prefix+"both", "with", w.span(*with.Median.Seconds), "without", w.span(*without.Median.Seconds)), w.sameMix(r)),
			Uncertainty: join(w.T("reports.answer.intervals", "with", w.interval(with.Median), "without", w.interval(without.Median)),
				w.chance(r)),
			Caveat: w.T("reports.answer.association"),
		}
	case with.Curve.N == 0 && without.Curve.N == 0:
		return answer{Text: join(w.alone(r, all), w.alone(r, with), w.alone(r, without)), Uncertainty: w.alsoFrom(all)}
	}
	told := answer{Text: join(w.alone(r, with), w.alone(r, without))}
	if with.Curve.N > 0 && without.Curve.N > 0 {
		told.Uncertainty, told.Caveat = w.chance(r), w.T("reports.answer.association")
		return told
	}
	for _, f := range []report.Figures{with, without} {
		told.Uncertainty = join(told.Uncertainty, w.alsoFrom(f))
	}
	return told
}

// sameMix tells the difference of the medians with one mix of categories for both groups, and warns when it points the other way.
func (w writer) sameMix(r report.Report) string {
	if r.Difference == nil || r.Difference.StandardisedMedian.Seconds == nil {
		return ""
	}
	c := w.difference(r.Difference.StandardisedMedian)
	key := "reports.answer.same_mix"
	if c.More == "" {
		key = "reports.answer.same_mix_unsure"
	}
	told := w.T(key, "difference", c.Text, "interval", c.More)
	if r.Difference.Opposed {
		told = join(told, w.T("reports.answer.opposed"))
	}
	return told
}

// alone tells of one group by itself.
func (w writer) alone(r report.Report, f report.Figures) string {
	prefix := "reports.answer." + string(r.Measure) + "."
	switch {
	case f.Median.Seconds != nil:
		return w.T(prefix+"half."+string(f.Group), "time", w.span(*f.Median.Seconds))
	case f.Curve.N > 0:
		return w.T(prefix+"not_reached."+string(f.Group), "as_of", w.Date(r.AsOf.In(r.From.Location())))
	case f.Tickets == 0:
		return w.T("reports.answer.no." + string(f.Group))
	}
	return w.T("reports.answer.few."+string(f.Group), "count", f.Tickets, "minimum", report.MinimumSize)
}

func (w writer) alsoFrom(f report.Figures) string {
	if f.Median.Seconds == nil {
		return ""
	}
	return w.T("reports.answer.interval", "interval", w.interval(f.Median))
}

// chance tells how likely the groups would differ like this by chance alone, and what the test within categories says where it
// says something else.
func (w writer) chance(r report.Report) string {
	if r.LogRank == nil {
		return ""
	}
	told := w.T("reports.answer."+verdict(r.LogRank), "p", w.probability(r.LogRank.P))
	if r.Stratified != nil && verdict(r.Stratified) != verdict(r.LogRank) {
		told = join(told, w.T("reports.answer."+verdict(r.Stratified)+"_within", "p", w.probability(r.Stratified.P)))
	}
	return told
}

func verdict(t *survival.Test) string {
	if t.P < 0.05 {
		return "no_chance"
	}
	return "chance"
}

// probability writes p as journals do: two digits, and no more than that it is below a thousandth.
func (w writer) probability(p float64) string {
	switch {
	case p < 0.001:
		return w.T("reports.p_below", "value", w.Fixed(0.001, 3))
	case p < 0.1:
		return w.T("reports.p", "value", w.Fixed(p, 3))
	}
	return w.T("reports.p", "value", w.Fixed(p, 2))
}

// join puts sentences beside each other and leaves out empty ones.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}
