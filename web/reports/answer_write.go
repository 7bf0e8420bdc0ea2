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
		return answer{Text: join(w.alone(r, all), w.ends(r)), Uncertainty: join(w.alsoFrom(all), w.chance(r)), Caveat: w.T("reports.answer.association")}
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

// ends tells which groups wait shortest and longest.
func (w writer) ends(r report.Report) string {
	var first, last *report.Figures
	for i := range r.Groups {
		f := &r.Groups[i]
		if f.Group == report.GroupAll || f.Median.Seconds == nil {
			continue
		}
		if first == nil || *f.Median.Seconds < *first.Median.Seconds {
			first = f
		}
		if last == nil || *f.Median.Seconds > *last.Median.Seconds {
			last = f
		}
	}
	if first == last {
		return ""
	}
	return w.T("reports.answer.ends", "first", w.group(r.By, first.Group), "soon", w.span(*first.Median.Seconds),
		"last", w.group(r.By, last.Group), "late", w.span(*last.Median.Seconds))
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

// chance tells how likely the groups would differ like this by chance alone.
func (w writer) chance(r report.Report) string {
	if r.LogRank == nil {
		return ""
	}
	key := "reports.answer.chance"
	if r.LogRank.P < 0.05 {
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
