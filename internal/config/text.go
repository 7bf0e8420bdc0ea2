package config

import "strings"

// Text is a setting that may have another value for each language: NAME_ES for Spanish, NAME_PT_BR for Portuguese in Brazil, and NAME
// itself for every language without one of its own. Which languages there are, only the pages know: so they ask.
type Text struct {
	name   string
	base   string // the language that NAME itself is written in
	getenv func(string) string
}

// In gives the text for a language (BCP 47) and the language that it is written in; empty when the agency set none. "\n" in it parts lines.
func (t Text) In(language string) (text, written string) {
	if t.getenv == nil {
		return "", ""
	}
	suffix := strings.ToUpper(strings.ReplaceAll(language, "-", "_"))
	general, _, _ := strings.Cut(suffix, "_")
	for _, try := range []string{suffix, general} {
		if value := t.value(t.name + "_" + try); value != "" {
			return value, language
		}
	}
	return t.value(t.name), t.base
}

func (t Text) value(name string) string {
	return strings.ReplaceAll(strings.TrimSpace(t.getenv(name)), `\n`, "\n")
}
