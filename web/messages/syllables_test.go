package messages_test

import (
	"regexp"
	"strings"
	"testing"
)

// englishSyllables counts by the letters: groups of vowels, less the e that is not heard, more where two vowels are. It agrees with a
// dictionary of pronunciations as far as TestEnglishSyllables says; what it gets wrong and our pages say often stands in irregular.
func englishSyllables(word string) int {
	if n, ok := irregular[word]; ok {
		return n
	}
	n := len(vowelGroup.FindAllString(word, -1))
	for _, silent := range []*regexp.Regexp{silentEnd, silentInside} {
		if n > 1 && silent.MatchString(word) && !soundedEnd.MatchString(word) {
			n--
		}
	}
	return max(1, n+len(twoVowels.FindAllString(word, -1)))
}

var (
	vowelGroup   = regexp.MustCompile(`[aeiouy]+`)
	silentEnd    = regexp.MustCompile(`[^aeiouy]e$|[^aeiouysxzcg]es$|[^aeiouytd]ed$`)
	soundedEnd   = regexp.MustCompile(`[^aeiouyl]l(e|es|ed)$|[cs]hes$`)
	silentInside = regexp.MustCompile(`[^aeiouy]e(ly|ments?|ful|less|thing|where|times?|body|page|work|cast|casts|seen)$`)
	twoVowels    = regexp.MustCompile(`[^tscglaeiouy]i(a|o|u)|[aeou]ing|[^qg]ua[^yrl]|yi`)
	irregular    = map[string]int{
		"area": 3, "association": 5, "colleague": 2, "colleagues": 2, "csv": 3, "earlier": 3, "everybody": 4, "everything": 3, "february": 4,
		"hundred": 2, "january": 4, "pdf": 3, "required": 3, "taxpayer": 3, "usual": 3, "wednesday": 2,
	}
)

// spanishSyllables follows the Academy's rules of hiatus and diphthong (Ortografía de la lengua española, 2010, II.4.1): two open vowels
// are two syllables, an accented closed vowel beside an open one as well, everything else sounds together; an h between changes nothing.
func spanishSyllables(word string) int {
	word = silentLetters.Replace(word)
	n := 0
	for _, run := range spanishVowels.FindAllString(word, -1) {
		vowels := []rune(run)
		n++
		for i := 1; i < len(vowels); i++ {
			a, b := vowels[i-1], vowels[i]
			between := i+1 < len(vowels) && open(a) && closed(b) && open(vowels[i+1])
			if open(a) && open(b) || open(a) && accented(b) || accented(a) && open(b) || a == b || between {
				n++
			}
		}
	}
	return max(1, n)
}

var (
	silentLetters = strings.NewReplacer("que", "ke", "qué", "ké", "qui", "ki", "quí", "kí", "gue", "ge", "gué", "gé", "gui", "gi", "guí", "gí", "ch", "c", "h", "", "y", "y")
	spanishVowels = regexp.MustCompile(`([aeiouáéíóúü]|y$)+`)
)

func open(r rune) bool     { return strings.ContainsRune("aeoáéó", r) }
func closed(r rune) bool   { return strings.ContainsRune("iuüy", r) }
func accented(r rune) bool { return strings.ContainsRune("íú", r) }

// What the dictionary pronounces otherwise may be one word in a hundred.
func TestEnglishSyllables(t *testing.T) {
	t.Parallel()
	words, wrong := 0, 0
	for want, list := range pronounced {
		for word := range strings.FieldsSeq(list) {
			if words++; englishSyllables(word) != want {
				wrong++
				t.Logf("%s: %d syllables, the dictionary has %d", word, englishSyllables(word), want)
			}
		}
	}
	if words == 0 || wrong*100 > words {
		t.Errorf("%d of %d words are counted otherwise than in the dictionary", wrong, words)
	}
}

// The divided words are examples of the Academy's own: Ortografía de la lengua española (2010) and Diccionario panhispánico de dudas.
func TestSpanishSyllables(t *testing.T) {
	t.Parallel()
	for _, divided := range strings.Fields(`a-é-re-o hé-ro-e le-ón ca-os bú-ho ba-úl pa-ís ma-íz rí-o Ma-rí-a le-ís re-hén chi-i-ta o-í-do va-hí-do
		ciu-dad cuí-da-te hui-da jui-cio vein-te cau-sa ai-re pei-ne oi-go rei-na llu-via vuel-ta fue-ra cuo-ta cons-trui-do viu-da
		buey cam-biáis Pa-ra-guay guiais miau a-ve-ri-güéis lin-güís-ti-ca pin-güi-no gui-ta-rra que-so qui-lo gue-rra
		rey muy hoy y ley yo-yo ra-yo prohi-bir ahu-mar al-ca-hue-te mur-cié-la-go`) {
		word := strings.ToLower(strings.ReplaceAll(divided, "-", ""))
		want := strings.Count(divided, "-") + 1
		if got := spanishSyllables(word); got != want {
			t.Errorf("%s has %d syllables, want %d", divided, got, want)
		}
	}
}
