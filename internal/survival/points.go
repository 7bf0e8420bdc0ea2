package survival

// Point is one corner of the curve, for drawing.
type Point struct{ Time, Survival, Low, High float64 }

// Points gives at most limit corners of the curve in order of time, the first at 0 and the last at its end; of a curve with
// more steps it takes each limit-th part of the way down, which no drawing shows. A limit below 2 counts as 2.
func (c Curve) Points(limit int) []Point {
	rows := c.told()
	if len(rows) == 0 {
		return nil
	}
	limit = max(limit, 2)
	var steps []int
	for i, r := range rows {
		if r.events > 0 {
			steps = append(steps, i)
		}
	}
	points := []Point{{Time: 0, Survival: 1, Low: 1, High: 1}}
	room := min(len(steps), limit-2)
	for k := 1; k <= room; k++ {
		points = append(points, c.point(steps[k*len(steps)/room-1]))
	}
	last := c.point(len(rows) - 1)
	if points[len(points)-1] != last {
		points = append(points, last)
	}
	return points
}

func (c Curve) point(at int) Point {
	r := c.rows[at]
	p := Point{Time: r.time, Survival: r.survival}
	if r.survival <= 0 || r.survival >= 1 {
		p.Low, p.High = c.edge(at+1, r.atRisk)
	} else {
		p.Low, p.High = c.band(r)
	}
	return p
}
