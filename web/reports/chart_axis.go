package reports

import (
	"math"

	"github.com/askwell/askwell/internal/report"
)

// steps are distances between marks on the time axis, in seconds, that people count in.
var steps = []float64{
	1 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
	day, 2 * day, 5 * day, 10 * day, 15 * day, 30 * day, 60 * day, 90 * day, 180 * day,
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
func timeMarks(far float64, most int) (marks []float64, u unit) {
	const year = 360 * day
	step := math.Ceil(far/float64(most)/year) * year
	for _, s := range steps {
		if far/s <= float64(most) && (s >= day || far <= 2*day) {
			step = s
			break
		}
	}
	for k := 0.0; k == 0 || marks[len(marks)-1] < far; k++ {
		marks = append(marks, k*step)
	}
	return marks, unitOf(step)
}
