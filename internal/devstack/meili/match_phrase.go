package meili

import (
	"bytes"
	"cmp"
	"encoding/binary"
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

// notePhrase records the documents that have a phrase, each with its best attribute's rank.
func (m *matcher) notePhrase(n *node, phrase []string, typos int, found map[uint32]uint8) {
	if len(found) == 0 {
		return
	}
	docs := newDocSet(m.view.size)
	for doc, rank := range found {
		docs.add(doc)
		m.noting.note(doc, typos, int(rank))
	}
	n.phrases = append(n.phrases, phraseMatch{phrase, typos, docs})
	if n.term.phrase != nil {
		n.exact = docs
	}
}

// phraseDocs returns the documents in which the words follow each other, each
// with the best attribute's rank.
func (m *matcher) phraseDocs(phrase []string) (map[uint32]uint8, error) {
	return m.phraseDocsUpTo(phrase, math.MaxInt)
}

// phraseDocsUpTo is phraseDocs that stops when it has found more than most: documents are slow to look at.
func (m *matcher) phraseDocsUpTo(phrase []string, most int) (map[uint32]uint8, error) {
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
	rankOf := func(stream []byte) uint8 { return m.phraseRank(stream, hashes) }
	switch {
	case len(phrase) == 1:
		return m.bestAttribute(phrase[0], all)
	case len(phrase) == 2 && phrase[0] != "" && phrase[1] != "":
		rankOf = m.pairRank(hash16(phrase[0]), hash16(phrase[1]))
	}
	for _, doc := range all.slice() {
		stream, err := m.stream(doc)
		if err != nil {
			return nil, err
		}
		if rank := rankOf(stream); rank != unmatched {
			if found[doc] = rank; len(found) > most {
				break
			}
		}
	}
	return found, nil
}

// bestAttribute returns the documents of a set that have a word, each with the best attribute's rank.
func (m *matcher) bestAttribute(word string, docs docSet) (map[uint32]uint8, error) {
	found := map[uint32]uint8{}
	for _, part := range m.view.segments {
		for _, rank := range slices.Backward(m.attributes) {
			dict, err := part.dict(wordField + strconv.Itoa(rank))
			if err != nil {
				return nil, err
			}
			err = eachPosting(dict, word, func(local uint32) {
				if docs.has(part.base + local) {
					found[part.base+local] = uint8(min(rank, unmatched-1))
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// pairRank is phraseRank for two words, which are the most frequent.
func (m *matcher) pairRank(first, second uint16) func(stream []byte) uint8 {
	pair, word := newPhraseSearch([]uint16{first, second}), newPhraseSearch([]uint16{first})
	return func(stream []byte) uint8 {
		best, found := uint8(unmatched), false
		eachSection(stream, func(rank int, section []byte) {
			if !m.searches(rank) || found && best <= uint8(min(rank, unmatched-1)) {
				return
			}
			has := pair.at(section) >= 0
			found = found || has
			if has || word.at(section) >= 0 {
				best = min(best, uint8(min(rank, unmatched-1)))
			}
		})
		if !found {
			return unmatched
		}
		return best
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
