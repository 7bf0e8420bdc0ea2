package meili

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A token is one word of a text with the place it came from. Text is folded:
// lower case, without accents.
type token struct {
	text       string
	start, end int  // byte offsets in the original text
	hard       bool // a hard separator (a full stop, a bracket, a new line) stands before it
}

// stopWords are those that count for nothing. Meilisearch looks for them before it lowers letters and takes accents off: "The" is none
// where "the" is one.
type stopWords map[string]bool

func (s settings) stopWords() stopWords {
	stop := make(stopWords, len(s.StopWords))
	for _, word := range s.StopWords {
		stop[word] = true
	}
	return stop
}

// has says whether a token of a text is a stop word.
func (s stopWords) has(text string, t token) bool {
	return len(s) > 0 && s[norm.NFKD.String(text[t.start:t.end])]
}

// hardSeparators are the ones that Meilisearch counts as eight positions;
// every other rune that is no letter, digit or mark counts as one.
const hardSeparators = ".;,!?()[]{}|\n\r"

// maxWordBytes is the longest word that Meilisearch indexes.
const maxWordBytes = 250

// tokenize calls each with every word of text, in order.
func tokenize(text string, each func(token)) {
	start, hard := -1, false
	flush := func(end int) {
		if start < 0 {
			return
		}
		if word := fold(text[start:end]); word != "" && len(word) <= maxWordBytes {
			each(token{text: word, start: start, end: end, hard: hard})
			hard = false
		}
		start = -1
	}
	for i, r := range text {
		switch {
		case isIdeograph(r):
			flush(i)
			start = i
			flush(i + utf8.RuneLen(r))
		case isWordRune(r):
			if start < 0 {
				start = i
			}
		default:
			flush(i)
			hard = hard || isHard(r)
		}
	}
	flush(len(text))
}

func isHard(r rune) bool { return strings.ContainsRune(hardSeparators, r) }

func tokens(text string) []token {
	var all []token
	tokenize(text, func(t token) { all = append(all, t) })
	return all
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// isIdeograph says whether r is of a script written without spaces, where a
// rune is taken for a word.
func isIdeograph(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// fold lowers s and takes accents and ligatures away. It leaves ASCII that is
// lower case already as it is, without an allocation.
func fold(s string) string {
	upper := false
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return foldUnicode(s)
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s
	}
	return strings.ToLower(s)
}

func foldUnicode(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if r < utf8.RuneSelf {
			b.WriteRune(unicode.ToLower(r))
			continue
		}
		if unicode.Is(unicode.Mn, r) || r == utf8.RuneError {
			continue
		}
		switch r = unicode.ToLower(r); r {
		case 'ß':
			b.WriteString("ss")
		case 'æ':
			b.WriteString("ae")
		case 'œ':
			b.WriteString("oe")
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case 'đ', 'ð':
			b.WriteByte('d')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hash16 is the short form of a word in a document's stream of positions
// (FNV-1a folded to 16 bits). It is neither gap nor stopMark.
func hash16(word string) uint16 {
	h := uint32(2166136261)
	for i := 0; i < len(word); i++ {
		h = (h ^ uint32(word[i])) * 16777619
	}
	return max(uint16(h>>16)^uint16(h), stopMark+1)
}
