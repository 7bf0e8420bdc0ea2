package report

import (
	"slices"
	"sort"
	"time"

	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/survival"
)

// exactUpTo is the largest cohort whose times are sorted one by one. A larger one is counted in bins; its figures are at most
// 1 % from the exact ones.
const exactUpTo = 100_000

// cohort counts the tickets of a query by group, and within a group by category.
type cohort struct {
	q          Query
	from, asOf int64 // Unix seconds; from is the first, before the first that no longer belongs
	before     int64
	clock      *sla.Clock // nil counts by the clock on the wall
	binned     bool
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
}

// tally holds times of waiting, one by one or counted in bins.
type tally struct {
	binned   bool
	one      []survival.Observation
	bins     survival.Histogram
	n, ended int
}

func (t *tally) add(seconds int64, ended bool) {
	t.n++
	if ended {
		t.ended++
	}
	if t.binned {
		t.bins.Add(seconds, ended)
		return
	}
	t.one = append(t.one, survival.Observation{Duration: float64(seconds), Observed: ended})
}

func (t *tally) curve() survival.Curve {
	switch {
	case t == nil:
		return survival.Curve{}
	case t.binned:
		return t.bins.Curve()
	}
	return survival.KaplanMeier(t.one)
}

// joined is all of them together; nil ones hold nothing.
func joined(all []*tally) *tally {
	sum := &tally{}
	for _, t := range all {
		if t == nil {
			continue
		}
		sum.binned = t.binned
		sum.n, sum.ended = sum.n+t.n, sum.ended+t.ended
		sum.one = append(sum.one, t.one...)
		sum.bins.Join(t.bins)
	}
	return sum
}

func newCohort(q Query, tickets int, clock *sla.Clock) *cohort {
	c := &cohort{
		q: q, from: q.From.Unix(), before: q.Before().Unix(), asOf: q.AsOf.Unix(), clock: clock, binned: tickets > exactUpTo,
		places: map[string]int{},
	}
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

// dayReader reads the columns of one day that a query needs.
type dayReader struct {
	opened, waited, groups, category, by column
	where                                [3]column // queue, language and channel, where the query filters by them
	filtered                             [3][]bool // by place: passes
	categoryOf                           []int     // by place: the cohort's; -1 does not pass
	groupOf                              []int     // by place in by: the cohort's
	excluded                             exclusions
}

// take counts a day's tickets. Errors: errDamaged.
func (c *cohort) take(p *packed) error {
	r := c.reader(p)
	at, week := p.Day.Unix(), sort.Search(len(c.weeks), func(i int) bool { return c.weeks[i] > p.Day.Unix() })-1
	for i := range p.Tickets {
		at += int64(r.opened.next())
		waited, number, category := int64(r.waited.next())-1, r.groups.next(), r.category.next()
		gone := i == r.excluded.at
		reason, after := r.excluded.reason, r.excluded.after
		if gone {
			r.excluded.advance(i)
		}
		passes, by := r.row()
		if int(category) >= len(r.categoryOf) || int(number) >= len(groupNames) {
			return errDamaged
		}
		for week+1 < len(c.weeks) && c.weeks[week+1] <= at {
			week++
		}
		stratum := r.categoryOf[category]
		if !passes || stratum < 0 || at < c.from || at >= c.before || at > c.asOf {
			continue
		}
		g := c.groups[c.groupOf(&r, int(number), by, week)]
		if gone && at+after <= c.asOf {
			g.excluded[reasonNames()[min(int(reason), len(reasonNames())-1)]]++
			continue
		}
		ended := waited >= 0 && at+waited <= c.asOf
		if !ended {
			waited = c.asOf - at
		}
		if c.clock != nil {
			waited = c.clock.Between(at, at+waited)
		}
		c.count(g, stratum, max(week, 0), waited, ended)
	}
	if r.broken() {
		return errDamaged
	}
	return nil
}

func (c *cohort) count(g *group, stratum, week int, waited int64, ended bool) {
	for len(g.strata) <= stratum {
		g.strata = append(g.strata, nil)
	}
	for _, t := range []**tally{&g.strata[stratum], &g.weeks[week]} {
		if *t == nil {
			*t = &tally{binned: c.binned}
		}
		(*t).add(waited, ended)
	}
}

func (c *cohort) groupOf(r *dayReader, number int, by uint64, week int) int {
	switch c.q.By {
	case ByNumber:
		return number
	case ByWeek:
		return max(week, 0)
	}
	return r.groupOf[min(int(by), len(r.groupOf)-1)]
}

// reader opens the columns that the query needs.
func (c *cohort) reader(p *packed) dayReader {
	r := dayReader{
		opened: column{rest: p.Opened}, waited: column{rest: p.Responded}, groups: column{rest: p.Groups},
		category: column{rest: p.Categories}, excluded: newExclusions(p.Excluded),
	}
	if c.q.Measure == Resolution {
		r.waited.rest = p.Solved
	}
	for _, name := range p.CategoryNames {
		stratum := -1
		if c.q.Filter.Category == "" || c.q.Filter.Category == name {
			stratum = int(c.categories.place(name))
		}
		r.categoryOf = append(r.categoryOf, stratum)
	}
	for i, f := range []struct {
		wanted string
		names  []string
		packed []byte
	}{
		{c.q.Filter.Queue, p.QueueNames, p.Queues}, {c.q.Filter.Language, p.LanguageNames, p.Languages},
		{c.q.Filter.Channel, p.ChannelNames, p.Channels},
	} {
		if f.wanted == "" {
			continue
		}
		r.where[i].rest = f.packed
		r.filtered[i] = make([]bool, len(f.names))
		if at := slices.Index(f.names, f.wanted); at >= 0 {
			r.filtered[i][at] = true
		}
	}
	var named []string
	switch c.q.By {
	case ByCategory:
		named, r.by.rest = p.CategoryNames, p.Categories
	case ByQueue:
		named, r.by.rest = p.QueueNames, p.Queues
	case ByLanguage:
		named, r.by.rest = p.LanguageNames, p.Languages
	}
	for _, name := range named {
		r.groupOf = append(r.groupOf, c.groupNamed(name))
	}
	return r
}

// row reads what a ticket is grouped by, and whether it passes the filters.
func (r *dayReader) row() (passes bool, by uint64) {
	passes = true
	for i := range r.where {
		if r.filtered[i] != nil {
			at := r.where[i].next()
			passes = passes && at < uint64(len(r.filtered[i])) && r.filtered[i][at]
		}
	}
	if r.groupOf != nil {
		by = r.by.next()
	}
	return passes, by
}

func (r *dayReader) broken() bool {
	broken := r.opened.broken || r.waited.broken || r.groups.broken || r.category.broken || r.by.broken || r.excluded.broken
	for i := range r.where {
		broken = broken || r.where[i].broken
	}
	return broken
}
