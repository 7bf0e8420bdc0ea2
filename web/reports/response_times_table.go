package reports

import (
	"slices"
	"strings"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/ticket"
)

// table is what the page shows of the groups: side by side, so that what is to be compared stands in one line, or, when there
// are many, a group a line.
type table struct {
	Columns []head
	Rows    []row
	Many    bool
}

// head is the name of a group or a figure. Code is the style of a group's line.
type head struct{ Code, Name, Hint string }

// row is a figure of every group, or every figure of a group.
type row struct {
	head
	Cells []cell
	half  bool // a median
}

// cell is one figure. More and Parts stand below it, smaller.
type cell struct {
	Text  string
	More  string
	URL   string // the tickets behind it
	Faint bool   // there is no figure
	Parts []link // what it is made of
}

// link is a part of a figure with the tickets behind it.
type link struct{ Text, URL string }

// sideBySide is how many groups fit beside each other.
const sideBySide = 5

// table shows the groups of a report; other is the same report by the other clock, nil when there is none.
func (w writer) table(r report.Report, other *report.Report) table {
	t := table{Many: len(r.Groups) > sideBySide}
	for i, f := range r.Groups {
		t.Columns = append(t.Columns, head{Code: class(r.By, i, f.Group), Name: w.inTable(r.By, f.Group)})
	}
	measure := string(r.Measure)
	line := func(key string, cell func(report.Figures) cell, args ...any) {
		out := row{head: head{Name: w.T("reports.row."+key+".name", args...), Hint: w.T("reports.row."+key+".hint", args...)}, half: strings.HasPrefix(key, "median.") || strings.HasPrefix(key, "other_clock.")}
		for _, f := range r.Groups {
			out.Cells = append(out.Cells, cell(f))
		}
		t.Rows = append(t.Rows, out)
	}
	line("tickets", func(f report.Figures) cell { return w.count(r, f, f.Tickets, report.StateCounted) })
	line("answered."+measure, func(f report.Figures) cell { return w.count(r, f, f.Answered, report.StateAnswered) })
	line("waiting."+measure, func(f report.Figures) cell { return w.count(r, f, f.Waiting, report.StateWaiting) })
	line("excluded", func(f report.Figures) cell { return w.excluded(r, f) })
	line("median."+measure, func(f report.Figures) cell { return w.time(f, f.Median) })
	if other != nil {
		theirs := w.of(*other)
		line("other_clock."+measure+"."+string(other.Clock), func(f report.Figures) cell {
			c := theirs.time(f, other.Group(f.Group).Median)
			if t.Many {
				c.More = "" // there is no room; the report by that clock has it
			}
			return c
		})
	}
	line("p90."+measure, func(f report.Figures) cell { return w.time(f, f.P90) })
	for i, days := range report.WithinDays() {
		line("within."+measure, func(f report.Figures) cell { return w.within(f, f.Within[i]) }, "count", days)
	}
	line("mean."+measure, func(f report.Figures) cell { return w.time(f, f.Mean) }, "count", report.MeanDays)
	if t.Many {
		return t.turned()
	}
	return t
}

// turned exchanges lines and columns. The half comes right after the number of inquiries: on a phone the rest is scrolled to.
func (t table) turned() table {
	out := table{Many: true}
	place := func(i int, r row) int {
		switch {
		case i == 0:
			return 0
		case r.half:
			return 1
		}
		return 2
	}
	var rows [3][]row
	for i, r := range t.Rows {
		rows[place(i, r)] = append(rows[place(i, r)], r)
	}
	t.Rows = slices.Concat(rows[:]...)
	for _, r := range t.Rows {
		out.Columns = append(out.Columns, head{Name: r.Name})
	}
	for i, c := range t.Columns {
		line := row{head: c}
		for _, r := range t.Rows {
			line.Cells = append(line.Cells, r.Cells[i])
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

func (w writer) count(r report.Report, f report.Figures, n int, state report.State) cell {
	c := cell{Text: w.Number(int64(n))}
	if n > 0 {
		c.URL = behind(r.Query, f, state, "")
	}
	return c
}

func (w writer) excluded(r report.Report, f report.Figures) cell {
	c := w.count(r, f, f.ExcludedTotal(), report.StateExcluded)
	for _, reason := range ticket.ExcludedReasons() {
		if n := f.Excluded[reason]; n > 0 {
			c.Parts = append(c.Parts, link{w.T("reports.reason_count."+reason, "count", n), behind(r.Query, f, report.StateExcluded, reason)})
		}
	}
	return c
}

// missing is a cell without a figure, and why.
func (w writer) missing(f report.Figures, reason string) cell {
	switch {
	case f.Tickets == 0:
		return cell{Text: w.T("reports.cell.none"), Faint: true}
	case f.Withheld:
		return cell{Text: w.T("reports.cell.withheld", "minimum", report.MinimumSize), Faint: true}
	}
	return cell{Text: w.T("reports.cell." + reason), Faint: true}
}

func (w writer) time(f report.Figures, t report.Time) cell {
	if t.Seconds != nil {
		return cell{Text: w.span(*t.Seconds), More: w.interval(t)}
	}
	c := w.missing(f, "not_yet")
	if t.Low != nil {
		c.More = w.interval(t)
	}
	return c
}

func (w writer) within(f report.Figures, s report.Share) cell {
	if s.Value == nil {
		return w.missing(f, "not_yet")
	}
	return cell{Text: w.share(*s.Value, f.Tickets), More: w.shareInterval(s, f.Tickets)}
}

// points is a group's curve as figures, one a mark of the picture's axis.
type points struct {
	Name string
	At   []point
}

type point struct {
	Time, Share, Interval, AtRisk string
}

func (w writer) points(r report.Report) []points {
	shown := shownGroups(r)
	if len(shown) == 0 {
		return nil
	}
	marks, u := w.timeMarks(reach(shown), layouts[0].marks)
	var all []points
	for _, f := range shown {
		p := points{Name: w.group(r.By, f.Group)}
		for _, m := range slices.DeleteFunc(slices.Clone(marks), func(m float64) bool { return m == 0 }) {
			s := report.ShareAt(f.Curve, m)
			c := w.within(f, s)
			p.At = append(p.At, point{
				Time: w.whole(u, m), Share: c.Text, Interval: c.More, AtRisk: w.Number(int64(f.Curve.AtRisk(m))),
			})
		}
		all = append(all, p)
	}
	return all
}
