package inbound

import (
	"strings"
	"unicode"
)

// Words that stand in almost every text of one language and in none of the other.
var common = map[string][]string{
	"en": {"the", "and", "my", "is", "you", "for", "have", "not", "was", "this", "with", "it", "are", "please", "what", "when", "your", "of", "to", "thank", "thanks", "i"},
	"es": {"el", "la", "los", "que", "de", "mi", "por", "para", "una", "con", "es", "gracias", "no", "en", "su", "favor", "hola", "tengo", "cuando", "cuándo", "pero", "mis", "usted", "estoy"},
}

// language guesses the language of a text from its commonest words; otherwise when they do not tell.
func language(text, otherwise string) string {
	counts := map[string]int{}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range words[:min(len(words), 500)] {
		for code, all := range common {
			for _, c := range all {
				if w == c {
					counts[code]++
				}
			}
		}
	}
	switch en, es := counts["en"], counts["es"]; {
	case en > es && en >= 2:
		return "en"
	case es > en && es >= 2:
		return "es"
	}
	return otherwise
}
