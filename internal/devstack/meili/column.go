package meili

import (
	"strconv"
	"strings"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A column holds the values that a segment's documents have for one
// attribute: the distinct values once, and for each document which of them.
type column struct {
	values                 []value
	starts                 []uint32 // of a document's values in ords; one more than there are documents
	ords                   []uint32
	exists, null, emptyish docSet
	numeric                bool // no value is a string
}

type value struct {
	number  float64
	numeric bool
	folded  string // strings: as compared
	text    string // as shown
}

// of returns the positions in values of a document's values.
func (c *column) of(local uint32) []uint32 { return c.ords[c.starts[local]:c.starts[local+1]] }

// column returns a segment's column of an attribute, working it out from the
// index at first use.
func (s *segmentView) column(attribute string) (*column, error) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if c := s.cache.columns[attribute]; c != nil {
		return c, nil
	}
	dict, err := s.dict(valueField + attribute)
	if err != nil {
		return nil, err
	}
	c, err := buildColumn(dict, s.count)
	if err != nil {
		return nil, err
	}
	s.cache.columns[attribute] = c
	return c, nil
}

func buildColumn(dict segment.TermDictionary, count uint32) (*column, error) {
	c := &column{
		starts: make([]uint32, count+1), exists: newDocSet(count), null: newDocSet(count), emptyish: newDocSet(count),
		numeric: true,
	}
	type pair struct{ doc, ord uint32 }
	var pairs []pair
	marks := map[string]docSet{markExists: c.exists, markNull: c.null, markEmpty: c.emptyish}
	iterator := dict.AutomatonIterator(nil, nil, nil)
	for {
		entry, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		if mark, ok := marks[entry.Term]; ok {
			if err := eachPosting(dict, entry.Term, mark.add); err != nil {
				return nil, err
			}
			continue
		}
		ord := uint32(len(c.values))
		c.values = append(c.values, parseValue(entry.Term))
		c.numeric = c.numeric && c.values[ord].numeric
		err = eachPosting(dict, entry.Term, func(doc uint32) {
			pairs = append(pairs, pair{doc, ord})
			c.starts[doc+1]++
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range count {
		c.starts[i+1] += c.starts[i]
	}
	c.ords = make([]uint32, len(pairs))
	next := append([]uint32(nil), c.starts...)
	for _, p := range pairs {
		c.ords[next[p.doc]] = p.ord
		next[p.doc]++
	}
	return c, nil
}

func parseValue(term string) value {
	if rest, ok := strings.CutPrefix(term, "n"); ok {
		number, err := strconv.ParseFloat(rest, 64)
		return value{number: number, numeric: err == nil, text: rest}
	}
	folded, text, _ := strings.Cut(strings.TrimPrefix(term, "s"), "\x00")
	return value{folded: folded, text: text}
}
