package report

import (
	"context"
	"math"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/survival"
)

const day = 24 * 60 * 60 // seconds

// Make answers a query from one snapshot of the database. For staff who may read reports. Errors: unavailable.
func (s *Service) Make(ctx context.Context, q Query) (Report, error) {
	found, err := s.read(ctx, q)
	if err != nil {
		return Report{}, err
	}
	r := Report{Query: q, GeneratedAt: s.now().UTC()}
	for _, group := range Groups() {
		counted := found[group]
		if group == GroupAll {
			counted = found.all()
		}
		r.Groups = append(r.Groups, figures(group, counted))
	}
	r.Compared = compare(r.Group(identifier.GroupWith), r.Group(identifier.GroupWithout))
	return r, nil
}

// figures computes one group. c may be nil: nobody is in the group.
func figures(group identifier.Group, c *counted) Figures {
	if c == nil {
		c = &counted{excluded: map[string]int{}}
	}
	f := Figures{
		Group: group, Tickets: len(c.observations), Answered: c.answered, Waiting: len(c.observations) - c.answered,
		Excluded: c.excluded,
	}
	f.Withheld = f.Tickets > 0 && f.Tickets < MinimumSize
	if f.Tickets >= MinimumSize {
		f.Curve = survival.KaplanMeier(c.observations)
	}
	f.Median, f.P90 = quantile(f.Curve, 0.5), quantile(f.Curve, 0.9)
	for _, days := range WithinDays() {
		f.Within = append(f.Within, within(f.Curve, days))
	}
	return f
}

func quantile(c survival.Curve, p float64) Time {
	e := c.Quantile(p)
	return Time{Seconds: known(e.Value, e.Reached), Low: known(e.Low, e.LowReached), High: known(e.High, e.HighReached)}
}

func within(c survival.Curve, days int) Share {
	s := ShareAt(c, float64(days*day))
	s.Days = days
	return s
}

// ShareAt gives the share answered by some seconds. It turns the share still waiting round, and so the ends of its interval.
func ShareAt(c survival.Curve, seconds float64) Share {
	s := c.At(seconds)
	return Share{
		Value: known(1-s.Value, s.Known), Low: known(1-s.High, s.IntervalKnown), High: known(1-s.Low, s.IntervalKnown),
	}
}

func known(v float64, reached bool) *float64 {
	if !reached || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func compare(a, b Figures) *survival.Test {
	if a.Curve.N == 0 || b.Curve.N == 0 {
		return nil
	}
	test := survival.LogRank(a.Curve, b.Curve)
	if test.DF == 0 || known(test.P, true) == nil {
		return nil
	}
	return &test
}
