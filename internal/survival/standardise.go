package survival

import (
	"math"
	"slices"
)

// Stratum is one part of a group, such as its tickets of one category, and how much it is to count.
type Stratum struct {
	Weight float64 // relative to the others'; what is not above 0 leaves the stratum out
	Curve  Curve
}

// Standardised is a group as it would be with another mix of its strata. The zero value is the curve of nothing.
type Standardised struct {
	strata []Stratum // weights sum to 1
	curve  Curve     // survival and variance of the mixture; its last row is the end of what every stratum knows
}

// Standardise gives the directly standardised curve, the mean of the strata's S by weight; the variance of S is the sum of
// weight² Var S, for fixed weights (Rothman, Greenland and Lash, Modern Epidemiology, 3rd edition, chapter 15). A stratum
// without observations cannot be standardised to: the result is then the curve of nothing. It ends where the first stratum
// ends in which somebody still waits.
func Standardise(strata ...Stratum) Standardised {
	var s Standardised
	total := 0.0
	for _, part := range strata {
		if !(part.Weight > 0) {
			continue
		}
		if part.Curve.N == 0 {
			return Standardised{}
		}
		total += part.Weight
		s.strata = append(s.strata, part)
	}
	for i := range s.strata {
		s.strata[i].Weight /= total
	}
	s.mix()
	return s
}

// mix walks the times of all strata in order.
func (s *Standardised) mix() {
	var times []float64
	end := math.Inf(1)
	for _, part := range s.strata {
		c := part.Curve
		s.curve.N, s.curve.Events, s.curve.Censored = s.curve.N+c.N, s.curve.Events+c.Events, s.curve.Censored+c.Censored
		rows := c.told()
		if len(rows) == 0 || rows[len(rows)-1].survival > 0 {
			end = min(end, c.End())
		}
		for _, r := range rows {
			times = append(times, r.time)
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	walks := make([]walk, len(s.strata))
	for i, part := range s.strata {
		walks[i].rows = part.Curve.told()
	}
	for _, t := range times {
		if t > end {
			break
		}
		s.curve.rows = append(s.curve.rows, s.at(walks, t))
	}
}

// at mixes the strata at t; each walk stands at its first row after the time before.
func (s *Standardised) at(walks []walk, t float64) row {
	out := row{time: t}
	variance := 0.0
	for i := range walks {
		w := &walks[i]
		if w.at < len(w.rows) {
			out.atRisk += w.rows[w.at].atRisk
		}
		if w.at < len(w.rows) && w.rows[w.at].time == t {
			out.events, out.censored = out.events+w.rows[w.at].events, out.censored+w.rows[w.at].censored
			w.at++
		}
		share := row{survival: 1, atRisk: s.strata[i].Curve.N}
		if w.at > 0 {
			share = w.rows[w.at-1]
		}
		weight := s.strata[i].Weight
		out.survival += weight * share.survival
		out.happened += share.happened
		variance += weight * weight * share.spread()
	}
	out.survival = min(out.survival, 1) // rounding
	if out.variance = math.Inf(1); out.survival > 0 {
		out.variance = variance / (out.survival * out.survival)
	}
	return out
}

// spread is the variance of S just after a row. Where S is 0 or 1 Greenwood's says nothing; two more of each kind then stand for what is
// not known (Agresti and Coull 1998).
func (r row) spread() float64 {
	if r.survival > 0 && r.survival < 1 {
		return r.survival * r.survival * r.variance
	}
	n := float64(r.atRisk - r.events - r.censored)
	if r.survival <= 0 {
		n = float64(r.happened)
	}
	p := 2 / (n + 4)
	return p * (1 - p) / (n + 4)
}

// At is Curve.At for the standardised curve: with 1 - Value the directly standardised share answered within t.
func (s Standardised) At(t float64) Share { return s.curve.At(t) }

// Quantile is Curve.Quantile for the standardised curve.
func (s Standardised) Quantile(p float64) Estimate { return s.curve.Quantile(p) }

// RestrictedMean is the mean of the strata's restricted means by weight.
func (s Standardised) RestrictedMean(limit float64) Mean {
	if len(s.strata) == 0 {
		return Mean{}
	}
	out := Mean{Known: true}
	variance := 0.0
	for _, part := range s.strata {
		m := part.Curve.RestrictedMean(limit)
		out.Value += part.Weight * m.Value
		variance += part.Weight * part.Weight * m.StdErr * m.StdErr
		out.Known = out.Known && m.Known
	}
	out.StdErr = math.Sqrt(variance)
	out.Low, out.High = max(0, out.Value-z*out.StdErr), out.Value+z*out.StdErr
	return out
}
