package report

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// fact is what reports need of a ticket. Times are in Unix seconds: a report counts in whole seconds.
type fact struct {
	Opened    int64
	Responded int64 // unknown: not
	Solved    int64 // unknown: not
	Excluded  int64 // when; unknown: not
	Reason    string
	Group     identifier.Group
	Category  string
	Queue     string
	Language  string
	Channel   string
}

// unknown is no moment.
const unknown = int64(-1) << 62

// packed is one day's facts, column by column, in the order of their opening. Every number is a varint: opened is the seconds
// since the ticket before (the first one's since the day's midnight in UTC), responded and solved the seconds since the
// opening and one more, 0 for none; groups, categories and so on are places in lists of names. Excluded tickets are few: each
// is its distance from the one before, the place of its reason and the seconds since its opening. So 8,000 tickets take about
// 60 kB, of which a report reads half.
type packed struct {
	Day                                     time.Time
	Tickets                                 int
	CategoryNames, QueueNames               []string
	LanguageNames, ChannelNames             []string
	Opened, Responded, Solved, Groups       []byte
	Categories, Queues, Languages, Channels []byte
	Excluded                                []byte
}

// groupNames and reasonNames are the places of groups and reasons; new ones go to the end.
var groupNames = []identifier.Group{identifier.GroupWith, identifier.GroupUnusable, identifier.GroupWithout}

// groupTexts are groupNames as text.
var groupTexts = []string{string(GroupWith), string(GroupUnusable), string(GroupWithout)}

func reasonNames() []string { return ticket.ExcludedReasons() }

// names gives each name a place.
type names []string

func (n *names) place(name string) uint64 {
	i := slices.Index(*n, name)
	if i < 0 {
		i = len(*n)
		*n = append(*n, name)
	}
	return uint64(i)
}

// pack packs the facts of the day that begins at midnight, which are sorted by their opening.
func pack(midnight time.Time, facts []fact) packed {
	p := packed{Day: midnight, Tickets: len(facts)}
	var categories, queues, languages, channels names
	last, lastExcluded := midnight.Unix(), 0
	add := func(column *[]byte, v uint64) { *column = binary.AppendUvarint(*column, v) }
	since := func(opened, then int64) uint64 {
		if then == unknown {
			return 0
		}
		return uint64(max(then-opened, 0)) + 1
	}
	for i, f := range facts {
		add(&p.Opened, uint64(f.Opened-last))
		last = f.Opened
		add(&p.Responded, since(f.Opened, f.Responded))
		add(&p.Solved, since(f.Opened, f.Solved))
		add(&p.Groups, uint64(max(slices.Index(groupNames, f.Group), 0)))
		add(&p.Categories, categories.place(f.Category))
		add(&p.Queues, queues.place(f.Queue))
		add(&p.Languages, languages.place(f.Language))
		add(&p.Channels, channels.place(f.Channel))
		if f.Excluded != unknown {
			add(&p.Excluded, uint64(i-lastExcluded))
			lastExcluded = i
			add(&p.Excluded, uint64(max(slices.Index(reasonNames(), f.Reason), 0)))
			add(&p.Excluded, since(f.Opened, f.Excluded))
		}
	}
	p.CategoryNames, p.QueueNames, p.LanguageNames, p.ChannelNames = categories, queues, languages, channels
	return p
}

// column reads the numbers of one column, one after the other.
type column struct {
	rest   []byte
	broken bool
}

func (c *column) next() uint64 {
	if len(c.rest) > 0 && c.rest[0] < 0x80 {
		v := c.rest[0]
		c.rest = c.rest[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.broken, c.rest = true, nil
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// exclusions walks the sparse column of excluded tickets.
type exclusions struct {
	column
	at     int // the next excluded ticket's place; -1 when there is none
	reason uint64
	after  int64 // seconds from its opening
}

func newExclusions(packed []byte) exclusions {
	e := exclusions{column: column{rest: packed}}
	e.advance(0)
	return e
}

func (e *exclusions) advance(from int) {
	if len(e.rest) == 0 {
		e.at = -1
		return
	}
	e.at, e.reason, e.after = from+int(e.next()), e.next(), int64(e.next())-1
}

var errDamaged = errors.New("a day of the reports is damaged: run askwell report rebuild")
