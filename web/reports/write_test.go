package reports

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
	"github.com/askwell/askwell/web/messages"
)

func english(t testing.TB) writer {
	t.Helper()
	catalog, err := messages.Load(os.DirFS("../messages"))
	if err != nil {
		t.Fatal(err)
	}
	return writer{Printer: catalog.For("en")}
}

func number(v float64) *float64 { return &v }

func TestSpan(t *testing.T) {
	t.Parallel()
	w := english(t)
	for seconds, want := range map[float64]string{
		0: "0 minutes", 1: "1 second", 59.4: "59 seconds", 60: "1 minute", 45 * 60: "45 minutes", 3600: "1.0 hours",
		72084: "20.0 hours", 86400: "1.0 days", 1.94 * 86400: "1.9 days", 518377.5: "6.0 days", 99.96 * 86400: "100 days",
		1500 * 86400: "1,500 days",
	} {
		if got := w.span(seconds); got != want {
			t.Errorf("%v seconds: %q, want %q", seconds, got, want)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	w := english(t)
	for name, c := range map[string]struct {
		in   report.Time
		want string
	}{
		"in the unit of the value": {report.Time{Seconds: number(90000), Low: number(70000), High: number(100000)}, "0.8 to 1.2 days"},
		"open above":               {report.Time{Seconds: number(90000), Low: number(70000)}, "19.4 hours or more"},
		"of a time not reached":    {report.Time{Low: number(172800)}, "2.0 days or more"},
		"unknown":                  {report.Time{Seconds: number(90000)}, "no interval"},
	} {
		if got := w.interval(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestShareIsNeverRoundedToAllOrNothing(t *testing.T) {
	t.Parallel()
	w := english(t)
	for _, c := range []struct {
		share   float64
		tickets int
		want    string
	}{
		{0, 50, "0%"}, {1, 50, "100%"}, {0.999, 50, "99%"}, {0.0001, 50, "1%"}, {0.9999, 5000, "99.9%"}, {0.4321, 999, "43%"},
		{0.4321, 1000, "43.2%"},
	} {
		if got := w.share(c.share, c.tickets); got != c.want {
			t.Errorf("%v of %d: %q, want %q", c.share, c.tickets, got, c.want)
		}
	}
}

func TestTimeMarks(t *testing.T) {
	t.Parallel()
	w := english(t)
	for name, c := range map[string]struct {
		far  float64
		most int
		want []float64
		unit string
	}{
		"minutes":                          {5 * minute, 7, []float64{0, 60, 120, 180, 240, 300}, "minute"},
		"hours":                            {20 * hour, 4, []float64{0, 6 * hour, 12 * hour, 18 * hour, 24 * hour}, "hour"},
		"days":                             {8 * day, 7, []float64{0, 2 * day, 4 * day, 6 * day, 8 * day}, "day"},
		"days rather than dozens of hours": {80 * hour, 7, []float64{0, day, 2 * day, 3 * day, 4 * day}, "day"},
		"half a lifetime":                  {40 * 360 * day, 4, []float64{0, 3600 * day, 7200 * day, 10800 * day, 14400 * day}, "day"},
	} {
		marks, u := w.timeMarks(c.far, c.most)
		if diff := cmp.Diff(c.want, marks); diff != "" || u.name != c.unit {
			t.Errorf("%s in %s (-want +got)\n%s", name, u.name, diff)
		}
	}
}

// group makes figures of n tickets, answered after 1, 2, ... hours as far as they are.
func group(g report.Group, n, answered int, scale float64) report.Figures {
	f := report.Figures{Group: g, Tickets: n, Answered: answered, Waiting: n - answered, Withheld: n > 0 && n < report.MinimumSize}
	if n < report.MinimumSize {
		return f
	}
	var o []survival.Observation
	for i := range n {
		o = append(o, survival.Observation{Duration: scale * hour * float64(min(i, answered)+1), Observed: i < answered})
	}
	f.Curve = survival.KaplanMeier(o)
	if e := f.Curve.Quantile(0.5); e.Reached {
		f.Median = report.Time{Seconds: &e.Value, Low: &e.Low}
	}
	return f
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	w := english(t)
	const with, without = report.GroupWith, report.GroupWithout
	for name, c := range map[string]struct {
		measure report.Measure
		groups  []report.Figures
		want    string
	}{
		"both": {
			report.FirstResponse, []report.Figures{group(with, 40, 40, 2), group(without, 40, 40, 3), group(report.GroupAll, 80, 80, 2)},
			"Half of the inquiries with a number were answered within 1.7 days, without one within 2.6 days.",
		},
		"solved": {
			report.Resolution, []report.Figures{group(with, 40, 40, 2), group(without, 40, 40, 3), group(report.GroupAll, 80, 80, 2)},
			"Half of the inquiries with a number were solved within 1.7 days, without one within 2.6 days.",
		},
		"one does not get there": {
			report.FirstResponse, []report.Figures{group(with, 40, 40, 2), group(without, 40, 3, 3), group(report.GroupAll, 80, 43, 2)},
			"Half of the inquiries with a number were answered within 1.7 days. " +
				"Fewer than half of the inquiries without a number had been answered by March 1, 2026.",
		},
		"one is small": {
			report.FirstResponse, []report.Figures{group(with, 1, 1, 2), group(without, 40, 40, 3), group(report.GroupAll, 41, 41, 2)},
			"Only 1 inquiry carried a number; times are shown from 20 on. Half of the inquiries without a number were answered within 2.6 days.",
		},
		"both are small": {
			report.FirstResponse, []report.Figures{group(with, 19, 1, 2), group(without, 0, 0, 3), group(report.GroupAll, 40, 40, 3)},
			"Half of all inquiries were answered within 2.6 days. Only 19 inquiries carried a number; times are shown from 20 on. " +
				"Every inquiry carried a number or something typed in its place.",
		},
		"all are few": {
			report.FirstResponse, []report.Figures{group(with, 19, 1, 2), group(report.GroupAll, 19, 19, 3)},
			"There are only 19 inquiries in this period; times are shown from 20 on. Choose a longer period.",
		},
		"nothing": {report.FirstResponse, []report.Figures{group(report.GroupAll, 0, 0, 3)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			query := report.Query{Measure: c.measure, From: at.AddDate(0, -1, 0), AsOf: at}
			got := w.answer(report.Report{Query: query, Groups: c.groups})
			if got.Text != c.want {
				t.Errorf("\n got %q\nwant %q", got.Text, c.want)
			}
			compares := strings.Contains(name, "both") && name != "both are small" || name == "solved" || strings.HasPrefix(name, "one does")
			if (got.Caveat != "") != compares {
				t.Errorf("caveat %q of a sentence that compares: %v", got.Caveat, compares)
			}
		})
	}
}

// TestChartsStayInside draws awkward groups: no coordinate is NaN, infinite or beyond the picture.
func TestChartsStayInside(t *testing.T) {
	t.Parallel()
	w := english(t)
	for name, groups := range map[string][]report.Figures{
		"all at once":   {group(report.GroupWith, 20, 20, 0)},
		"all waiting":   {group(report.GroupWith, 20, 0, 1), group(report.GroupWithout, 3000, 0, 90)},
		"three":         {group(report.GroupWith, 900, 900, 1), group(report.GroupUnusable, 20, 1, 1), group(report.GroupWithout, 50, 20, 400)},
		"only together": {group(report.GroupWith, 19, 3, 1), group(report.GroupAll, 30, 30, 1)},
	} {
		charts := w.charts(report.Report{Query: report.Query{Measure: report.FirstResponse}, Groups: groups})
		if len(charts) != len(layouts) {
			t.Fatalf("%s: %d charts", name, len(charts))
		}
		for _, c := range charts {
			for _, d := range c.Curves {
				if d.NameY < 0 || d.NameY > c.Bottom+8 || math.IsNaN(d.NameY) {
					t.Errorf("%s, %s: the name of %s is at %v", name, c.Class, d.Group, d.NameY)
				}
				for _, path := range []string{d.Line, d.Band, d.Leader} {
					if strings.ContainsAny(path, "NI-e") {
						t.Errorf("%s, %s: the path %s", name, c.Class, path)
					}
				}
			}
		}
	}
	if charts := w.charts(report.Report{Groups: []report.Figures{group(report.GroupWith, 19, 3, 1)}}); charts != nil {
		t.Errorf("a withheld group is drawn")
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	w := english(t)
	for name, c := range map[string]struct {
		in         report.Time
		text, more string
	}{
		"its interval is in its own unit": {report.Time{Seconds: number(15 * hour), Low: number(3 * hour), High: number(30 * hour)}, "15.0 hours longer", "3.0 to 30.0 hours"},
		"less time":                       {report.Time{Seconds: number(-2 * day), Low: number(-3 * day), High: number(-day)}, "2.0 days shorter", "1.0 to 3.0 days"},
		"none":                            {report.Time{Seconds: number(0), Low: number(-hour), High: number(hour)}, "just as long", "60 minutes shorter to 60 minutes longer"},
		"less time, or more":              {report.Time{Seconds: number(-6 * hour), Low: number(-18 * hour), High: number(5 * hour)}, "6.0 hours shorter", "18.0 hours shorter to 5.0 hours longer"},
		"an interval that nobody knows":   {report.Time{Seconds: number(day)}, "1.0 days longer", ""},
		"not reached":                     {report.Time{}, "not known yet", ""},
	} {
		if got := w.difference(c.in); got.Text != c.text || got.More != c.more {
			t.Errorf("%s: %q (%q), want %q (%q)", name, got.Text, got.More, c.text, c.more)
		}
	}
}

// Names beside the lines never stand on each other, and putting them there ends: in floating point (a + 15) - a may be less than 15.
func TestNamesBesideLinesStandApart(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		c := weekChart{Lines: make([]weekLine, 1+r.IntN(6))}
		for i := range c.Lines {
			c.Lines[i].NameY = 12 + 194*r.Float64()
			if i > 0 && r.IntN(3) == 0 {
				c.Lines[i].NameY = c.Lines[0].NameY
			}
		}
		before := slices.Clone(c.Lines)
		c.apart()
		for i, a := range c.Lines {
			if a.NameY < before[i].NameY {
				t.Fatalf("a name moved up: %v, was %v", a.NameY, before[i].NameY)
			}
			for _, b := range c.Lines[:i] {
				if math.Abs(a.NameY-b.NameY) < 15-1e-9 {
					t.Fatalf("names at %v and %v of %v", a.NameY, b.NameY, before)
				}
			}
		}
	}
}

// A sentence claims a difference only where the report does, and tells beside it how large, how sure and of how many.
func TestSentencesClaimWhatTheReportDoes(t *testing.T) {
	t.Parallel()
	w := english(t)
	figures := []report.Figures{group(report.GroupWith, 40, 40, 2), group(report.GroupWithout, 40, 40, 3), group(report.GroupAll, 80, 80, 2)}
	longer := report.Time{Seconds: number(2 * day), Low: number(day), High: number(3 * day)}
	unsure := report.Time{Seconds: number(day), Low: number(-day), High: number(3 * day)}
	const size = "With the same mix of categories, for 75% of these inquiries, "
	for name, c := range map[string]struct {
		difference report.Difference
		clear      bool
		want       []string
	}{
		"nothing is clear": {report.Difference{Told: unsure}, false, []string{
			size + "a difference is not clear: the median wait without a number is 1.0 days longer (1.0 days shorter to 3.0 days longer).", "could well be chance"}},
		"both are": {report.Difference{Told: longer, Beside: longer, ToldClear: true}, true, []string{
			size + "the median wait without a number is 2.0 days longer (1.0 to 3.0 days).", "Chance alone would seldom"}},
		"of the means": {report.Difference{Told: longer, ToldMean: true, ToldClear: true}, false, []string{
			size + "the mean wait without a number, up to 15 days, is 2.0 days longer (1.0 to 3.0 days)."}},
		"hidden": {report.Difference{Told: longer, Beside: unsure, ToldClear: true, Opposed: true, Hidden: true}, false, []string{
			"The times as they are do not show that clearly"}},
		"opposed":             {report.Difference{Told: longer, ToldClear: true, Opposed: true}, true, []string{"That points the other way"}},
		"too few are covered": {report.Difference{StandardisedMedian: longer}, false, nil},
	} {
		d := c.difference
		d.First, d.Second, d.Covered = report.GroupWith, report.GroupWithout, 0.75
		made := report.Report{Query: report.Query{Measure: report.FirstResponse, By: report.ByNumber}, Groups: figures, Difference: &d, Clear: c.clear, LogRank: &survival.Test{ChiSq: 4, DF: 1, P: 0.04}}
		got := w.answer(made)
		said := got.Text + " " + got.Uncertainty
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q, want %q in it", name, said, want)
			}
		}
		if c.want == nil && strings.Contains(said, "same mix") {
			t.Errorf("%s: %q tells of a mix that hardly anybody is in", name, said)
		}
		if warned := strings.Contains(said, "points the other way") || strings.Contains(said, "do not show that clearly"); warned != d.Opposed {
			t.Errorf("%s: warned %v, want %v: %s", name, warned, d.Opposed, said)
		}
	}
}

// Half were answered, but too few are still watched to say within what time: the sentence does not say that fewer than half were.
func TestNotKnownYetIsNotFewerThanHalf(t *testing.T) {
	t.Parallel()
	w := english(t)
	f := group(report.GroupWith, 24, 14, 1)
	f.Median = report.Time{}
	for answered, want := range map[int]string{
		14: "The time within which half of the inquiries with a number are answered is not known yet.",
		11: "Fewer than half of the inquiries with a number had been answered by March 1, 2026.",
	} {
		f.Answered = answered
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		got := w.alone(report.Report{Query: report.Query{Measure: report.FirstResponse, From: at, AsOf: at}}, f)
		if got != want {
			t.Errorf("%d of 24 answered: %q, want %q", answered, got, want)
		}
	}
}
