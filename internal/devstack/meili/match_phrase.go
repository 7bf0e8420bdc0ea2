package meili

import (
	"bytes"
	"encoding/binary"
)

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
	search := newPhraseSearch(hashes)
	for _, doc := range all.slice() {
		stream, err := m.stream(doc)
		if err != nil {
			return nil, err
		}
		if rank := m.phraseRank(stream, search); rank != unmatched {
			found[doc] = rank
		}
	}
	return found, nil
}

// phraseRank returns the rank of the first attribute that holds the phrase.
func (m *matcher) phraseRank(stream []byte, search phraseSearch) uint8 {
	best := uint8(unmatched)
	eachSection(stream, func(rank int, section []byte) {
		if best == unmatched && m.searches(rank) && search.at(section) >= 0 {
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
