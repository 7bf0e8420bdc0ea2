package reports

import (
	"math"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/report"
)

// flowLayout is what differs between the pictures for a desktop and for a phone.
type flowLayout struct {
	class         string
	width, height float64
	left, right   float64
	days          int     // names on the axis of days, at most
	cell          float64 // height of a line of the map of hours
	hours         int     // between the names on the axis of hours
}

var flowLayouts = []flowLayout{
	{class: "wide", width: 860, height: 240, left: 56, right: 128, days: 8, cell: 22, hours: 3},
	{class: "narrow", width: 360, height: 220, left: 36, right: 8, days: 4, cell: 20, hours: 6},
}

const flowTop, flowBottom = 12.0, 34.0

// dayChart is a picture of arrivals and first responses by day; in units of its view box.
type dayChart struct {
	Class, Label        string
	Width, Height       float64
	Left, Right, Bottom float64
	X, Y                []mark
	Lines               []dayLine
	Note                string
}

type dayLine struct {
	Group, Name, Path string
	NameY             float64
}

func (w writer) dayChart(work report.Workload, l flowLayout) dayChart {
	c := dayChart{
		Class: l.class, Label: w.T("workload.days.label"), Width: l.width, Height: l.height, Left: l.left, Right: l.width - l.right, Bottom: l.height - flowBottom,
	}
	days := work.Days
	if n := len(days); n > 1 && !work.At.Before(days[n-1].Day) && work.At.Before(days[n-1].Day.AddDate(0, 0, 1)) {
		days = days[:n-1] // today is not over: its line would fall to the ground every morning
		c.Note = w.T("workload.days.note")
	}
	most := 1
	for _, d := range days {
		most = max(most, d.Arrivals, d.Responses)
	}
	step := niceStep(most, 4)
	top := step * int(math.Ceil(float64(most)/float64(step)))
	y := func(n int) float64 { return flowTop + (c.Bottom-flowTop)*(1-float64(n)/float64(top)) }
	x := func(i int) float64 { return c.Left + (c.Right-c.Left)*(float64(i)+0.5)/float64(len(days)) }
	for n := 0; n <= top; n += step {
		c.Y = append(c.Y, mark{At: place(y(n)), Text: w.Number(int64(n))})
	}
	every := (len(days) + l.days - 1) / l.days
	for i := 0; i < len(days); i += every {
		c.X = append(c.X, mark{At: place(x(i)), Text: w.T("workload.days.day", "month", w.T("format.short_month."+strconv.Itoa(int(days[i].Day.Month()))), "day", days[i].Day.Day())})
	}
	for _, line := range []struct {
		group, name string
		of          func(report.Flow) int
	}{
		{"series-1", "arrivals", func(f report.Flow) int { return f.Arrivals }},
		{"series-2", "responses", func(f report.Flow) int { return f.Responses }},
	} {
		var path strings.Builder
		for i, d := range days {
			pen := "L"
			if i == 0 {
				pen = "M"
			}
			path.WriteString(pen + place(x(i)) + " " + place(y(line.of(d.Flow))))
		}
		if len(days) == 1 {
			path.WriteString("h0") // a day by itself is a dot: the line's end is round
		}
		last := days[len(days)-1]
		c.Lines = append(c.Lines, dayLine{Group: line.group, Name: w.T("workload.flow." + line.name), Path: path.String(), NameY: y(line.of(last.Flow)) + 4})
	}
	if gap := c.Lines[0].NameY - c.Lines[1].NameY; math.Abs(gap) < 15 {
		lower := 0
		if gap < 0 {
			lower = 1
		}
		c.Lines[lower].NameY = c.Lines[1-lower].NameY + 15
	}
	return c
}

// niceStep is the distance between marks that people count in: 1, 2 or 5 times a power of ten, so that at most so many reach far.
func niceStep(far, most int) int {
	for power := 1; ; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*power*most >= far {
				return n * power
			}
		}
	}
}

// hourMap is a picture of a week, a line a day and a column an hour: the more, the darker.
type hourMap struct {
	Class, Heading, Label string
	Width, Height         float64
	Shades                []shade // a path for each
	X, Y                  []mark
	LeftEnd               float64
	AxisY                 float64
	Most                  string // the fullest hour in words
}

type shade struct {
	Level int
	Path  string
}

func (w writer) hourMap(work report.Workload, l flowLayout, kind string) hourMap {
	of := func(f report.Flow) int { return f.Arrivals }
	if kind == "responses" {
		of = func(f report.Flow) int { return f.Responses }
	}
	m := hourMap{
		Class: l.class, Heading: w.T("workload.hours." + kind), Label: w.T("workload.hours.label." + kind), Width: l.width,
		LeftEnd: l.left, AxisY: 7*l.cell + 18, Height: 7*l.cell + 26,
	}
	most, at := 0, [2]int{}
	for d := range 7 {
		for h := range 24 {
			if n := of(work.Hours[weekday(d)][h]); n > most {
				most, at = n, [2]int{weekday(d), h}
			}
		}
	}
	const gap = 2
	wide := (l.width - l.left) / 24
	paths := make([]strings.Builder, levels+1)
	for d := range 7 {
		m.Y = append(m.Y, mark{At: place(float64(d)*l.cell + l.cell/2 + 4), Text: string([]rune(w.T("format.weekday." + strconv.Itoa(weekday(d))))[:3])})
		for h := range 24 {
			p := &paths[level(of(work.Hours[weekday(d)][h]), most)]
			p.WriteString("M" + place(l.left+float64(h)*wide) + " " + place(float64(d)*l.cell) + "h" + place(wide-gap) + "v" + place(l.cell-gap) + "h-" + place(wide-gap) + "z")
		}
	}
	for i := range paths {
		if paths[i].Len() > 0 {
			m.Shades = append(m.Shades, shade{i, paths[i].String()})
		}
	}
	for h := 0; h < 24; h += l.hours {
		m.X = append(m.X, mark{At: place(l.left + float64(h)*wide), Text: w.T("workload.hours.hour", "hour", h)})
	}
	m.Most = w.T("workload.hours.none")
	if most > 0 {
		m.Most = w.T("workload.hours.most", "count", most, "day", w.T("format.weekday."+strconv.Itoa(at[0])), "from", w.T("workload.hours.hour", "hour", at[1]), "to", w.T("workload.hours.hour", "hour", (at[1]+1)%24))
	}
	return m
}

// weekday is the day of a line of the map: the week begins on Monday.
func weekday(line int) int { return (line + 1) % 7 }
