package survival

import "math"

// Difference is how much longer a second group takes than a first, with its 95 % interval. Known is false when one of them does
// not reach that far; then all figures are 0. IntervalKnown is false when an end of theirs is not reached; Low and High are 0
// then.
type Difference struct {
	Value, Low, High     float64
	Known, IntervalKnown bool
}

// QuantileDifference is second minus first, of two quantiles of independent groups. Half the width of each one's interval is its
// margin, and the margin of the difference the root of the sum of their squares (square and add, Newcombe 1998). Taking the
// halves on either side of the quantile apart would be too cautious in small groups: 97 of 100 where 95 are meant.
func QuantileDifference(first, second Estimate) Difference {
	if !first.Reached || !second.Reached {
		return Difference{}
	}
	d := Difference{Value: second.Value - first.Value, Known: true}
	if first.LowReached && first.HighReached && second.LowReached && second.HighReached {
		d.around(math.Hypot(first.High-first.Low, second.High-second.Low) / 2)
	}
	return d
}

// MeanDifference is second minus first, of two restricted means of independent groups; normal (Royston and Parmar 2013).
func MeanDifference(first, second Mean) Difference {
	if !first.Known || !second.Known {
		return Difference{}
	}
	d := Difference{Value: second.Value - first.Value, Known: true}
	d.around(z * math.Hypot(first.StdErr, second.StdErr))
	return d
}

func (d *Difference) around(margin float64) {
	d.Low, d.High, d.IntervalKnown = d.Value-margin, d.Value+margin, true
}

// P is the two-sided p-value of no difference, read off the interval as of a normal one; NaN where there is none.
func (d Difference) P() float64 {
	if !d.IntervalKnown {
		return math.NaN()
	}
	if d.Value == 0 {
		return 1
	}
	return math.Erfc(math.Abs(d.Value) * 2 * z / (d.High - d.Low) / math.Sqrt2)
}
