package reports

import (
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
)

// comparison is how two groups differ, as they are and with one mix of categories for both.
type comparison struct {
	Title   string
	Note    string // what share of the tickets the same mix covers
	Opposed string // that the two columns do not say the same; empty when they may
	Rows    []comparisonRow
	Tests   []string
}

// comparisonRow is one figure of the difference.
type comparisonRow struct {
	Name, Hint          string
	Crude, Standardised cell
}

// comparison gives what there is to compare; nil when there is nothing.
func (w writer) comparison(r report.Report) *comparison {
	c := &comparison{Tests: w.tests(r)}
	d := r.Difference
	if d == nil && len(c.Tests) == 0 {
		return nil
	}
	c.Title = w.T("reports.compare.title")
	if d == nil {
		return c
	}
	names := []any{"first", w.group(r.By, d.First), "second", w.group(r.By, d.Second)}
	c.Title, c.Opposed = w.T("reports.compare.title_two", names...), w.opposed("reports.compare.", r)
	if r.By != report.ByCategory {
		c.Note = w.T("reports.compare.covered", "share", w.share(d.Covered, r.Group(d.First).Tickets+r.Group(d.Second).Tickets), "minimum", report.StratumSize)
	}
	add := func(key string, crude, standardised cell, args ...any) {
		c.Rows = append(c.Rows, comparisonRow{
			Name: w.T("reports.compare."+key+".name", args...), Hint: w.T("reports.compare."+key+".hint", args...), Crude: crude, Standardised: standardised,
		})
	}
	add("median", w.difference(d.Median), w.difference(d.StandardisedMedian))
	add("mean", w.difference(d.Mean), w.difference(d.StandardisedMean), "count", report.MeanDays)
	for i, days := range report.WithinDays() {
		first, second := r.Group(d.First), r.Group(d.Second)
		pair := func(a, b []report.Share) cell {
			if len(a) <= i || len(b) <= i || a[i].Value == nil || b[i].Value == nil {
				return cell{Text: w.T("reports.cell.not_yet"), Faint: true}
			}
			return cell{Text: w.T("reports.compare.pair", "first", w.share(*a[i].Value, first.Tickets), "second", w.share(*b[i].Value, second.Tickets))}
		}
		add("within."+string(r.Measure), pair(first.Within, second.Within), pair(d.StandardisedFirst.Within, d.StandardisedSecond.Within), "count", days)
	}
	return c
}

// difference writes how much longer the second group takes: "0.5 days longer".
func (w writer) difference(t report.Time) cell {
	if t.Seconds == nil {
		return cell{Text: w.T("reports.cell.not_yet"), Faint: true}
	}
	c := cell{Text: w.T("reports.compare.same")}
	switch {
	case *t.Seconds > 0:
		c.Text = w.T("reports.compare.longer", "time", w.span(*t.Seconds))
	case *t.Seconds < 0:
		c.Text = w.T("reports.compare.shorter", "time", w.span(-*t.Seconds))
	}
	if t.Low != nil && t.High != nil {
		c.More = w.around(w.unitOf(*t.Seconds), *t.Low, *t.High)
	}
	return c
}

// around writes the interval of a difference in one unit. It has no signs: on both sides of none it says shorter and longer.
func (w writer) around(u unit, low, high float64) string {
	switch {
	case high <= 0:
		return w.T("reports.interval.between", "low", w.bare(u, -high), "high", w.in(u, -low))
	case low < 0:
		return w.T("reports.compare.either", "low", w.in(u, -low), "high", w.in(u, high))
	}
	return w.T("reports.interval.between", "low", w.bare(u, low), "high", w.in(u, high))
}

// tests tells of the log-rank tests.
func (w writer) tests(r report.Report) (told []string) {
	for _, t := range []struct {
		key  string
		test *survival.Test
	}{{"crude", r.LogRank}, {"stratified", r.Stratified}} {
		if t.test != nil {
			told = append(told, w.T("reports.compare.test."+t.key, "chi2", w.Decimal(t.test.ChiSq, 2), "count", t.test.DF, "p", w.probability(t.test.P)))
		}
	}
	return told
}

// mixRow is how one category's tickets are spread.
type mixRow struct {
	Name  string
	Cells []cell // a group each
}

// mix gives the share that each category has of each group's tickets.
func (w writer) mix(r report.Report) (columns []head, rows []mixRow) {
	if len(r.Mix) == 0 || len(r.Groups) > sideBySide {
		return nil, nil
	}
	for i, f := range r.Groups {
		columns = append(columns, head{Code: class(r.By, i, f.Group), Name: w.group(r.By, f.Group)})
	}
	for _, line := range r.Mix {
		out := mixRow{Name: w.category(line.Code)}
		for i, n := range line.Tickets {
			out.Cells = append(out.Cells, w.mixCell(r, line.Code, r.Groups[i], n))
		}
		rows = append(rows, out)
	}
	return columns, rows
}

// mixCell gives the share that n inquiries of a category are of a group's, and leads to them.
func (w writer) mixCell(r report.Report, category string, f report.Figures, n int) cell {
	if n == 0 {
		return cell{Text: "–", Faint: true}
	}
	q := r.Query
	q.Filter.Category = category
	return cell{
		Text:  w.share(float64(n)/float64(f.Tickets), 0),
		Parts: []link{{w.Number(int64(n)), behind(q, f, report.StateCounted, "")}},
	}
}

// weekRow is the medians of one week.
type weekRow struct {
	Name  string
	Cells []cell
}

// weeks gives the medians of each group week by week, the newest first.
func (w writer) weeks(r report.Report) (rows []weekRow) {
	for i := len(r.Weeks) - 1; i >= 0; i-- {
		week := r.Weeks[i]
		out := weekRow{Name: w.T("reports.week_of", "date", w.ShortDate(week.Begins))}
		for g, n := range week.Tickets {
			f := report.Figures{Group: r.Groups[g].Group, Tickets: n, Withheld: n > 0 && n < report.MinimumSize}
			out.Cells = append(out.Cells, w.time(f, week.Median[g]))
		}
		rows = append(rows, out)
	}
	return rows
}
