package meili

import (
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// unmatched is the cost of a slot that a document does not match.
const unmatched = 0xff

// A slotMatch says how each document of the view matches one slot.
type slotMatch struct {
	typos []uint8 // per document; unmatched if not
	attr  []uint8 // the best attribute's rank
	exact docSet  // the word itself stands in the document
	words map[string]derived
	short bool // a prefix so short that its words were not listed
}

// A matcher works out how documents match a query.
type matcher struct {
	view       *view
	data       data
	deriver    *deriver
	query      query
	attributes []int // ranks of the attributes searched
	slots      []*slotMatch
	phrases    []alternative // synonyms and the like that documents matched, for highlighting

	cursor     *bolt.Cursor // over the streams, at the document of lastNumber
	lastNumber uint64
}

// run matches every slot and every alternative.
func (m *matcher) run() error {
	for _, s := range m.query.slots {
		match := &slotMatch{
			typos: make([]uint8, m.view.size), attr: make([]uint8, m.view.size),
			exact: newDocSet(m.view.size), words: map[string]derived{},
		}
		for i := range match.typos {
			match.typos[i], match.attr[i] = unmatched, unmatched
		}
		m.slots = append(m.slots, match)
		if err := m.matchSlot(match, s); err != nil {
			return err
		}
	}
	for _, alt := range m.query.alternatives(m.view.rec.Settings) {
		if err := m.matchAlternative(alt); err != nil {
			return err
		}
	}
	return m.matchSplits()
}

func (m *matcher) matchSlot(match *slotMatch, s slot) error {
	if s.phrase != nil {
		found, err := m.phraseDocs(s.phrase)
		if err != nil {
			return err
		}
		for doc, rank := range found {
			match.typos[doc], match.attr[doc] = 0, rank
			match.exact.add(doc)
		}
		return nil
	}
	match.short = s.prefix && len([]rune(s.word)) <= maxShortPrefix
	match.words[s.word] = derived{exact: true}
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			if err := m.matchWord(match, s, part, rank); err != nil {
				return err
			}
		}
	}
	return nil
}

// matchWord matches one word in one attribute of one segment.
func (m *matcher) matchWord(match *slotMatch, s slot, part *segmentView, rank int) error {
	dict, err := part.dict(wordField + strconv.Itoa(rank))
	if err != nil {
		return err
	}
	record := func(word string, found derived) error {
		if have, ok := match.words[word]; !ok || found.typos < have.typos {
			match.words[word] = found
		}
		return eachPosting(dict, word, func(local uint32) { match.note(part.base+local, found.typos, rank) })
	}
	err = eachPosting(dict, s.word, func(local uint32) {
		match.note(part.base+local, 0, rank)
		match.exact.add(part.base + local)
	})
	if err != nil {
		return err
	}
	typos := s.typos
	if m.exactAttribute(rank) {
		typos = 0
	}
	if !match.short {
		return m.deriver.each(dict, s, typos, record)
	}
	short, err := part.beginning(rank, s.word)
	if err != nil {
		return err
	}
	eachBit(short.docs, func(local uint32) { match.note(part.base+local, 0, rank) })
	if typos == 0 {
		return nil
	}
	return m.deriver.eachWithTypos(dict, s, typos, record)
}

// exactAttribute says whether typo tolerance is off for an attribute.
func (m *matcher) exactAttribute(rank int) bool {
	name := m.view.rec.searchable()[rank]
	return matchesAny(m.view.rec.Settings.TypoTolerance.DisableOnAttributes, name)
}

// note records that a document matches with so many typos in an attribute.
func (s *slotMatch) note(doc uint32, typos, rank int) {
	switch {
	case uint8(typos) < s.typos[doc]:
		s.typos[doc], s.attr[doc] = uint8(typos), uint8(min(rank, unmatched-1))
	case uint8(typos) == s.typos[doc] && uint8(rank) < s.attr[doc]:
		s.attr[doc] = uint8(rank)
	}
}

// wordDocs returns the documents that have the word in one of the attributes.
func (m *matcher) wordDocs(word string) (docSet, error) {
	set := newDocSet(m.view.size)
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			dict, err := part.dict(wordField + strconv.Itoa(rank))
			if err != nil {
				return nil, err
			}
			if err := eachPosting(dict, word, func(local uint32) { set.add(part.base + local) }); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// excluded returns the documents that a -word or -"phrase" takes out.
func (m *matcher) excluded() (docSet, error) {
	out := newDocSet(m.view.size)
	for _, s := range m.query.negative {
		if s.phrase == nil {
			set, err := m.wordDocs(s.word)
			if err != nil {
				return nil, err
			}
			out.or(set)
			continue
		}
		found, err := m.phraseDocs(s.phrase)
		if err != nil {
			return nil, err
		}
		for doc := range found {
			out.add(doc)
		}
	}
	return out, nil
}
