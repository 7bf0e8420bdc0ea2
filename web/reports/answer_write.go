package reports

import (
	"slices"
	"strings"

	"github.com/askwell/askwell/internal/report"
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

// sameMix tells the difference with one mix of categories for both groups, and warns when the times as they are do not show it.
func (w writer) sameMix(r report.Report) string {
	if r.Difference == nil || r.Difference.Told.Seconds == nil {
		return ""
	}
	key := "reports.answer.same_mix"
	if r.Difference.ToldMean {
		key += "_mean"
	}
	if !r.Difference.ToldClear {
		key += "_unclear"
	}
	return join(w.T(key, w.told(r)...), w.opposed("reports.answer.", r))
}

// opposed warns when the times as they are do not show, or turn round, what one mix of categories shows. Empty otherwise.
func (w writer) opposed(prefix string, r report.Report) string {
	switch d := r.Difference; {
	case !d.Opposed:
		return ""
	case d.Hidden:
		return w.T(prefix+"hidden", w.told(r)...)
	}
	return w.T(prefix+"opposed", w.told(r)...)
}

// told are the words for the standardised difference: how large, how sure, and of how many.
func (w writer) told(r report.Report) []any {
	d := r.Difference
	c := w.difference(d.Told)
	tickets := r.Group(d.First).Tickets + r.Group(d.Second).Tickets
	return []any{"difference", c.Text, "interval", c.More, "covered", w.share(d.Covered, tickets), "days", report.MeanDays}
}

// alone tells of one group by itself.
func (w writer) alone(r report.Report, f report.Figures) string {
	prefix := "reports.answer." + string(r.Measure) + "."
	switch {
	case f.Median.Seconds != nil:
		return w.T(prefix+"half."+string(f.Group), "time", w.span(*f.Median.Seconds))
	case f.Curve.N > 0 && 2*f.Answered >= f.Tickets: // not watched for long enough to say
		return w.T(prefix + "not_known." + string(f.Group))
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

// chance tells whether the groups would differ like this by chance alone.
func (w writer) chance(r report.Report) string {
	if r.LogRank == nil {
		return ""
	}
	key := "reports.answer.chance"
	if r.Clear {
		key = "reports.answer.no_chance"
	}
	return w.T(key, "p", w.probability(r.LogRank.P))
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
