package meili

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

// vocabulary makes words as a desk's tickets have them: a few very common
// ones and a long tail of names and slips of the finger.
func vocabulary(random *rand.Rand, size int) []string {
	syllables := strings.Fields("ca re mi gra tion no ti ce ap pli re ceipt card green work per mit ad dress of fi cer in ter view de lay " +
		"la ho me ba to si ku ran dez gar cia lo pez nu el vi sa")
	common := strings.Fields("the a i my to and of in is for application immigration card green received notice receipt address " +
		"status case number online account change appointment interview permanent resident delivered mail biometrics not")
	words := slices.Clone(common)
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

func benchTickets(random *rand.Rand, words []string, from, count int) []doc {
	zipf := rand.NewZipf(random, 1.1, 8, uint64(len(words)-1))
	text := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[zipf.Uint64()])
		}
		return b.String()
	}
	statuses := []string{"new", "open", "pending", "on_hold", "solved", "closed"}
	docs := make([]doc, count)
	for i := range docs {
		docs[i] = doc{
			"id": from + i, "reference": fmt.Sprintf("ASK-%04X-%04X", (from+i)/7919%65536, (from+i)*31%65536), "subject": text(8),
			"applicant_name": text(2), "question": text(150 + random.IntN(300)), "messages": []string{text(80), text(60)},
			"status": statuses[random.IntN(len(statuses))], "category": fmt.Sprintf("category-%d", random.IntN(14)),
			"queue": fmt.Sprintf("queue-%d", random.IntN(6)), "link_state": fmt.Sprintf("state-%d", random.IntN(7)),
			"language": []string{"en", "es"}[random.IntN(2)], "opened_at": 1_700_000_000 + (from+i)*137, "version": 1,
		}
	}
	return docs
}

func benchSettings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{"reference", "subject", "applicant_name", "question", "messages"},
		FilterableAttributes: []string{"status", "category", "queue", "link_state", "language", "opened_at"},
		SortableAttributes:   []string{"opened_at"},
		TypoTolerance: &meilisearch.TypoTolerance{Enabled: true, DisableOnNumbers: true,
			MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9}},
		Synonyms: map[string][]string{"green card": {"permanent resident"}},
	}
}

// BenchmarkSearch100k indexes 100,000 tickets of some three kilobytes and then
// times each kind of query. It reports seconds to index, memory, disk, and
// p50 and p95 in milliseconds.
func BenchmarkSearch100k(b *testing.B) { benchmarkSearch(b, 100_000) }

// BenchmarkSearch10k is the same at a tenth of the size.
func BenchmarkSearch10k(b *testing.B) { benchmarkSearch(b, 10_000) }

func benchmarkSearch(b *testing.B, tickets int) {
	s, err := Start(b.Context(), Config{Dir: b.TempDir(), Key: "k"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client := meilisearch.New(s.URL(), meilisearch.WithAPIKey("k"))
	index := client.Index("tickets")
	random := rand.New(rand.NewPCG(1, 2))
	words := vocabulary(random, 120_000)
	if _, err := index.UpdateSettings(benchSettings()); err != nil {
		b.Fatal(err)
	}
	started, last := time.Now(), int64(0)
	var making time.Duration
	for from := 0; from < tickets; from += 1000 {
		made := time.Now()
		docs := benchTickets(random, words, from, 1000)
		making += time.Since(made)
		info, err := index.AddDocuments(docs, &meilisearch.DocumentOptions{PrimaryKey: ptr("id")})
		if err != nil {
			b.Fatal(err)
		}
		last = info.TaskUID
	}
	if _, err := client.WaitForTaskWithContext(b.Context(), last, 20*time.Millisecond); err != nil {
		b.Fatal(err)
	}
	b.Logf("indexed %d in %s (%s of it making them)", tickets, time.Since(started), making)
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.Logf("heap %d MB, disk %d MB", memory.HeapInuse>>20, s.diskSize()>>20)
	for _, kind := range benchQueries() {
		b.Run(kind.name, func(b *testing.B) { timeQueries(b, index, kind, random, words) })
	}
}

type queryKind struct {
	name    string
	q       func(random *rand.Rand, words []string) string
	request meilisearch.SearchRequest
}

func benchQueries() []queryKind {
	common := func(random *rand.Rand, words []string) string { return words[random.IntN(32)] }
	rare := func(random *rand.Rand, words []string) string { return words[100+random.IntN(len(words)-100)] }
	facets := []string{"status", "category", "queue", "link_state", "language"}
	typo := func(word string) string {
		if len(word) < 6 {
			return word
		}
		return word[:3] + word[4:]
	}
	return []queryKind{
		{"empty with facets", func(*rand.Rand, []string) string { return "" }, meilisearch.SearchRequest{Facets: facets}},
		{"empty by date", func(*rand.Rand, []string) string { return "" }, meilisearch.SearchRequest{Sort: []string{"opened_at:desc"}}},
		{"one letter", func(r *rand.Rand, w []string) string { return rare(r, w)[:1] }, meilisearch.SearchRequest{Facets: facets}},
		{"two letters", func(r *rand.Rand, w []string) string { return rare(r, w)[:2] }, meilisearch.SearchRequest{Facets: facets}},
		{"four letters", func(r *rand.Rand, w []string) string { return rare(r, w)[:4] }, meilisearch.SearchRequest{Facets: facets}},
		{"a common word", common, meilisearch.SearchRequest{Facets: facets}},
		{"a rare word", rare, meilisearch.SearchRequest{Facets: facets}},
		{"two common words", func(r *rand.Rand, w []string) string { return common(r, w) + " " + common(r, w) }, meilisearch.SearchRequest{}},
		{"three words with typos", func(r *rand.Rand, w []string) string {
			return typo(common(r, w)) + " " + typo(rare(r, w)) + " " + typo(rare(r, w))
		}, meilisearch.SearchRequest{AttributesToHighlight: []string{"*"}}},
		{"filtered by date", common, meilisearch.SearchRequest{
			Filter: "status = open AND opened_at > 1705000000", Sort: []string{"opened_at:desc"}, Facets: facets}},
		{"a phrase", func(*rand.Rand, []string) string { return `"green card"` }, meilisearch.SearchRequest{}},
		{"a synonym", func(*rand.Rand, []string) string { return "green card" }, meilisearch.SearchRequest{}},
	}
}

func timeQueries(b *testing.B, index meilisearch.IndexManager, kind queryKind, random *rand.Rand, words []string) {
	var took []time.Duration
	for b.Loop() {
		q := kind.q(random, words)
		request := kind.request
		started := time.Now()
		var raw *json.RawMessage
		var err error
		if raw, err = index.SearchRaw(q, &request); err != nil || raw == nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
