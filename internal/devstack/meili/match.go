package meili

import (
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// unmatched is the number of typos of a document that does not match.
const unmatched = 0xff

// A matcher works out how documents match a query.
type matcher struct {
	view       *view
	data       data
	deriver    *deriver
	query      query
	attributes []int // ranks of the attributes searched
	nodes      []*node
	classes    *classes

	noting *noting
	having map[string]docSet // the documents of words that were asked for

	cursor     *bolt.Cursor // over the streams, at the document of lastNumber
	lastNumber uint64
}

// run matches every node of the query.
func (m *matcher) run() error {
	settings := m.view.rec.Settings
	synonyms := settings.synonyms()
	m.nodes = m.query.nodes(settings)
	m.classes, m.noting = newClasses(m.view.size), newNoting(m.view.size)
	for i, n := range m.nodes {
		if err := m.matchNode(n, synonyms); err != nil {
			return err
		}
		n.found = len(m.noting.docs) > 0
		m.classes.divide(i, m.noting.docs, m.noting.typos)
		if len(m.nodes) == 1 {
			n.attr = m.noting.attr
		}
		m.noting.reset()
	}
	return nil
}

// matchNode matches a node in all that it stands for.
func (m *matcher) matchNode(n *node, synonyms map[string][][]string) error {
	if n.phrase != nil {
		err := m.matchPhrase(n, n.phrase, 0)
		n.known = n.exact != nil
		return err
	}
	if err := m.matchWord(n); err != nil {
		return err
	}
	key := n.word
	if n.apart != nil {
		key = joinWords(n.apart)
	}
	for _, phrase := range limitSynonyms(synonyms[key]) {
		if err := m.matchPhrase(n, phrase, 0); err != nil {
			return err
		}
	}
	return m.matchApart(n)
}

// Meilisearch looks for no more than this many synonyms of a word, and words in them.
const (
	maxSynonyms     = 50
	maxSynonymWords = 100
)

func limitSynonyms(all [][]string) [][]string {
	var out [][]string
	count := 0
	for _, phrase := range all[:min(len(all), maxSynonyms)] {
		if count+len(phrase) <= maxSynonymWords {
			out, count = append(out, phrase), count+len(phrase)
		}
	}
	return out
}

// matchWord matches a node's word, the words it is the beginning of, and those with typos.
func (m *matcher) matchWord(n *node) error {
	n.words = map[string]derived{}
	n.short = n.prefix && len([]rune(n.word)) <= maxShortPrefix
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			if err := m.matchIn(n, part, rank); err != nil {
				return err
			}
		}
	}
	return nil
}

// matchIn matches a node in one attribute of one segment. What is exempt from typos is found by the query's own words alone: no
// words written together are that.
func (m *matcher) matchIn(n *node, part *segmentView, rank int) error {
	dict, err := part.dict(wordField + strconv.Itoa(rank))
	if err != nil {
		return err
	}
	exempt := m.exactAttribute(rank)
	if exempt && n.apart != nil {
		return nil
	}
	settings := m.view.rec.Settings
	record := func(word string, found derived) error {
		if (found.typos > 0 || n.apart != nil) && settings.exempt(word) {
			return nil
		}
		if have, ok := n.words[word]; !ok || found.typos < have.typos {
			n.words[word] = found
		}
		return eachPosting(dict, word, func(local uint32) { m.noting.note(part.base+local, found.typos, rank) })
	}
	if n.apart == nil || !settings.exempt(n.word) {
		if err := m.matchVery(n, part, rank); err != nil {
			return err
		}
	}
	typos := n.typos
	if exempt {
		typos = 0
	}
	if !n.short {
		return m.derive(n.term, part, rank, typos, record)
	}
	short, err := part.beginning(rank, n.word)
	if err != nil {
		return err
	}
	eachBit(short.docs, func(local uint32) { m.noting.note(part.base+local, 0, rank) })
	if typos == 0 {
		return nil
	}
	return m.deriver.eachWithTypos(dict, n.term, typos, record)
}

// A derivedWord is a derived word with the word.
type derivedWord struct {
	word string
	derived
}

// derive calls record with every word of an attribute of a segment that a term means.
func (m *matcher) derive(t term, part *segmentView, rank, typos int, record func(string, derived) error) error {
	dict, err := part.dict(wordField + strconv.Itoa(rank))
	if err != nil {
		return err
	}
	key := fmt.Sprint(rank, typos, t.prefix, t.word)
	list, ok := part.cache.derived.get(key)
	if !ok {
		err := m.deriver.each(dict, t, typos, func(word string, found derived) error {
			list = append(list, derivedWord{word, found})
			return nil
		})
		if err != nil {
			return err
		}
		part.cache.derived.put(key, list)
	}
	for _, one := range list {
		if err := record(one.word, one.derived); err != nil {
			return err
		}
	}
	return nil
}

// matchVery matches the very word.
func (m *matcher) matchVery(n *node, part *segmentView, rank int) error {
	dict, err := part.dict(wordField + strconv.Itoa(rank))
	if err != nil {
		return err
	}
	found := false
	err = eachPosting(dict, n.word, func(local uint32) {
		found = true
		m.noting.note(part.base+local, 0, rank)
		if n.apart != nil {
			return
		}
		if n.exact == nil {
			n.exact = newDocSet(m.view.size)
		}
		n.exact.add(part.base + local)
	})
	if found {
		n.words[n.word] = derived{exact: true}
		n.known = n.known || n.apart == nil
	}
	return err
}

// exactAttribute says whether typo tolerance is off for an attribute.
func (m *matcher) exactAttribute(rank int) bool {
	name := m.view.rec.searchable()[rank]
	return matchesAny(m.view.rec.Settings.TypoTolerance.DisableOnAttributes, name)
}

// wordDocs returns the documents that have the word in one of the attributes, nil if there is none. The set stays as it is: the same
// parts of words come up for several nodes.
func (m *matcher) wordDocs(word string) (docSet, error) {
	if set, ok := m.having[word]; ok {
		return set, nil
	}
	var set docSet
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			dict, err := part.dict(wordField + strconv.Itoa(rank))
			if err != nil {
				return nil, err
			}
			err = eachPosting(dict, word, func(local uint32) {
				if set == nil {
					set = newDocSet(m.view.size)
				}
				set.add(part.base + local)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	if m.having == nil {
		m.having = map[string]docSet{}
	}
	m.having[word] = set
	return set, nil
}

// excluded returns the documents that a -word or -"phrase" takes out.
func (m *matcher) excluded() (docSet, error) {
	out := newDocSet(m.view.size)
	for _, t := range m.query.negative {
		if t.phrase == nil {
			set, err := m.wordDocs(t.word)
			if err != nil {
				return nil, err
			}
			if set != nil {
				out.or(set)
			}
			continue
		}
		found, err := m.phraseDocs(t.phrase)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			out.add(one.doc)
		}
	}
	return out, nil
}
