package report

import (
	"encoding/binary"
	"math"
	"slices"
)

// dayColumns are the columns of one day that a shape needs, as numbers. It keeps its arrays from day to day.
type dayColumns struct {
	opened, waited, groups, categories []uint32
	groupNames                         []string // what the numbers in groups mean
	filters                            []dayFilter
	used                               int // of filters
}

// dayFilter lets through the tickets with one name in a column.
type dayFilter struct {
	column []uint32
	wanted uint32
}

// nobody is the place of a name that a day does not know.
const nobody = math.MaxUint32

// read unpacks a day. Errors: errDamaged.
func (d *dayColumns) read(p *packed, s shape) error {
	waited, groups := p.Responded, p.Groups
	if s.measure == Resolution {
		waited = p.Solved
	}
	d.groupNames = groupTexts
	switch s.by {
	case ByQueue:
		groups, d.groupNames = p.Queues, p.QueueNames
	case ByLanguage:
		groups, d.groupNames = p.Languages, p.LanguageNames
	case ByNumber, ByCategory, ByWeek: // counted from the groups by number
	}
	whole := true
	read := func(into *[]uint32, column []byte) {
		if numbers, ok := expand(*into, column, p.Tickets); ok {
			*into = numbers
		} else {
			whole = false
		}
	}
	read(&d.opened, p.Opened)
	read(&d.waited, waited)
	read(&d.groups, groups)
	read(&d.categories, p.Categories)
	d.used = 0
	for _, f := range []struct {
		wanted string
		names  []string
		column []byte
	}{{s.queue, p.QueueNames, p.Queues}, {s.language, p.LanguageNames, p.Languages}, {s.channel, p.ChannelNames, p.Channels}} {
		if f.wanted == "" {
			continue
		}
		if d.used == len(d.filters) {
			d.filters = append(d.filters, dayFilter{})
		}
		filter := &d.filters[d.used]
		d.used++
		read(&filter.column, f.column)
		filter.wanted = nobody
		if at := slices.Index(f.names, f.wanted); at >= 0 {
			filter.wanted = uint32(at)
		}
	}
	if !whole {
		return errDamaged
	}
	return nil
}

// passes reports whether the i-th ticket passes every filter.
func (d *dayColumns) passes(i int) bool {
	for _, f := range d.filters[:d.used] {
		if f.column[i] != f.wanted {
			return false
		}
	}
	return true
}

// expand reads the n varints of a column, which are all there is in it. A time of more than 68 years is taken for that.
func expand(into []uint32, column []byte, n int) (numbers []uint32, ok bool) {
	if n > len(column) {
		return into, false
	}
	numbers = slices.Grow(into[:0], n)[:n]
	for i := range numbers {
		if len(column) >= 4 { // nearly always; most numbers have one to three bytes
			four := binary.LittleEndian.Uint32(column)
			switch {
			case four&0x80 == 0:
				numbers[i], column = four&0x7f, column[1:]
				continue
			case four&0x8000 == 0:
				numbers[i], column = four&0x7f|four>>1&0x3f80, column[2:]
				continue
			case four&0x800000 == 0:
				numbers[i], column = four&0x7f|four>>1&0x3f80|four>>2&0x1fc000, column[3:]
				continue
			}
		}
		v, length := binary.Uvarint(column)
		if length <= 0 {
			return into, false
		}
		numbers[i], column = uint32(min(v, math.MaxInt32)), column[length:]
	}
	return numbers, len(column) == 0
}
