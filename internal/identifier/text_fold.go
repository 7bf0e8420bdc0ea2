package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// otherSign stands for every character of a folded text that is no variant of an ASCII one.
const otherSign = 0x80

// foldedText is a text beside its folded form: one byte for each visible character (digits of every script as ASCII,
// letters lower case without accents, every dash "-", every space " "), so that numbers can be found however they are
// written and the original bytes replaced exactly.
type foldedText struct {
	text string
	fold []byte
	at   []int // at[i] is the offset in text of fold[i]; one more at the end
}

func foldText(text string) foldedText {
	f := foldedText{text: text, fold: make([]byte, 0, len(text)), at: make([]int, 0, len(text)+1)}
	for offset := 0; offset < len(text); {
		r, size := rune(text[offset]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[offset:])
		}
		if b, visible := foldRune(r); visible {
			f.fold = append(f.fold, b)
			f.at = append(f.at, offset)
		}
		offset += size
	}
	f.at = append(f.at, len(text))
	return f
}

// foldRune gives the byte that stands for r, and false when r shows nothing by itself.
func foldRune(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		switch {
		case r >= 'A' && r <= 'Z':
			return byte(r) + 'a' - 'A', true
		case r == '\t':
			return ' ', true
		case r == '\n':
			return '\n', true
		}
		return byte(r), !unicode.IsControl(r)
	}
	switch {
	case r == '\u2028' || r == '\u2029' || r == '\u0085':
		return '\n', true
	case isInvisible(r), unicode.Is(unicode.Mn, r):
		return 0, false
	case unicode.IsSpace(r):
		return ' ', true
	case isDash(r):
		return '-', true
	}
	if d, ok := digitValue(r); ok {
		return byte('0' + d), true
	}
	return foldCompatible(r), true
}

// foldCompatible folds what Unicode says is a variant of one ASCII character (full-width, accented, superscript).
func foldCompatible(r rune) byte {
	plain := strings.TrimRightFunc(norm.NFKD.String(string(r)), unicode.IsMark)
	if len(plain) == 1 && plain[0] > ' ' {
		b := plain[0]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		return b
	}
	return otherSign
}

// original is the text as written from fold[start] up to fold[end], without what is invisible after it.
func (f foldedText) original(start, end int) string {
	last := f.at[end-1]
	_, size := utf8.DecodeRuneInString(f.text[last:])
	return f.text[f.at[start] : last+size]
}

// inLink reports whether the word (up to white space) around fold[start:end] is a web or e-mail address.
func (f foldedText) inLink(start, end int) bool {
	const reach = 512 // longer words are no prose; looking no further keeps hostile input cheap
	from, to := start, end
	for from > 0 && start-from < reach && !isBlank(f.fold[from-1]) {
		from--
	}
	for to < len(f.fold) && to-end < reach && !isBlank(f.fold[to]) {
		to++
	}
	return from < to && looksLikeLink(string(f.fold[from:to]))
}

func isBlank(b byte) bool { return b == ' ' || b == '\n' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isLetter reports whether b is a Latin letter, which joins a number to a code. Letters of scripts that are written without
// blanks do not.
func isLetter(b byte) bool { return b >= 'a' && b <= 'z' }
