package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
)

// chart is a picture of the share answered over time, with its band and the numbers at risk below; in units of its view box.
type chart struct {
	Class         string // wide or narrow: the page shows the one that fits
	Label         string // what a screen reader says instead
	Width, Height int
	Left, Right   float64 // the plot's edges
	Top, Bottom   float64
	AxisTitle     string
	AxisTitleY    float64
	RiskTitle     string
	RiskTitleY    float64
	X, Y          []mark
	Curves        []drawn
	Middle        float64 // the height of one half
}

// mark is a tick of an axis.
type mark struct{ At, Text string }

// drawn is one group in the picture.
type drawn struct {
	Group      string // the style of its line
	Name       string
	Line, Band string  // paths
	Leader     string  // from the end of the line to its name
	NameY      float64 // the name stands at the right edge
	RiskY      float64
	RiskNameY  float64
	AtRisk     []mark
}

// layout is what differs between the pictures.
type layout struct {
	class                    string
	width, height            int // of the plot and its margins, without the numbers at risk
	left, right, top, bottom float64
	marks                    int
	riskLine                 float64 // height of a line of the numbers at risk
	riskNameAbove            bool    // the group's name has a line of its own above its numbers
	short                    bool    // short names at the curves
}

var layouts = []layout{
	{class: "wide", width: 860, height: 340, left: 132, right: 128, top: 12, bottom: 44, marks: 7, riskLine: 20},
	{class: "narrow", width: 360, height: 290, left: 40, right: 76, top: 10, bottom: 44, marks: 4, riskLine: 17, riskNameAbove: true, short: true},
}

// corners is how many corners of a curve are drawn: more than a screen has points for.
const corners = 400

// mostCurves is how many an eye can tell apart.
const mostCurves = 6

// shownGroups are the groups with a curve, the first of them when there are many, or all inquiries when each of them is too small.
// Weeks are no lines to compare: they have a picture of their own.
func shownGroups(r report.Report) []report.Figures {
	var shown []report.Figures
	for _, f := range r.Groups {
		if f.Curve.N > 0 && f.Group != report.GroupAll && r.By != report.ByWeek && len(shown) < mostCurves {
			shown = append(shown, f)
		}
	}
	if all := r.Group(report.GroupAll); len(shown) == 0 && all.Curve.N > 0 {
		shown = append(shown, all)
	}
	return shown
}

// charts draws the report once for each layout; none when nothing may be shown.
func (w writer) charts(r report.Report) []chart {
	shown := shownGroups(r)
	if len(shown) == 0 {
		return nil
	}
	far := reach(shown)
	var all []chart
	for _, l := range layouts {
		all = append(all, w.draw(r, shown, far, l))
	}
	return all
}

func (w writer) draw(r report.Report, shown []report.Figures, far float64, l layout) chart {
	marks, u := w.timeMarks(far, l.marks)
	end := marks[len(marks)-1]
	c := chart{
		Class: l.class, Width: l.width, Left: l.left, Right: float64(l.width) - l.right, Top: l.top, Bottom: float64(l.height) - l.bottom,
		AxisTitle: w.T("reports.chart.axis." + u.name), RiskTitle: w.T("reports.chart.at_risk." + string(r.Measure)),
		Label: w.T("reports.chart.label." + string(r.Measure)),
	}
	s := scale{left: c.Left, width: c.Right - c.Left, top: c.Top, height: c.Bottom - c.Top, end: end}
	c.AxisTitleY, c.Middle = c.Bottom+36, s.y(0.5)
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		c.Y = append(c.Y, mark{At: place(s.y(share)), Text: w.Percent(share, 0)})
	}
	for _, m := range marks {
		c.X = append(c.X, mark{At: place(s.x(m)), Text: w.Decimal(m/u.seconds, 0)})
	}
	c.RiskTitleY = float64(l.height) + 14
	line := c.RiskTitleY
	for i, f := range shown {
		d := s.curve(f)
		d.Group, d.Name = class(r.By, i, f.Group), w.group(r.By, f.Group)
		if l.short || len([]rune(d.Name)) > 18 {
			d.Name = w.short(r.By, f.Group)
		}
		line += l.riskLine
		d.RiskNameY = line
		if l.riskNameAbove {
			line += l.riskLine - 2
		}
		d.RiskY = line
		for _, m := range marks {
			d.AtRisk = append(d.AtRisk, mark{At: place(s.x(m)), Text: w.Number(int64(f.Curve.AtRisk(m)))})
		}
		c.Curves = append(c.Curves, d)
	}
	c.Height = int(line) + 12
	s.name(c.Curves, shown, c.Right)
	return c
}

// scale turns seconds and shares into places.
type scale struct{ left, width, top, height, end float64 }

func (s scale) x(seconds float64) float64 { return s.left + s.width*min(seconds/s.end, 1) }
func (s scale) y(share float64) float64   { return s.top + s.height*(1-share) }

// curve draws the steps of one group as far as it is known and the picture goes.
func (s scale) curve(f report.Figures) drawn {
	points := f.Curve.Points(corners)
	inside := len(points)
	for i, p := range points {
		if p.Time > s.end {
			inside = i
			break
		}
	}
	points = points[:inside]
	last := min(f.Curve.End(), s.end)
	var line, upper, lower strings.Builder
	s.steps(&line, points, last, func(p survival.Point) float64 { return 1 - p.Survival })
	s.steps(&upper, points, last, func(p survival.Point) float64 { return 1 - p.Low })
	s.back(&lower, points, last, func(p survival.Point) float64 { return 1 - p.High })
	return drawn{Line: "M" + line.String(), Band: "M" + upper.String() + lower.String() + "Z"}
}

// steps goes right and up from corner to corner.
func (s scale) steps(b *strings.Builder, points []survival.Point, last float64, share func(survival.Point) float64) {
	for i, p := range points {
		if i == 0 {
			b.WriteString(place(s.x(p.Time)) + " " + place(s.y(share(p))))
			continue
		}
		b.WriteString("H" + place(s.x(p.Time)) + "V" + place(s.y(share(p))))
	}
	b.WriteString("H" + place(s.x(last)))
}

// back is steps from right to left.
func (s scale) back(b *strings.Builder, points []survival.Point, last float64, share func(survival.Point) float64) {
	b.WriteString("H" + place(s.x(last)))
	for i := range points {
		p := points[len(points)-1-i]
		b.WriteString("V" + place(s.y(share(p))) + "H" + place(s.x(p.Time)))
	}
}

// name puts the groups' names at the right edge, each near the end of its line and none on another.
func (s scale) name(curves []drawn, shown []report.Figures, right float64) {
	const room = 16
	order := make([]int, len(curves))
	ends := make([]float64, len(curves))
	for i, f := range shown {
		order[i] = i
		ends[i] = s.y(1 - f.Curve.At(min(f.Curve.End(), s.end)).Value)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ends[a], ends[b]) })
	at := s.top + 4
	for k, i := range order {
		below := float64(len(order) - 1 - k)
		at = max(at, min(ends[i], s.top+s.height-below*room))
		curves[i].NameY = at
		from := s.x(min(shown[i].Curve.End(), s.end))
		curves[i].Leader = "M" + place(from) + " " + place(ends[i]) + "L" + place(right+8) + " " + place(at)
		at += room
	}
}

// place writes a coordinate to a tenth.
func place(v float64) string { return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") }
