package reports

import "github.com/askwell/askwell/internal/report"

// many tells of groups that are compared by something else than the number: all together, and which wait shortest and longest.
func (w writer) many(r report.Report) answer {
	all := r.Group(report.GroupAll)
	told := answer{Text: w.alone(r, all), Uncertainty: w.alsoFrom(all)}
	if r.LeftOut > 0 {
		told.Text = join(told.Text, w.T("reports.answer.left_out", "shown", report.MostGroups, "count", r.LeftOut))
	}
	first, last, reached := extremes(r)
	if first == nil || first == last {
		return told
	}
	if r.By == report.ByWeek {
		told.Text = join(told.Text, w.trend(r))
	}
	told.Text = join(told.Text, w.end("shortest", r, *first), w.end("longest", r, *last))
	order := ""
	switch {
	case overlap(first.Median, last.Median), !r.Clear:
		order = w.T("reports.answer.order_unsure")
	case reached > 2:
		order = w.T("reports.answer.order_between")
	}
	told.Uncertainty = join(told.Uncertainty, w.notReached(r), order, w.chance(r))
	told.Caveat = w.T("reports.answer.association")
	return told
}

// extremes are the groups with the shortest and the longest median, and how many have one.
func extremes(r report.Report) (first, last *report.Figures, reached int) {
	for i := range r.Groups {
		f := &r.Groups[i]
		if f.Group == report.GroupAll || f.Median.Seconds == nil {
			continue
		}
		reached++
		if first == nil || *f.Median.Seconds < *first.Median.Seconds {
			first = f
		}
		if last == nil || *f.Median.Seconds > *last.Median.Seconds {
			last = f
		}
	}
	return first, last, reached
}

func (w writer) end(which string, r report.Report, f report.Figures) string {
	return w.T("reports.answer."+which, "group", w.group(r.By, f.Group), "time", w.span(*f.Median.Seconds), "interval", w.interval(f.Median))
}

// overlap reports whether two intervals share a value. One without an end has no bound there.
func overlap(a, b report.Time) bool {
	below := func(low, high *float64) bool { return low == nil || high == nil || *low <= *high }
	return below(a.Low, b.High) && below(b.Low, a.High)
}

// notReached tells of groups without a median yet: they may wait longer than the longest that is told.
func (w writer) notReached(r report.Report) string {
	n, name := 0, ""
	for _, f := range r.Groups {
		if f.Group != report.GroupAll && f.Curve.N > 0 && f.Median.Seconds == nil {
			n, name = n+1, w.group(r.By, f.Group)
		}
	}
	if n == 0 {
		return ""
	}
	return w.T("reports.answer.not_reached_yet", "count", n, "group", name)
}

// trend tells whether later weeks wait longer or shorter than earlier ones.
func (w writer) trend(r report.Report) string {
	if r.Trend == nil {
		return w.T("reports.answer.trend.few", "minimum", report.TrendWeeks)
	}
	key := "none"
	switch {
	case r.TrendClear && r.Trend.S < 0:
		key = "shorter"
	case r.TrendClear:
		key = "longer"
	}
	return w.T("reports.answer.trend."+key, "p", w.probability(r.Trend.P))
}
