package meili

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

func joinWords(words []string) string { return strings.Join(words, " ") }

// matchPhrase matches words that follow each other: a phrase of the query, a synonym, or a word apart.
func (m *matcher) matchPhrase(n *node, phrase []string, typos int) error {
	found, err := m.phraseDocs(phrase)
	if err == nil {
		m.notePhrase(n, phrase, typos, found)
	}
	return err
}

// A phraseDoc is a document that has a phrase, with the rank of the best attribute.
type phraseDoc struct {
	doc  uint32
	rank uint8
}

// notePhrase records the documents that have a phrase.
func (m *matcher) notePhrase(n *node, phrase []string, typos int, found []phraseDoc) {
	if len(found) == 0 {
		return
	}
	docs := newDocSet(m.view.size)
	for _, one := range found {
		docs.add(one.doc)
		m.noting.note(one.doc, typos, int(one.rank))
	}
	n.phrases = append(n.phrases, phraseMatch{phrase, typos, docs})
	if n.phrase != nil {
		n.exact = docs
	}
}

// phraseDocs returns the documents in which the words follow each other.
func (m *matcher) phraseDocs(phrase []string) ([]phraseDoc, error) {
	return m.phraseDocsUpTo(phrase, math.MaxInt)
}

// phraseDocsUpTo is phraseDocs that stops when it has found more than most: documents are slow to look at.
func (m *matcher) phraseDocsUpTo(phrase []string, most int) ([]phraseDoc, error) {
	all, err := m.docsOfAll(phrase)
	if err != nil || all == nil {
		return nil, err
	}
	if len(phrase) == 1 {
		return m.bestAttribute(phrase[0], all)
	}
	rankOf := m.rankOf(phrase)
	var found []phraseDoc
	for _, part := range m.view.segments {
		list, err := m.phraseIn(part, phrase, all, rankOf, most-len(found))
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if one.doc += part.base; all.has(one.doc) {
				found = append(found, one)
			}
		}
		if len(found) > most {
			break
		}
	}
	return found, nil
}

// docsOfAll returns the living documents that have all words of a phrase, nil if there is none.
func (m *matcher) docsOfAll(phrase []string) (docSet, error) {
	var all docSet
	for _, word := range phrase {
		if word == "" {
			continue
		}
		set, err := m.wordDocs(word)
		if err != nil || set == nil {
			return nil, err
		}
		if all == nil {
			all = m.view.live.clone()
		}
		all.and(set)
	}
	return all, nil
}

// phraseIn returns the documents of a segment that have a phrase, in the segment's numbers. Those that were deleted since it was looked
// for may be among them.
func (m *matcher) phraseIn(part *segmentView, phrase []string, all docSet, rankOf func([]byte) uint8, most int) ([]phraseDoc, error) {
	key := fmt.Sprint(joinWords(phrase), m.attributes)
	if list, ok := part.cache.phrases.get(key); ok {
		return list, nil
	}
	var list []phraseDoc
	for local := range part.count {
		if !all.has(part.base + local) {
			continue
		}
		stream, err := m.stream(part.base + local)
		if err != nil {
			return nil, err
		}
		if rank := rankOf(stream); rank != unmatched {
			if list = append(list, phraseDoc{local, rank}); len(list) > most {
				return list, nil
			}
		}
	}
	part.cache.phrases.put(key, list)
	return list, nil
}

// rankOf returns what tells the rank of the best attribute of a stream that has the phrase.
func (m *matcher) rankOf(phrase []string) func(stream []byte) uint8 {
	hashes := make([]uint16, len(phrase))
	for i, word := range phrase {
		if word != "" {
			hashes[i] = hash16(word)
		}
	}
	if len(phrase) == 2 && phrase[0] != "" && phrase[1] != "" {
		return m.pairRank(hashes[0], hashes[1])
	}
	return func(stream []byte) uint8 { return m.phraseRank(stream, hashes) }
}

// bestAttribute returns the documents of a set that have a word.
func (m *matcher) bestAttribute(word string, docs docSet) ([]phraseDoc, error) {
	ranks := make([]uint8, m.view.size)
	for _, part := range m.view.segments {
		for _, rank := range slices.Backward(m.attributes) {
			dict, err := part.dict(wordField + strconv.Itoa(rank))
			if err != nil {
				return nil, err
			}
			err = eachPosting(dict, word, func(local uint32) { ranks[part.base+local] = uint8(min(rank, unmatched-1)) })
			if err != nil {
				return nil, err
			}
		}
	}
	var found []phraseDoc
	docs.each(func(doc uint32) { found = append(found, phraseDoc{doc, ranks[doc]}) })
	return found, nil
}

// pairRank is phraseRank for two words, which are the most frequent.
func (m *matcher) pairRank(first, second uint16) func(stream []byte) uint8 {
	pair, word := newPhraseSearch([]uint16{first, second}), newPhraseSearch([]uint16{first})
	best := func(stream []byte, s phraseSearch, best uint8) uint8 {
		eachSection(stream, func(rank int, section []byte) {
			if attribute := uint8(min(rank, unmatched-1)); attribute < best && m.searches(rank) && s.at(section) >= 0 {
				best = attribute
			}
		})
		return best
	}
	return func(stream []byte) uint8 {
		found := best(stream, pair, unmatched)
		if found == unmatched { // most have both words, but apart
			return unmatched
		}
		return best(stream, word, found)
	}
}

// phraseRank returns the rank of the best attribute that has the phrase's first word, if the document has the phrase. As in Meilisearch
// it has it if any two words with none or one between stand as near to each other as in the phrase: "a b c d" is in "a b c. b c d".
func (m *matcher) phraseRank(stream []byte, phrase []uint16) uint8 {
	best := uint8(unmatched)
	near := make([][2]bool, len(phrase)) // to the word one and two places before
	first := 0
	for phrase[first] == 0 {
		first++
	}
	last := make([]int, len(phrase))
	eachSection(stream, func(rank int, section []byte) {
		if !m.searches(rank) {
			return
		}
		for i := range last {
			last[i] = -gapPositions
		}
		position := 0
		for at := 0; at+1 < len(section); at += 2 {
			h := binary.LittleEndian.Uint16(section[at:])
			if h == gap {
				position += gapPositions - 1
				continue
			}
			for i := len(phrase) - 1; i >= 0; i-- {
				if phrase[i] != h || h == 0 {
					continue
				}
				if i > 0 && position-last[i-1] == 1 {
					near[i][0] = true
				}
				if i > 1 && position-last[i-2] <= 2 {
					near[i][1] = true
				}
				if last[i] = position; i == first {
					best = min(best, uint8(min(rank, unmatched-1)))
				}
			}
			position++
		}
	})
	for i := range phrase {
		for back := range 2 {
			if j := i - 1 - back; j >= 0 && phrase[i] != 0 && phrase[j] != 0 && !near[i][back] {
				return unmatched
			}
		}
	}
	return best
}

func (m *matcher) searches(rank int) bool {
	return slices.Contains(m.attributes, rank)
}

// maxSteps is how many documents are passed over before it is quicker to look for the one that is wanted.
const maxSteps = 12

func (m *matcher) stream(doc uint32) ([]byte, error) {
	sequence, err := m.view.sequence(doc)
	if err = cmp.Or(err, m.view.ctx.Err()); err != nil {
		return nil, err
	}
	// Documents are asked for in their order, mostly: the next one is at hand.
	if m.cursor == nil {
		m.cursor = m.data.streams.Cursor()
	}
	number := binary.BigEndian.Uint64(sequence)
	var key, value []byte
	if number > m.lastNumber && number-m.lastNumber <= maxSteps && m.lastNumber > 0 {
		for key, value = m.cursor.Next(); key != nil && bytes.Compare(key, sequence) < 0; key, value = m.cursor.Next() {
		}
	} else {
		key, value = m.cursor.Seek(sequence)
	}
	if m.lastNumber = number; bytes.Equal(key, sequence) {
		return value, nil
	}
	m.lastNumber = 0
	return m.data.streams.Get(sequence), nil
}
