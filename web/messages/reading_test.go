package messages_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// counts is what every formula of readability works on.
type counts struct{ Sentences, Words, Syllables int }

func (c counts) plus(o counts) counts {
	return counts{c.Sentences + o.Sentences, c.Words + o.Words, c.Syllables + o.Syllables}
}

func (c counts) wordsPerSentence() float64 { return float64(c.Words) / float64(max(1, c.Sentences)) }
func (c counts) syllablesPerWord() float64 { return float64(c.Syllables) / float64(max(1, c.Words)) }

// fleschKincaid is the school grade that reads an English text: Kincaid, Fishburne, Rogers and Chissom, "Derivation of new readability
// formulas for Navy enlisted personnel" (1975).
func fleschKincaid(c counts) float64 {
	return 0.39*c.wordsPerSentence() + 11.8*c.syllablesPerWord() - 15.59
}

// perspicuity says how easily a Spanish text is read: Szigriszt Pazos, "Sistemas predictivos de legibilidad del mensaje escrito" (1993).
// Barrio Cantalejo's scale INFLESZ (2008) reads it: from 55 normal, from 65 rather easy (bastante fácil), from 80 very easy.
func perspicuity(c counts) float64 { return 206.835 - 62.3*c.syllablesPerWord() - c.wordsPerSentence() }

// crawford is the years of schooling that a Spanish text needs, made for the first six: Crawford, "Fórmula y gráfico para determinar la
// comprensibilidad de textos del nivel primario en castellano" (1989).
func crawford(c counts) float64 {
	return -0.205*100/c.wordsPerSentence() + 0.049*100*c.syllablesPerWord() - 3.407
}

// measure is how one language is read. hard is true of counts that a twelve-year-old finds hard to read.
type measure struct {
	syllables func(word string) int
	show      func(counts) string
	rank      func(counts) float64 // higher is harder
	hard      func(counts) bool
}

// measures holds the languages that we have a formula for. A twelve-year-old is in the sixth or seventh grade: English may be of grade 7
// at most. Spanish must be "bastante fácil", which INFLESZ finds in primary school, whose sixth year ends at twelve, and by Crawford need
// six years.
var measures = map[string]measure{
	"en": {
		syllables: englishSyllables, rank: fleschKincaid,
		show: func(c counts) string { return fmt.Sprintf("grade %.1f", fleschKincaid(c)) },
		hard: func(c counts) bool { return fleschKincaid(c) > 7 },
	},
	"es": {
		syllables: spanishSyllables, rank: func(c counts) float64 { return -perspicuity(c) },
		show: func(c counts) string { return fmt.Sprintf("INFLESZ %.0f, year %.1f", perspicuity(c), crawford(c)) },
		hard: func(c counts) bool { return perspicuity(c) < 65 || crawford(c) > 6 },
	},
}

// count counts one sentence or label. Figures, codes and what a page fills in are one word of two syllables.
func (m measure) count(sentence string) counts {
	c := counts{Sentences: 1}
	for _, word := range strings.Fields(sentence) {
		syllables := 0
		for _, part := range wordParts.FindAllString(strings.ToLower(word), -1) {
			if strings.ContainsFunc(part, unicode.IsDigit) || strings.ContainsAny(part, "{@") {
				syllables += 2
				continue
			}
			syllables += m.syllables(strings.ReplaceAll(part, "’", ""))
		}
		if syllables > 0 {
			c.Words++
			c.Syllables += syllables
		}
	}
	return c
}

var (
	wordParts   = regexp.MustCompile(`\{[a-z_]+\}|[\p{L}\d][\p{L}\d.@’]*[\p{L}\d]|[\p{L}\d]`)
	markup      = regexp.MustCompile(`</?[a-z]+[^>]*>`)
	sentenceEnd = regexp.MustCompile(`[.?!:;…]+["”»)]*(\s+|$)`)
)

// sentences divides a text as Flesch did: each thought that can stand alone, ended by a full stop, a colon, a semicolon, a question or an
// exclamation mark. whole is false of a label: no sentence, but a few words on a button or above a field.
func sentences(text string) (parts []string, whole bool) {
	text = strings.TrimSpace(markup.ReplaceAllString(text, " "))
	ends := sentenceEnd.FindAllStringIndex(text, -1)
	from := 0
	for _, end := range ends {
		parts = append(parts, text[from:end[1]])
		from = end[1]
	}
	if rest := text[from:]; rest != "" {
		parts = append(parts, rest)
	}
	return parts, len(ends) > 0
}

// What others published: the platypus, its syllables and its grade stand in the article "Flesch–Kincaid readability tests" of the English
// Wikipedia; the opening of "Cien años de soledad" is a test of the library textstat, with its counts and what both formulas make of them.
func TestFormulas(t *testing.T) {
	t.Parallel()
	en := measures["en"]
	platypus := en.count("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.")
	if want := (counts{1, 13, 24}); platypus != want {
		t.Errorf("the platypus has %+v, want %+v", platypus, want)
	}
	if got := math.Round(fleschKincaid(platypus)*10) / 10; got != 11.3 {
		t.Errorf("the platypus is read in grade %.1f, want 11.3", got)
	}
	opening := counts{6, 162, 306}
	if got := perspicuity(opening); math.Abs(got-62.162) > 0.01 {
		t.Errorf("the opening has a perspicuity of %.3f, want 62.162", got)
	}
	if got := crawford(opening); math.Abs(got-5.089) > 0.001 {
		t.Errorf("the opening needs %.3f years, want 5.089", got)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Continue":                                     1,
		"Is it right? Then send it.":                   2,
		"It looks like this: ASK-7F3K-92WD.":           2,
		"Write to name@example.com or wait 1.5 hours.": 1,
		"<strong>Look!</strong> “{name}” is empty.":    2,
		"¿Está todo bien? Entonces envíela.":           2,
	} {
		if parts, _ := sentences(text); len(parts) != want {
			t.Errorf("%q has %d sentences, want %d: %q", text, len(parts), want, parts)
		}
	}
	if _, whole := sentences("Your question"); whole {
		t.Error("a label counts as a sentence")
	}
}
