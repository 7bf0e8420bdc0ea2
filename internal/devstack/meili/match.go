package meili

import (
	"bytes"
	"encoding/binary"
	"fmt"
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

// phraseDocs returns the documents in which the words follow each other, each
// with the best attribute's rank.
func (m *matcher) phraseDocs(phrase []string) (map[uint32]uint8, error) {
	var all docSet
	for _, word := range phrase {
		if word == "" {
			continue
		}
		set, err := m.wordDocs(word)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = set
		} else {
			all.and(set)
		}
	}
	found := map[uint32]uint8{}
	if all == nil {
		return found, nil
	}
	all.and(m.view.live)
	hashes := make([]uint16, len(phrase))
	for i, word := range phrase {
		if word != "" {
			hashes[i] = hash16(word)
		}
	}
	for _, doc := range all.slice() {
		stream, err := m.stream(doc)
		if err != nil {
			return nil, err
		}
		if rank := m.phraseRank(stream, hashes); rank != unmatched {
			found[doc] = rank
		}
	}
	return found, nil
}

// phraseRank returns the rank of the first attribute that holds the phrase.
func (m *matcher) phraseRank(stream []byte, hashes []uint16) uint8 {
	best := uint8(unmatched)
	eachSection(stream, func(rank int, section []byte) {
		if best == unmatched && m.searches(rank) && phraseAt(section, hashes) >= 0 {
			best = uint8(min(rank, unmatched-1))
		}
	})
	return best
}

func (m *matcher) searches(rank int) bool {
	for _, r := range m.attributes {
		if r == rank {
			return true
		}
	}
	return false
}

func (m *matcher) stream(doc uint32) ([]byte, error) {
	sequence, err := m.view.sequence(doc)
	if err != nil {
		return nil, err
	}
	// Documents are asked for in their order, mostly: the next one is at hand.
	if m.cursor == nil {
		m.cursor = m.data.streams.Cursor()
	}
	number := binary.BigEndian.Uint64(sequence)
	var key, value []byte
	if number == m.lastNumber+1 {
		key, value = m.cursor.Next()
	} else {
		key, value = m.cursor.Seek(sequence)
	}
	if m.lastNumber = number; bytes.Equal(key, sequence) {
		return value, nil
	}
	m.lastNumber = 0
	return m.data.streams.Get(sequence), nil
}

// matchAlternative matches a synonym or words written together.
func (m *matcher) matchAlternative(alt alternative) error {
	found := map[uint32]uint8{}
	if len(alt.phrase) > 1 {
		var err error
		if found, err = m.phraseDocs(alt.phrase); err != nil {
			return err
		}
	} else {
		for _, part := range m.view.segments {
			for _, rank := range m.attributes {
				dict, err := part.dict(wordField + strconv.Itoa(rank))
				if err != nil {
					return err
				}
				err = eachPosting(dict, alt.phrase[0], func(local uint32) {
					if have, ok := found[part.base+local]; !ok || uint8(rank) < have {
						found[part.base+local] = uint8(rank)
					}
				})
				if err != nil {
					return err
				}
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	m.phrases = append(m.phrases, alt)
	for doc, rank := range found {
		for i := alt.first; i <= alt.last; i++ {
			m.slots[i].note(doc, alt.typos, int(rank))
		}
	}
	return nil
}

// matchSplits matches a word of the query that the index has as two words:
// "greencard" finds "green card", as one typo. Of all ways to split it only
// the commonest counts, as in Meilisearch.
func (m *matcher) matchSplits() error {
	for i, s := range m.query.slots {
		if s.phrase != nil || s.typos == 0 {
			continue
		}
		best, bestCount := 0, 0
		for at := range s.word {
			if at == 0 {
				continue
			}
			left, err := m.wordDocs(s.word[:at])
			if err != nil {
				return err
			}
			if left.count() == 0 {
				continue
			}
			right, err := m.wordDocs(s.word[at:])
			if err != nil {
				return err
			}
			left.and(right)
			if count := left.count(); count > bestCount {
				best, bestCount = at, count
			}
		}
		if best == 0 {
			continue
		}
		err := m.matchAlternative(alternative{
			first: i, last: i, phrase: []string{s.word[:best], s.word[best:]}, typos: 1,
		})
		if err != nil {
			return fmt.Errorf("match split word: %w", err)
		}
	}
	return nil
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
