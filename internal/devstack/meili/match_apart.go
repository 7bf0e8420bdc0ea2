package meili

import "slices"

// matchApart matches a word of the query that the index has as two: "greencard" finds "green card", as one typo. Of all ways to part
// it only the commonest counts; for words written together that is mostly what they are apart, which is another node's.
func (m *matcher) matchApart(n *node) error {
	splits, err := m.splits(n.word)
	if err != nil {
		return err
	}
	var best []string
	var found []phraseDoc
	apart := false
	for _, s := range splits { // those that could be common first
		if slices.Equal(s.words, n.apart) {
			apart = true
			continue
		}
		if s.count <= len(found) {
			break
		}
		docs, err := m.phraseDocs(s.words)
		if err != nil {
			return err
		}
		if len(docs) > len(found) {
			best, found = s.words, docs
		}
	}
	if apart && len(found) > 0 {
		docs, err := m.phraseDocsUpTo(n.apart, len(found))
		if err != nil || len(docs) > len(found) {
			return err
		}
	}
	m.notePhrase(n, best, 1, found)
	return nil
}

// A split is a way to part a word in two, with the number of documents that have both parts, wherever they are.
type split struct {
	words []string
	count int
}

func (m *matcher) splits(word string) ([]split, error) {
	var all []split
	for at := range word {
		if at == 0 {
			continue
		}
		left, err := m.wordDocs(word[:at])
		if err != nil {
			return nil, err
		}
		if left == nil {
			continue
		}
		right, err := m.wordDocs(word[at:])
		if err != nil {
			return nil, err
		}
		if count := left.countBoth(right); count > 0 {
			all = append(all, split{[]string{word[:at], word[at:]}, count})
		}
	}
	slices.SortStableFunc(all, func(a, b split) int { return b.count - a.count })
	return all, nil
}
