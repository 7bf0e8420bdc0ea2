package meili

import (
	"slices"
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

// hardSeparators are the ones that Meilisearch counts as eight positions, with a full stop and a comma before a space; all other
// punctuation and space counts as one. Signs that are no punctuation ("+", "=", "$") are parts of words. All of it is as in charabia,
// Meilisearch's tokenizer; its dictionaries of Chinese, Japanese, Korean, Thai, Khmer and German words are not here.
const hardSeparators = "!;?¡§¶¿՜՝՞։׃،؛؟۔।॥…‥․※‼‽⁇⁈⁉⁏⸮、。︐︑︒︓︔︕︖︙﹐﹑﹒﹔﹕﹖﹗！，．：；？｡､"

// maxWordBytes is the longest word that Meilisearch indexes.
const maxWordBytes = 250

// separators are signs that part words beside those that always do: the setting separatorTokens, each a single sign.
func (s settings) separators() string { return strings.Join(s.SeparatorTokens, "") }

// tokenize calls each with every word of text, in order. separators are more signs that part words.
func tokenize(text, separators string, each func(token)) {
	start, hard, script := -1, false, (*unicode.RangeTable)(nil)
	flush := func(end int) {
		if start >= 0 {
			splitArticle(text, start, end, script, func(start, end int) {
				if word := fold(text[start:end]); word != "" && len(word) <= maxWordBytes {
					each(token{text: word, start: start, end: end, hard: hard})
					hard = false
				}
			})
		}
		start, script = -1, nil
	}
	for i, r := range text {
		if isSeparator(r) || separators != "" && strings.ContainsRune(separators, r) {
			flush(i)
			hard = hard || isHard(text, i, r)
			continue
		}
		other := scriptOf(r)
		if script != nil && other != nil && other != script {
			flush(i)
		}
		if other != nil {
			script = other
		}
		if isIdeograph(r) {
			flush(i)
			start = i
			flush(i + utf8.RuneLen(r))
		} else if start < 0 {
			start = i
		}
	}
	flush(len(text))
}

func tokens(text, separators string) []token {
	var all []token
	tokenize(text, separators, func(t token) { all = append(all, t) })
	return all
}

func isSeparator(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' && strings.ContainsRune(" \t\n\v\f\r", r) || r > ' ' && strings.ContainsRune(`!"#%&'()*,-./:;?@[\]_{}`, r)
	}
	return unicode.IsPunct(r) || unicode.IsSpace(r)
}

// isHard says whether the separator at a place parts sentences.
func isHard(text string, at int, r rune) bool {
	if r == '.' || r == ',' {
		return strings.HasPrefix(text[at+1:], " ")
	}
	return strings.ContainsRune(hardSeparators, r)
}

// scripts are told apart: where one ends and another begins a word ends too.
var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
	unicode.Thai, unicode.Armenian, unicode.Georgian, unicode.Devanagari, unicode.Bengali, unicode.Gujarati, unicode.Gurmukhi, unicode.Kannada,
	unicode.Malayalam, unicode.Tamil, unicode.Telugu, unicode.Sinhala, unicode.Oriya, unicode.Khmer, unicode.Myanmar, unicode.Ethiopic,
}

// scriptOf is nil for digits, marks and signs, which go with any.
func scriptOf(r rune) *unicode.RangeTable {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return unicode.Latin
		}
		return nil
	}
	if unicode.IsMark(r) {
		return nil
	}
	for _, script := range scripts {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// isIdeograph says whether r is of a script written without spaces, where a
// rune is taken for a word.
func isIdeograph(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// splitArticle takes the Arabic article off its word.
func splitArticle(text string, start, end int, script *unicode.RangeTable, each func(start, end int)) {
	if script == unicode.Arabic {
		for _, article := range []string{"ال", "أل", "إل", "آل", "ٱل"} {
			if strings.HasPrefix(text[start:end], article) {
				each(start, start+len(article))
				start += len(article)
				break
			}
		}
	}
	if start < end {
		each(start, end)
	}
}

// fold lowers s and takes accents and ligatures away. It leaves ASCII that is
// lower case already as it is, without an allocation.
func fold(s string) string {
	upper := false
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			return foldUnicode(s)
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s
	}
	return strings.ToLower(s)
}

// unmarked are the scripts whose marks are taken off.
var unmarked = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Thai}

func foldUnicode(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	marked := false
	for _, r := range norm.NFKD.String(s) {
		if script := scriptOf(r); script != nil {
			marked = !slices.Contains(unmarked, script)
		}
		if unicode.IsControl(r) || r == utf8.RuneError || !marked && unicode.Is(unicode.Mn, r) {
			continue
		}
		switch r = unicode.ToLower(r); r {
		case 'æ':
			b.WriteString("ae")
		case 'œ':
			b.WriteString("oe")
		case 'đ':
			b.WriteByte('d')
		case 'ı':
			b.WriteByte('i')
		case 'ς':
			b.WriteRune('σ')
		case 'ـ':
		case 'ٱ':
			b.WriteRune('ا')
		case 'ى':
			b.WriteRune('ي')
		case 'ة':
			b.WriteRune('ه')
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
