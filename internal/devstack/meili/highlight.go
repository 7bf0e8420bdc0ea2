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
	whole    map[string]bool
	prefixes []string
	phrases  [][]string
}

func newMarker(r *ranking) *marker {
	m := &marker{whole: map[string]bool{}}
	for i, s := range r.query.slots {
		if s.phrase != nil {
			m.phrases = append(m.phrases, s.phrase)
			continue
		}
		for word, found := range r.slots[i].words {
			if found.exact || found.typos > 0 {
				m.whole[word] = true
			}
		}
		if s.prefix {
			m.prefixes = append(m.prefixes, s.word)
		}
	}
	for _, alt := range r.phrases {
		if len(alt.phrase) == 1 {
			m.whole[alt.phrase[0]] = true
		} else {
			m.phrases = append(m.phrases, alt.phrase)
		}
	}
	sort.Slice(m.prefixes, func(i, j int) bool { return len(m.prefixes[i]) > len(m.prefixes[j]) })
	return m
}

// A mark is a matched word: its place among the tokens, and the part of the
// text that is to stand out.
type mark struct {
	token int
	span
}

func (m *marker) marks(text string, all []token) []mark {
	var out []mark
	taken := make([]bool, len(all))
	for _, phrase := range m.phrases {
		for at := 0; at+len(phrase) <= len(all); at++ {
			if phraseMatches(all[at:], phrase) {
				for i := range phrase {
					if !taken[at+i] {
						taken[at+i] = true
						out = append(out, mark{at + i, span{all[at+i].start, all[at+i].end}})
					}
				}
			}
		}
	}
	for i, t := range all {
		if taken[i] {
			continue
		}
		if m.whole[t.text] {
			out = append(out, mark{i, span{t.start, t.end}})
			continue
		}
		for _, prefix := range m.prefixes {
			if strings.HasPrefix(t.text, prefix) {
				out = append(out, mark{i, span{t.start, t.start + originalLength(text[t.start:t.end], prefix)}})
				break
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].token < out[j].token })
	return out
}

func phraseMatches(all []token, phrase []string) bool {
	for i, word := range phrase {
		if i > 0 && all[i].hard || word != "" && all[i].text != word {
			return false
		}
	}
	return true
}

// originalLength is the number of bytes of word, as written, that fold to prefix.
func originalLength(word, prefix string) int {
	for i, r := range word {
		end := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			end = i + 1
		}
		if len(fold(word[:end])) >= len(prefix) {
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
	all := tokens(text)
	marks := m.marks(text, all)
	start, end := 0, len(text)
	if s.cropLength > 0 && len(all) > s.cropLength {
		first := bestWindow(all, marks, s.cropLength)
		last := first + s.cropLength - 1
		start, end = all[first].start, all[last].end
		if first == 0 {
			start = 0
		}
		if last == len(all)-1 {
			end = len(text)
		}
	}
	var b strings.Builder
	if start > 0 {
		b.WriteString(s.cropMarker)
	}
	at := start
	for _, mark := range marks {
		if !s.highlight || mark.start < start || mark.end > end {
			continue
		}
		b.WriteString(text[at:mark.start])
		b.WriteString(s.pre)
		b.WriteString(text[mark.start:mark.end])
		b.WriteString(s.post)
		at = mark.end
	}
	b.WriteString(text[at:end])
	if end < len(text) {
		b.WriteString(s.cropMarker)
	}
	return b.String()
}

// bestWindow returns the first token of the window with the most different
// matched words, the most matches among equals, and the matches in its middle.
func bestWindow(all []token, marks []mark, length int) int {
	if len(marks) == 0 {
		return 0
	}
	bestFrom, bestTo, bestScore := 0, 0, -1
	for i := range marks {
		different := map[string]bool{}
		j := i
		for ; j < len(marks) && marks[j].token < marks[i].token+length; j++ {
			different[all[marks[j].token].text] = true
		}
		if score := len(different)*1000 + j - i; score > bestScore {
			bestFrom, bestTo, bestScore = marks[i].token, marks[j-1].token, score
		}
	}
	// An odd word more goes before the matches.
	first := bestFrom - (length-(bestTo-bestFrom+1)+1)/2
	return max(0, min(first, len(all)-length))
}
