package report

import (
	"time"

	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/survival"
)

// exactUpTo is the largest cohort whose times are sorted one by one. A larger one is counted in bins; its figures are at most
// 1 % from the exact ones.
const exactUpTo = 50_000

// cohort counts the tickets of a query by group, and within a group by category.
type cohort struct {
	q          Query
	asOf       int64      // Unix seconds
	clock      *sla.Clock // nil counts by the clock on the wall
	binned     bool
	day        int64   // its seconds by the clock
	weeks      []int64 // the beginnings of the period's weeks
	groups     []*group
	places     map[string]int // of groups by name
	categories names
}

// group is one group of a cohort.
type group struct {
	name     string
	excluded map[string]int
	strata   []*tally // by category; nil where there is no ticket
	weeks    []*tally // by week
	whole    *tally   // strata together, once settled
}

func newCohort(q Query, binned bool, day int64, clock *sla.Clock) *cohort {
	c := &cohort{q: q, asOf: q.AsOf.Unix(), clock: clock, binned: binned, day: day, places: map[string]int{}}
	for w := weekOf(q.From); w.Before(q.Before()); w = dayOf(w, w.Location(), 7) {
		c.weeks = append(c.weeks, w.Unix())
	}
	switch q.By { // the order of these is fixed
	case ByNumber:
		for _, g := range groupNames {
			c.groupNamed(string(g))
		}
	case ByWeek:
		for _, w := range c.weeks {
			c.groupNamed(time.Unix(w, 0).In(q.From.Location()).Format(dateLayout))
		}
	case ByCategory, ByQueue, ByLanguage: // by their first ticket
	}
	return c
}

// weekOf is the Monday on or before a day.
func weekOf(day time.Time) time.Time {
	return dayOf(day, day.Location(), -(int(day.Weekday()+6) % 7))
}

func (c *cohort) groupNamed(name string) int {
	i, known := c.places[name]
	if !known {
		i = len(c.groups)
		c.places[name] = i
		c.groups = append(c.groups, &group{name: name, excluded: map[string]int{}, weeks: make([]*tally, len(c.weeks))})
	}
	return i
}

// spans are the parts of the period that begin by the cut-off, week by week.
func (c *cohort) spans() (all []span) {
	from, before := c.q.From.Unix(), c.q.Before().Unix()
	for i, begins := range c.weeks {
		s := span{from: max(begins, from), before: before, week: i}
		if i+1 < len(c.weeks) {
			s.before = c.weeks[i+1]
		}
		if s.from <= c.asOf {
			all = append(all, s)
		}
	}
	return all
}

// add counts a block, as it was at the cut-off.
func (c *cohort) add(b *block) {
	targets := make([]target, len(b.slots))
	for i, s := range b.slots {
		targets[i] = c.target(s, b.week)
		if targets[i].group == nil {
			continue
		}
		for _, t := range targets[i].tallies {
			for k, bin := range s.bins {
				t.addBin(int(bin), s.counts[k])
			}
		}
	}
	for _, one := range b.rest {
		to, at := targets[one.slot], b.from+int64(one.opened)
		switch {
		case to.group == nil || at > c.asOf:
			continue
		case one.gone >= 0 && at+int64(one.gone) <= c.asOf:
			to.group.excluded[reasonNames()[one.reason]]++
			continue
		}
		waited, ended := int64(one.waited), one.waited >= 0 && at+int64(one.waited) <= c.asOf
		if !ended {
			waited = c.asOf - at
		}
		if c.clock != nil {
			waited = c.clock.Between(at, at+waited)
		}
		for _, t := range to.tallies {
			t.add(waited, ended)
		}
	}
}

// target is where the tickets of a slot count; the zero value is nowhere.
type target struct {
	group   *group
	tallies []*tally
}

func (c *cohort) target(s slot, week int) target {
	if c.q.Filter.Category != "" && c.q.Filter.Category != s.category {
		return target{}
	}
	name := s.group
	switch c.q.By {
	case ByCategory:
		name = s.category
	case ByWeek:
		name = c.groups[week].name
	case ByNumber, ByQueue, ByLanguage: // the slot's own group
	}
	g := c.groups[c.groupNamed(name)]
	to := target{group: g, tallies: []*tally{c.tallyAt(&g.strata, int(c.categories.place(s.category)))}}
	if c.q.By == ByNumber {
		to.tallies = append(to.tallies, c.tallyAt(&g.weeks, week))
	}
	return to
}

// tallyAt is the tally at a place, made when there is none.
func (c *cohort) tallyAt(all *[]*tally, at int) *tally {
	for len(*all) <= at {
		*all = append(*all, nil)
	}
	if (*all)[at] == nil {
		(*all)[at] = &tally{binned: c.binned, bins: survival.Histogram{Day: c.day}}
	}
	return (*all)[at]
}
