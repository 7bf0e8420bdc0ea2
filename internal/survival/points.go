package survival

// Point is one corner of the curve, for drawing.
type Point struct{ Time, Survival, Low, High float64 }

// Points gives at most limit corners of the curve in order of time, the first at 0 and the last at its end; of a curve with
// more steps it takes each limit-th part of the way down, which no drawing shows. Where the interval is unknown
// (S is 0), Low and High are S itself. A limit below 2 counts as 2.
func (c Curve) Points(limit int) []Point {
	if c.N == 0 {
		return nil
	}
	limit = max(limit, 2)
	var steps []row
	for _, r := range c.rows {
		if r.events > 0 {
			steps = append(steps, r)
		}
	}
	points := []Point{{Time: 0, Survival: 1, Low: 1, High: 1}}
	room := min(len(steps), limit-2)
	for k := 1; k <= room; k++ {
		points = append(points, c.point(steps[k*len(steps)/room-1]))
	}
	last := c.point(c.rows[len(c.rows)-1])
	if points[len(points)-1] != last {
		points = append(points, last)
	}
	return points
}

func (c Curve) point(r row) Point {
	p := Point{Time: r.time, Survival: r.survival}
	p.Low, p.High = c.band(r)
	return p
}
