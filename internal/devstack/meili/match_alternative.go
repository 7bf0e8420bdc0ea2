package meili

import (
	"fmt"
	"strconv"
)

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
