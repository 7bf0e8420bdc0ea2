package meili

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A span is a part of a text, in bytes.
type span struct{ start, end int }

// A marker finds the words of a text that a query matched.
type marker struct {
	phrases    []markedPhrase
	words      []markedWords // those being typed last, those of most terms first
	stop       stopWords
	separators string
}

type markedPhrase struct {
	words []string
	ids   [2]int
}

type markedWords struct {
	node *node
	ids  [2]int // the places in the query that they stand for
}

func newMarker(r *ranking) *marker {
	m := &marker{stop: r.view.rec.Settings.stopWords(), separators: r.view.rec.Settings.separators()}
	for _, n := range r.nodes {
		ids := [2]int{n.start, n.end}
		for _, p := range n.phrases {
			m.phrases = append(m.phrases, markedPhrase{p.words, ids})
		}
		if n.phrase == nil {
			m.words = append(m.words, markedWords{n, ids})
		}
	}
	sort.SliceStable(m.words, func(i, j int) bool {
		a, b := m.words[i].node, m.words[j].node
		if a.prefix != b.prefix {
			return b.prefix
		}
		return a.span() > b.span()
	})
	return m
}

// A mark is a match: its first and last word among the tokens, the part of the text that is to stand out, and what it stands for.
type mark struct {
	first, last int
	span
	ids [2]int
}

func (m *marker) marks(text string, all []token) []mark {
	var out []mark
	for at := 0; at < len(all); {
		found, ok := m.phraseAt(text, all, at)
		if !ok {
			found, ok = m.wordAt(text, all, at)
		}
		if !ok {
			at++
			continue
		}
		out = append(out, found)
		at = found.last + 1
	}
	return out
}

func (m *marker) phraseAt(text string, all []token, at int) (mark, bool) {
	for _, p := range m.phrases {
		last := at + len(p.words) - 1
		if last < len(all) && m.follows(text, all[at:], p.words) {
			return mark{at, last, span{all[at].start, all[last].end}, p.ids}, true
		}
	}
	return mark{}, false
}

func (m *marker) follows(text string, all []token, phrase []string) bool {
	for i, word := range phrase {
		if word == "" && !m.stop.has(text, all[i]) || word != "" && all[i].text != word {
			return false
		}
	}
	return true
}

func (m *marker) wordAt(text string, all []token, at int) (mark, bool) {
	t := all[at]
	if m.stop.has(text, t) {
		return mark{}, false
	}
	for _, w := range m.words {
		_, derived := w.node.words[t.text]
		switch {
		case w.node.prefix && (derived || strings.HasPrefix(t.text, w.node.word)):
			size := originalLength(text[t.start:t.end], utf8.RuneCountInString(w.node.word))
			return mark{at, at, span{t.start, t.start + size}, w.ids}, true
		case derived:
			return mark{at, at, span{t.start, t.end}, w.ids}, true
		}
	}
	return mark{}, false
}

// originalLength is the number of bytes of word, as written, that fold to so many characters.
func originalLength(word string, characters int) int {
	for end := nextRune(word, 0); end < len(word); end = nextRune(word, end) {
		if utf8.RuneCountInString(fold(word[:end])) >= characters {
			for end < len(word) && fold(word[:end]) == fold(word[:nextRune(word, end)]) {
				end = nextRune(word, end) // a combining accent belongs to its letter
			}
			return end
		}
	}
	return len(word)
}

func nextRune(s string, at int) int {
	_, size := utf8.DecodeRuneInString(s[at:])
	return at + size
}

// A style is how a formatted value looks.
type style struct {
	highlight  bool
	pre, post  string
	cropLength int // in words; 0 for all
	cropMarker string
}

// format returns the text with its matches marked, cut to the window of words
// that holds most of them.
func (m *marker) format(text string, s style) string {
	all := tokens(text, m.separators)
	marks := m.marks(text, all)
	start, end := 0, len(text)
	if s.cropLength > 0 {
		start, end = crop(text, all, marks, s.cropLength)
	}
	var b strings.Builder
	if start > 0 {
		b.WriteString(s.cropMarker)
	}
	at := start
	for _, mark := range marks {
		whole := span{max(all[mark.first].start, start), min(all[mark.last].end, end)}
		if !s.highlight || all[mark.last].end < start || all[mark.first].start > end || whole.start > whole.end {
			continue
		}
		b.WriteString(text[at:whole.start])
		b.WriteString(s.pre)
		shown := min(mark.end, whole.end)
		b.WriteString(text[whole.start:shown])
		b.WriteString(s.post)
		b.WriteString(text[shown:whole.end])
		at = whole.end
	}
	b.WriteString(text[at:end])
	if end < len(text) {
		b.WriteString(s.cropMarker)
	}
	return b.String()
}
