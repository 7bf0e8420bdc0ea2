package meili

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/meilisearch/meilisearch-go"
)

// A benchSource gives the benchmark its documents, in the form in which the application sends them, and remembers how often
// their words occur.
type benchSource struct {
	random *rand.Rand
	wanted int
	made   int
	length int // words of a body

	lines *bufio.Scanner // of MEILI_BENCH_FILE
	known []string
	zipf  *rand.Zipf

	frequency map[string]int
	pairs     []string
}

func openBenchSource(b *testing.B) *benchSource {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	s := &benchSource{
		random: random, wanted: number("MEILI_BENCH_TICKETS", 1000), length: number("MEILI_BENCH_WORDS", 110),
		known: vocabulary(random, 120_000), frequency: map[string]int{},
	}
	s.zipf = rand.NewZipf(random, 1.1, 8, uint64(len(s.known)-1))
	if name := os.Getenv("MEILI_BENCH_FILE"); name != "" {
		file, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = file.Close() })
		s.lines = bufio.NewScanner(file)
		s.lines.Buffer(nil, 1<<20)
	}
	return s
}

// vocabulary makes words as tickets have them: a few very common ones, and a long tail of names and slips of the finger.
func vocabulary(random *rand.Rand, size int) []string {
	syllables := strings.Fields("ca re mi gra tion no ti ce ap pli re ceipt card green work per mit ad dress of fi cer in ter view de lay " +
		"la ho me ba to si ku ran dez gar cia lo pez nu el vi sa")
	words := strings.Fields("the a i my to and of in is for application immigration card green received notice receipt address " +
		"status case number online account change appointment interview permanent resident delivered mail biometrics not")
	for len(words) < size {
		var b strings.Builder
		for range 2 + random.IntN(3) {
			b.WriteString(syllables[random.IntN(len(syllables))])
		}
		if random.IntN(4) == 0 {
			fmt.Fprintf(&b, "%d", random.IntN(1000))
		}
		words = append(words, b.String())
	}
	return words
}

// tickets gives the next n documents, fewer at the end.
func (s *benchSource) tickets(b *testing.B, n int) []json.RawMessage {
	b.Helper()
	var docs []json.RawMessage
	for range min(n, s.wanted-s.made) {
		doc, ok := s.next(b)
		if !ok {
			break
		}
		s.made++
		docs = append(docs, doc)
	}
	return docs
}

func (s *benchSource) next(b *testing.B) (json.RawMessage, bool) {
	b.Helper()
	if s.lines != nil {
		if !s.lines.Scan() {
			return nil, false
		}
		raw := json.RawMessage(s.lines.Bytes())
		var texts struct{ Subject, Body string }
		if err := json.Unmarshal(raw, &texts); err != nil {
			b.Fatal(err)
		}
		s.count(texts.Subject, texts.Body)
		return slices.Clone(raw), true
	}
	subject, body := s.text(8), s.text(s.length/2+s.random.IntN(s.length))
	s.count(subject, body)
	pick := func(list string) string { return strings.Fields(list)[s.random.IntN(len(strings.Fields(list)))] }
	n := s.made + 1
	raw, err := json.Marshal(map[string]any{
		"id": n, "version": 1 + s.random.IntN(9), "reference": fmt.Sprintf("ASK-%04X-%04X", n/7919%65536, n*31%65536), "subject": subject,
		"body": body, "applicant_name": s.known[s.random.IntN(len(s.known))] + " " + s.known[1000+s.random.IntN(9000)],
		"status":     pick("new open pending on_hold solved closed closed closed"),
		"category":   pick("processing-time notice-not-received card-not-received document-not-received case-question change-of-address"),
		"queue":      pick("general cards notices spanish"),
		"link_state": pick("none none verified corroborated claimed conflict unmatched unusable"), "language": pick("en en en es"),
		"assignee": s.random.IntN(40), "account": s.random.IntN(20_000), "sender": 1 + s.random.IntN(n), "opened_at": 1_700_000_000 + n*900,
		"opened_month": fmt.Sprintf("20%02d-%02d", 20+n%6, 1+n%12), "hidden": s.random.IntN(20) == 0,
	})
	if err != nil {
		b.Fatal(err)
	}
	return raw, true
}

func (s *benchSource) text(words int) string {
	var b strings.Builder
	for i := range words {
		switch {
		case i > 0 && i%14 == 0:
			b.WriteString(". ")
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteString(s.known[s.zipf.Uint64()])
	}
	return b.String()
}

// accounts are a fifth as many as tickets.
func (s *benchSource) accounts() []doc {
	var docs []doc
	for i := range s.made/5 + 1 {
		docs = append(docs, doc{
			"id": i + 1, "version": 1, "number": fmt.Sprintf("%012d", 7_000_000_000+i*97), "opened_at": 1_700_000_000 + i,
			"name": s.known[s.random.IntN(len(s.known))] + " " + s.known[1000+s.random.IntN(9000)],
		})
	}
	return docs
}

// learn goes through the documents without sending them: the folder holds them already.
func (s *benchSource) learn(b *testing.B) {
	b.Helper()
	for len(s.tickets(b, 1000)) > 0 {
	}
}

func (s *benchSource) count(texts ...string) {
	seen := map[string]bool{}
	for _, text := range texts {
		before := ""
		for _, word := range words(text) {
			if !seen[word] {
				seen[word] = true
				s.frequency[word]++
			}
			if before != "" && s.random.IntN(100) == 0 {
				s.pairs = append(s.pairs, before+" "+word)
			}
			before = word
		}
	}
}

// benchWords are the words of the documents without stop words, the commonest first.
type benchWords struct {
	words  []string
	counts map[string]int
	pairs  []string
	places map[string]int
}

func (s *benchSource) words() benchWords {
	stop := map[string]bool{}
	for _, word := range benchTickets().StopWords {
		stop[word] = true
	}
	w := benchWords{counts: s.frequency, places: map[string]int{}, pairs: s.pairs}
	for word := range s.frequency {
		if !stop[word] {
			w.words = append(w.words, word)
		}
	}
	slices.SortFunc(w.words, func(a, b string) int {
		if s.frequency[a] != s.frequency[b] {
			return s.frequency[b] - s.frequency[a]
		}
		return strings.Compare(a, b)
	})
	for i, word := range w.words {
		w.places[word] = i
	}
	return w
}

func (w benchWords) common(r *rand.Rand) string { return w.words[r.IntN(min(20, len(w.words)))] }
func (w benchWords) middling(r *rand.Rand) string {
	return w.words[200+r.IntN(min(1000, len(w.words)-200))]
}
func (w benchWords) rare(r *rand.Rand) string { return w.words[len(w.words)/2+r.IntN(len(w.words)/2)] }

// beginning is the first letters of a word as often as it is written.
func (w benchWords) beginning(r *rand.Rand, letters int) string {
	for {
		if word := w.words[r.IntN(len(w.words))]; len(word) > letters {
			return word[:letters]
		}
	}
}

// phrase is two words that stand beside each other somewhere, both of them common or neither.
func (w benchWords) phrase(r *rand.Rand, from, to int) string {
	for range 100_000 {
		pair := w.pairs[r.IntN(len(w.pairs))]
		first, second, _ := strings.Cut(pair, " ")
		a, common := w.places[first]
		b, both := w.places[second]
		if common && both && a >= from && a < to && b >= from && b < to {
			return pair
		}
	}
	return w.words[0] + " " + w.words[1]
}

// benchTickets and benchAccounts are the settings of the application's indexes, with a part of its vocabulary.
func benchTickets() *meilisearch.Settings {
	same := [][]string{
		{"green card", "permanent resident card", "i-551", "resident card", "tarjeta verde", "tarjeta de residencia", "mica"},
		{"ead", "work permit", "employment authorization", "i-766", "permiso de trabajo", "autorizacion de empleo"},
		{"appointment", "cita"}, {"lawyer", "attorney", "abogado"}, {"address change", "change of address", "ar-11", "cambio de direccion"},
	}
	synonyms := map[string][]string{}
	for _, names := range same {
		for _, name := range names {
			synonyms[name] = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
		}
	}
	return &meilisearch.Settings{
		SearchableAttributes: []string{"subject", "applicant_name", "reference", "body"},
		FilterableAttributes: []string{"id", "hidden", "status", "category", "queue", "link_state", "language", "assignee", "account",
			"sender", "opened_at", "opened_month"},
		SortableAttributes:  []string{"opened_at"},
		DisplayedAttributes: []string{"id", "version", "subject", "body"},
		RankingRules:        []string{"sort", "words", "typo", "proximity", "attribute", "exactness", "opened_at:desc"},
		TypoTolerance:       benchTypos("reference"),
		StopWords: strings.Fields(`a an and are as at be been but by for from had has have if in into is it its my of on or our so that the
			their them then there these they this those to was we were will with would you your`),
		Synonyms:       synonyms,
		Faceting:       &meilisearch.Faceting{MaxValuesPerFacet: 200, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeCount}},
		SearchCutoffMs: 300,
	}
}

func benchAccounts() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"name", "number"}, FilterableAttributes: []string{"id"}, SortableAttributes: []string{"opened_at"},
		DisplayedAttributes: []string{"id", "version", "name"}, TypoTolerance: benchTypos("number"),
		RankingRules: []string{"sort", "words", "typo", "proximity", "attribute", "exactness"}, SearchCutoffMs: 300,
	}
}

func benchTypos(exactOn string) *meilisearch.TypoTolerance {
	return &meilisearch.TypoTolerance{
		Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
		DisableOnWords: []string{}, DisableOnAttributes: []string{exactOn}, DisableOnNumbers: true,
	}
}
