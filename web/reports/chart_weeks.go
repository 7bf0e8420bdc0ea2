package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/report"
)

// weekChart is a picture of medians week by week, a line a group; in units of its view box.
type weekChart struct {
	Label         string
	Width, Height int
	Left, Right   float64
	Bottom        float64
	AxisTitle     string
	X, Y          []mark
	Lines         []weekLine
}

// weekLine is one group's medians. A week without one is a gap.
type weekLine struct {
	Group, Name string
	Path        string
	Bars        string // the intervals
	NameY       float64
}

const (
	weekWidth, weekHeight = 860, 240
	weekLeft, weekRight   = 56.0, 128.0
	weekTop, weekBottom   = 12.0, 34.0
	leastWeeks            = 3 // fewer are no course of time
)

// weekly gives a report that is compared by week the weeks of all its inquiries together. No picture begins with weeks in which
// nothing was sent.
func weekly(r report.Report) report.Report {
	if r.By == report.ByWeek {
		all := r.Group(report.GroupAll)
		r.By, r.Weeks = report.ByNumber, nil
		for _, f := range r.Groups {
			begins, err := time.ParseInLocation(time.DateOnly, string(f.Group), r.From.Location())
			if err != nil {
				continue // all of them
			}
			for n := len(r.Weeks); n > 0 && r.Weeks[n-1].Begins.AddDate(0, 0, 7).Before(begins); n = len(r.Weeks) {
				r.Weeks = append(r.Weeks, report.Week{Begins: r.Weeks[n-1].Begins.AddDate(0, 0, 7), Tickets: []int{0}, Median: []report.Time{{}}})
			}
			r.Weeks = append(r.Weeks, report.Week{Begins: begins, Tickets: []int{f.Tickets}, Median: []report.Time{f.Median}})
		}
		r.Groups = []report.Figures{all, all} // the one that is drawn, and all inquiries, which never are
	}
	first := slices.IndexFunc(r.Weeks, func(week report.Week) bool { return slices.Max(week.Tickets) > 0 })
	r.Weeks = r.Weeks[max(first, 0):]
	return r
}

// weekChart draws the weeks of a report by number; nil when there is no course of time to show.
func (w writer) weekChart(r report.Report) *weekChart {
	most := 0.0
	known := 0
	for _, week := range r.Weeks {
		for g := range r.Groups[:len(r.Groups)-1] {
			if m := week.Median[g].Seconds; m != nil {
				known++
				most = max(most, *m)
			}
		}
	}
	if len(r.Weeks) < leastWeeks || known < 2*leastWeeks {
		return nil
	}
	marks, u := w.timeMarks(max(most*1.15, minute), 4)
	c := &weekChart{
		Label: w.T("reports.weeks.label." + string(r.Measure)), Width: weekWidth, Height: weekHeight, Left: weekLeft, Right: weekWidth - weekRight,
		Bottom: weekHeight - weekBottom, AxisTitle: w.T("reports.weeks.axis." + u.name),
	}
	top := marks[len(marks)-1]
	y := func(seconds float64) float64 {
		return weekTop + (c.Bottom-weekTop)*(1-min(max(seconds/top, 0), 1))
	}
	x := func(i int) float64 { return weekLeft + (c.Right-weekLeft)*(float64(i)+0.5)/float64(len(r.Weeks)) }
	for _, m := range marks {
		c.Y = append(c.Y, mark{At: place(y(m)), Text: w.Decimal(m/u.seconds, 0)})
	}
	every := (len(r.Weeks) + 7) / 8
	for i := 0; i < len(r.Weeks); i += every {
		c.X = append(c.X, mark{At: place(x(i)), Text: w.ShortDate(r.Weeks[i].Begins)})
	}
	for g, f := range r.Groups[:len(r.Groups)-1] {
		if line, drawn := weekLineOf(r, g, x, y); drawn {
			line.Group, line.Name = class(r.By, g, f.Group), w.group(r.By, f.Group)
			c.Lines = append(c.Lines, line)
		}
	}
	c.apart()
	return c
}

func weekLineOf(r report.Report, g int, x func(int) float64, y func(float64) float64) (line weekLine, drawn bool) {
	var path, bars strings.Builder
	pen := "M"
	for i, week := range r.Weeks {
		m := week.Median[g]
		if m.Seconds == nil {
			pen = "M"
			continue
		}
		at := place(x(i)) + " " + place(y(*m.Seconds))
		path.WriteString(pen + at)
		if pen == "M" {
			path.WriteString("h0") // a week by itself is a dot: the line's end is round
		}
		if m.Low != nil && m.High != nil {
			bars.WriteString("M" + place(x(i)) + " " + place(y(*m.Low)) + "V" + place(y(*m.High)))
		}
		pen, drawn, line.NameY = "L", true, y(*m.Seconds)+4
	}
	line.Path, line.Bars = path.String(), bars.String()
	return line, drawn
}

// apart moves names down that would stand on each other: one pass from the top, so that it ends whatever the coordinates are.
func (c *weekChart) apart() {
	const room = 15
	order := make([]*weekLine, len(c.Lines))
	for i := range c.Lines {
		order[i] = &c.Lines[i]
	}
	slices.SortStableFunc(order, func(a, b *weekLine) int { return cmp.Compare(a.NameY, b.NameY) })
	for i, line := range order[min(1, len(order)):] {
		line.NameY = max(line.NameY, order[i].NameY+room)
	}
}
