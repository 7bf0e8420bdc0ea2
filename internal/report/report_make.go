package report

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/survival"
)

// Make answers a query from one snapshot of the database. For staff who may read reports. Errors: unavailable.
func (s *Service) Make(ctx context.Context, q Query) (Report, error) {
	r := Report{Query: q, GeneratedAt: s.now().UTC(), Day: 24 * time.Hour}
	var clock *sla.Clock
	if q.Clock == ClockBusiness {
		calendar, err := s.Calendar(ctx, q.From.Location().String())
		if err != nil {
			return Report{}, err
		}
		if clock, err = calendar.Clock(q.From, q.AsOf); err != nil {
			return Report{}, err
		}
		r.Day, r.Calendar = calendar.BusinessDay(), calendar.Version
	}
	counted, err := s.read(ctx, q, r.Calendar, r.Day, clock)
	if err != nil {
		return Report{}, err
	}
	r.Exact = !counted.binned
	if r.Behind, err = s.behind(ctx); err != nil {
		return Report{}, err
	}
	r.fill(counted)
	return r, nil
}

// fill computes every figure.
func (r *Report) fill(c *cohort) {
	c.settle()
	var all []*tally
	excluded := map[string]int{}
	if r.By != ByWeek { // whose number ParseQuery bounds
		r.LeftOut = max(len(c.groups)-MostGroups, 0)
	}
	for i, g := range c.groups {
		if i < len(c.groups)-r.LeftOut {
			r.Groups = append(r.Groups, r.figures(Group(g.name), g.whole, g.excluded))
		}
		all = append(all, g.whole)
		for reason, n := range g.excluded {
			excluded[reason] += n
		}
	}
	r.Groups = append(r.Groups, r.figures(GroupAll, joined(all), excluded))
	c.groups = c.groups[:len(c.groups)-r.LeftOut]
	r.compare(c)
	if r.By == ByNumber {
		r.weeks(c)
	}
	if r.By != ByCategory {
		r.mix(c)
	}
}

// settle leaves out groups that hold nothing and puts the others in order: by number and by week as they are, else the largest
// first.
func (c *cohort) settle() {
	for _, g := range c.groups {
		g.whole = joined(g.strata)
	}
	if c.q.By == ByNumber {
		return
	}
	c.groups = slices.DeleteFunc(c.groups, func(g *group) bool { return g.whole.n == 0 && len(g.excluded) == 0 })
	if c.q.By != ByWeek {
		slices.SortStableFunc(c.groups, func(a, b *group) int {
			return cmp.Or(cmp.Compare(b.whole.n, a.whole.n), cmp.Compare(a.name, b.name))
		})
	}
}

// figures computes one group.
func (r *Report) figures(name Group, t *tally, excluded map[string]int) Figures {
	f := Figures{Group: name, Tickets: t.n, Answered: t.ended, Waiting: t.n - t.ended, Excluded: excluded}
	f.Withheld = f.Tickets > 0 && f.Tickets < MinimumSize
	if f.Tickets >= MinimumSize {
		f.Curve = told(t.curve(), MinimumWatched)
	}
	f.Median, f.P90 = quantile(f.Curve.Quantile(0.5)), quantile(f.Curve.Quantile(0.9))
	f.Mean = mean(f.Curve.RestrictedMean(r.days(MeanDays)))
	f.Within = r.within(f.Curve.At)
	return f
}

// told is a curve as far as a report speaks of it.
func told(c survival.Curve, watched int) survival.Curve {
	if c.N < SmallGroup {
		c = c.With(survival.LogLog)
	}
	return c.WhileWatched(watched)
}

// days are some days of the report's clock in seconds.
func (r *Report) days(n int) float64 { return float64(n) * r.Day.Seconds() }

func quantile(e survival.Estimate) Time {
	return Time{Seconds: known(e.Value, e.Reached), Low: known(e.Low, e.LowReached), High: known(e.High, e.HighReached)}
}

func mean(m survival.Mean) Time {
	return Time{Seconds: known(m.Value, m.Known), Low: known(m.Low, m.Known), High: known(m.High, m.Known)}
}

func difference(d survival.Difference) Time {
	return Time{Seconds: known(d.Value, d.Known), Low: known(d.Low, d.IntervalKnown), High: known(d.High, d.IntervalKnown)}
}

func (r *Report) within(at func(float64) survival.Share) []Share {
	var shares []Share
	for _, days := range WithinDays() {
		s := answered(at(r.days(days)))
		s.Days = days
		shares = append(shares, s)
	}
	return shares
}

// ShareAt gives the share answered by some seconds.
func ShareAt(c survival.Curve, seconds float64) Share { return answered(c.At(seconds)) }

// answered turns the share still waiting round, and so the ends of its interval.
func answered(s survival.Share) Share {
	return Share{
		Value: known(1-s.Value, s.Known), Low: known(1-s.High, s.Known), High: known(1-s.Low, s.Known),
	}
}

func known(v float64, reached bool) *float64 {
	if !reached || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// weeks gives the medians of each group of each week; Brookmeyer and Crowley's intervals with them.
func (r *Report) weeks(c *cohort) {
	for i, begins := range c.weeks {
		w := Week{Begins: time.Unix(begins, 0).In(r.From.Location())}
		var all []*tally
		add := func(t *tally) {
			w.Tickets = append(w.Tickets, t.n)
			median := Time{}
			if t.n >= MinimumSize {
				median = quantile(told(t.curve(), MinimumWatched).Quantile(0.5))
			}
			w.Median = append(w.Median, median)
		}
		for _, g := range c.groups {
			add(joined(g.weeks[i : i+1]))
			all = append(all, g.weeks[i])
		}
		add(joined(all))
		r.Weeks = append(r.Weeks, w)
	}
}

// mix tells how the categories' tickets are spread over the groups, the largest category first.
func (r *Report) mix(c *cohort) {
	for place, code := range c.categories {
		line := Category{Code: code, Tickets: make([]int, len(c.groups)+1)}
		for i, g := range c.groups {
			if place < len(g.strata) && g.strata[place] != nil {
				line.Tickets[i] = g.strata[place].n
				line.Tickets[len(c.groups)] += g.strata[place].n
			}
		}
		if line.Tickets[len(c.groups)] > 0 {
			r.Mix = append(r.Mix, line)
		}
	}
	last := func(l Category) int { return l.Tickets[len(l.Tickets)-1] }
	slices.SortFunc(r.Mix, func(a, b Category) int { return cmp.Or(cmp.Compare(last(b), last(a)), cmp.Compare(a.Code, b.Code)) })
}
