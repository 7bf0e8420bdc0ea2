package report

import (
	"time"

	"github.com/askwell/askwell/internal/survival"
)

// A report counts its period in blocks, a week each, or a part of one at the period's ends. What most tickets of a block came to is
// settled soon and counted in bins, which hold for every later cut-off; the others are kept one by one.

// shape says what a block counts. Reports whose blocks have the same shape share them: by number, by category and by week, of all
// categories or of one, are made of the same.
type shape struct {
	measure                  Measure
	day                      int64  // its seconds by the clock that counts: bins end with it
	calendar                 int    // its version; 0 for the clock on the wall
	zone                     string // of the usual week, which has no row
	by                       By     // ByNumber, ByQueue or ByLanguage: what a slot's group is
	queue, language, channel string // filters; "" lets every ticket pass
}

// shapeOf is what the blocks of a query count. A filter by category leaves the others' slots aside.
func shapeOf(q Query, calendar int, day time.Duration) shape {
	s := shape{measure: q.Measure, day: int64(day.Seconds()), calendar: calendar, by: ByNumber, queue: q.Filter.Queue, language: q.Filter.Language, channel: q.Filter.Channel}
	if calendar > 0 {
		s.zone = q.From.Location().String()
	}
	if q.By == ByQueue || q.By == ByLanguage {
		s.by = q.By
	}
	return s
}

// span is a part of the period within one week, in Unix seconds: from the first to before the last. week is its place in the
// cohort.
type span struct {
	from, before int64
	week         int
}

func (s span) firstDay() time.Time { return utcDay(time.Unix(s.from, 0)) }
func (s span) lastDay() time.Time  { return utcDay(time.Unix(s.before-1, 0)) }

// block is what a span came to.
type block struct {
	span
	slots []slot
	rest  []single
	// settled is the last moment at which a ticket in the bins was answered: the block holds for cut-offs from then on.
	settled int64
}

// slot is a group's tickets of one category that were answered, counted by the bin of their time.
type slot struct {
	group, category string
	bins            []uint16 // in order
	counts          []uint32
}

// single is a ticket that a cut-off may change, or that was excluded. Times are in seconds; since its opening, or -1.
type single struct {
	opened       uint32 // since the block's first moment
	waited, gone int32
	slot         uint32
	reason       uint32 // its place; of what is not gone 0
}

// horizon is how long after its opening an answer counts in the bins: an answer that took longer would keep the whole block from
// holding for cut-offs before it.
const horizon = 21 * 24 * 60 * 60

// bytes is about what the block takes.
func (b *block) bytes() int {
	n := 128 + 20*len(b.rest)
	for _, s := range b.slots {
		n += 96 + 6*len(s.bins)
	}
	return n
}

// counts are the bins of one slot while its block is counted.
type counts [survival.Bins]uint32

// sparse gives the bins that hold something, and empties all.
func (c *counts) sparse() (bins []uint16, n []uint32) {
	used := 0
	for _, v := range c {
		if v > 0 {
			used++
		}
	}
	bins, n = make([]uint16, 0, used), make([]uint32, 0, used)
	for i, v := range c {
		if v > 0 {
			bins, n = append(bins, uint16(i)), append(n, v)
			c[i] = 0
		}
	}
	return bins, n
}
