package identifier

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// particles are parts of names and forms of address that many unrelated people share.
var particles = wordSet(`
	de del della di da do dos das du des la las le les lo los el al ul van von vander vom zu zur zum den der dem het ten ter te
	bin bint binti ibn abu abd y e i und and mr mrs ms miss mx dr prof sr sra srta jr ii iii iv st saint
`)

// foldedLetters are the letters that carry no separable mark in Unicode, as they are commonly written without it.
var foldedLetters = strings.NewReplacer(
	"ø", "o", "đ", "d", "ð", "d", "ł", "l", "ß", "ss", "ẞ", "ss", "æ", "ae", "œ", "oe", "þ", "th", "ı", "i", "ħ", "h", "ŧ", "t", "ŋ", "n", "ə", "a",
	"ς", "σ", // one letter, at the end of a word and elsewhere
)

// spelledOut are the letters that passports spell with two (ICAO Doc 9303, part 3, section 6).
var spelledOut = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "oe", "å", "aa", "ß", "ss", "æ", "ae", "œ", "oe", "þ", "th", "ñ", "n")

// NameWords gives the words of a name for comparison, sorted, each once: lower case, without accents, hyphenated names as
// parts and as a whole, apostrophes left out and taken as a break, and letters such as ü and ø also as passports spell
// them. Particles (de, la, van, bin ...), forms of address and single Latin letters are left out, unless the name has
// nothing else. Chinese, Japanese and Korean names are written with a space after the family name, or without: of such a
// name of several words the whole is a word, too. A name without letters or digits, such as "-", is a name: it has no words, an empty list and never nil.
func NameWords(name string) []string {
	name = strings.ToLower(norm.NFKC.String(cut(name, readLimit)))
	words, weak := []string{}, []string{}
	add := func(word string) {
		switch {
		case word == "":
		case particles[word] || isOneLetter(word):
			weak = append(weak, word)
		default:
			words = append(words, word)
		}
	}
	for _, field := range strings.FieldsFunc(name, isNameBreak) {
		parts := strings.FieldsFunc(field, isNameJoint)
		for _, part := range parts {
			add(plainLetters(part))
			add(plainLetters(spelledOut.Replace(part)))
		}
		if len(parts) > 1 {
			add(plainLetters(strings.Join(parts, "")))
		}
	}
	if len(words) == 0 {
		words = weak
	}
	if whole := eastAsianWhole(name); whole != "" {
		words = append(words, plainLetters(whole))
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// eastAsianWhole joins a name of Chinese, Japanese or Korean characters alone; "" for any other.
func eastAsianWhole(name string) string {
	fields := strings.FieldsFunc(name, func(r rune) bool { return isNameJoint(r) || isNameBreak(r) })
	whole := strings.Join(fields, "")
	if len(fields) < 2 || strings.IndexFunc(whole, func(r rune) bool {
		return !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) && !unicode.IsMark(r) && r != 'ー'
	}) >= 0 {
		return ""
	}
	return whole
}

// SharesWord reports whether two results of NameWords have a word in common.
func SharesWord(a, b []string) bool {
	for _, word := range a {
		if slices.Contains(b, word) {
			return true
		}
	}
	return false
}

// isNameBreak parts the words of a name: whatever is no letter, mark, digit, hyphen or apostrophe.
func isNameBreak(r rune) bool {
	return !isNameJoint(r) && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !isInvisible(r)
}

// isNameJoint reports whether r joins the parts of one name: a hyphen, or one of the apostrophes people type.
func isNameJoint(r rune) bool {
	return isDash(r) || strings.ContainsRune("'’‘`´ʼʻʹ′＇·", r)
}

// plainLetters folds a word to letters and digits without accents.
func plainLetters(word string) string {
	folded := norm.NFKD.String(foldedLetters.Replace(word))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, folded)
}

// isOneLetter reports whether a word is an initial; a single Chinese or other syllabic character is a name.
func isOneLetter(word string) bool {
	runes := []rune(word)
	return len(runes) == 1 && unicode.In(runes[0], unicode.Latin, unicode.Cyrillic, unicode.Greek)
}
