package report

import (
	"context"
	"math"
	"slices"

	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/survival"
)

// counter counts blocks from packed days, one after the other. It keeps its arrays, so it is one goroutine's at a time.
type counter struct {
	shape shape
	clock *sla.Clock // nil counts by the clock on the wall
	// limit is the cut-off: no answer after it goes into the bins, or with noBins none at all.
	limit int64

	block  *block
	filled []*counts // by slot
	spare  []*counts // empty
	day    dayColumns
	places map[[2]string]int // of slots by group and category
	slotOf []int             // the same by the day's own places; -1 is not known yet
}

// noBins is a limit before every answer, which leaves each ticket by itself.
const noBins = math.MinInt64

// count counts spans that follow one another from the days that hold them, both in order. Errors: errDamaged; that of the context.
func (c *counter) count(ctx context.Context, spans []span, days []*packed) (blocks []*block, err error) {
	c.begin(spans[0])
	next := func() {
		blocks, spans = append(blocks, c.end()), spans[1:]
	}
	for _, p := range days {
		if err = ctx.Err(); err == nil {
			err = c.add(p, func() bool {
				if len(spans) == 1 {
					return false
				}
				next()
				c.begin(spans[0])
				return true
			})
		}
		if err != nil {
			c.end()
			return nil, err
		}
	}
	for next(); len(spans) > 0; next() {
		c.begin(spans[0])
	}
	return blocks, nil
}

func (c *counter) begin(s span) {
	c.block, c.places = &block{span: s, settled: s.from}, map[[2]string]int{}
}

// end gives what was counted since begin.
func (c *counter) end() *block {
	for i, filled := range c.filled {
		s := &c.block.slots[i]
		s.bins, s.counts = filled.sparse()
	}
	c.spare, c.filled = append(c.spare, c.filled...), c.filled[:0]
	return c.block
}

// add counts the tickets of a day. At the first one beyond the block it asks for the next, and at the end of the last it stops.
// Errors: errDamaged.
func (c *counter) add(p *packed, next func() bool) error {
	d := &c.day
	if err := d.read(p, c.shape); err != nil {
		return err
	}
	c.forget(len(d.groupNames) * len(p.CategoryNames))
	gone, reasons := newExclusions(p.Excluded), reasonNames()
	at := p.Day.Unix()
	for i := range p.Tickets {
		at += int64(d.opened[i])
		one := single{waited: int32(d.waited[i]) - 1, gone: -1}
		if i == gone.at {
			one.gone, one.reason = int32(min(gone.after, math.MaxInt32)), uint32(min(int(gone.reason), len(reasons)-1))
			gone.advance(i)
		}
		for at >= c.block.before {
			if !next() {
				return nil
			}
			c.forget(len(c.slotOf))
		}
		if at < c.block.from || !d.passes(i) {
			continue
		}
		group, category := int(d.groups[i]), int(d.categories[i])
		if group >= len(d.groupNames) || category >= len(p.CategoryNames) {
			return errDamaged
		}
		place := &c.slotOf[group*len(p.CategoryNames)+category]
		if *place < 0 {
			*place = c.slot(d.groupNames[group], p.CategoryNames[category])
		}
		if answered := at + int64(one.waited); one.waited >= 0 && one.waited <= horizon && answered <= c.limit && one.gone < 0 {
			c.filled[*place][c.bin(at, int64(one.waited))]++
			c.block.settled = max(c.block.settled, answered)
			continue
		}
		one.opened, one.slot = uint32(at-c.block.from), uint32(*place)
		c.block.rest = append(c.block.rest, one)
	}
	if gone.broken {
		return errDamaged
	}
	return nil
}

// forget makes every slot of a day unknown.
func (c *counter) forget(slots int) {
	c.slotOf = slices.Grow(c.slotOf[:0], slots)[:slots]
	for i := range c.slotOf {
		c.slotOf[i] = -1
	}
}

func (c *counter) bin(at, waited int64) int {
	if c.clock != nil {
		waited = c.clock.Between(at, at+waited)
	}
	return survival.Bin(waited, c.shape.day)
}

// slot finds or makes the place of a group's tickets of one category.
func (c *counter) slot(group, category string) int {
	key := [2]string{group, category}
	at, known := c.places[key]
	if known {
		return at
	}
	if len(c.spare) == 0 {
		c.spare = append(c.spare, new(counts))
	}
	last := len(c.spare) - 1
	c.filled, c.spare = append(c.filled, c.spare[last]), c.spare[:last]
	at = len(c.block.slots)
	c.block.slots, c.places[key] = append(c.block.slots, slot{group: group, category: category}), at
	return at
}
