package reports

import (
	"math"
	"slices"

	"github.com/askwell/askwell/internal/report"
)

// steps are distances between marks on the time axis, in seconds, that people count in: parts of a day, and days.
func (w writer) steps() []float64 {
	all := []float64{1 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour}
	length := w.units()[0].seconds
	all = slices.DeleteFunc(all, func(s float64) bool { return s >= length })
	for _, days := range []float64{1, 2, 5, 10, 15, 30, 60, 90, 180} {
		all = append(all, days*length)
	}
	return all
}

// reach is how far the picture goes: a little beyond the time by which nine in ten of the slowest group are answered, or to
// the end of what is known. The long tail beyond it would squeeze all that matters to the left edge.
func reach(shown []report.Figures) float64 {
	far := 0.0
	for _, f := range shown {
		end := f.Curve.End()
		if p90 := f.P90.Seconds; p90 != nil {
			end = min(end, *p90*1.2)
		}
		far = max(far, end)
	}
	return max(far, 5*minute)
}

// timeMarks gives the marks from 0 to far or just beyond it, at most so many steps, and the unit that they are counted in.
func (w writer) timeMarks(far float64, most int) (marks []float64, u unit) {
	length := w.units()[0].seconds
	year := 360 * length
	step := math.Ceil(far/float64(most)/year) * year
	for _, s := range w.steps() {
		if far/s <= float64(most) && (s >= length || far <= 2*length) {
			step = s
			break
		}
	}
	for k := range 1 + min(int(math.Ceil(far/step)), most) { // counted, so that rounding can never keep the loop from its end
		marks = append(marks, float64(k)*step)
	}
	return marks, w.unitOf(step)
}
