package meili

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

// BenchmarkSearch fills the two indexes of a desk and times every kind of query as the application asks it: hits of tickets
// and accounts in one federated request and the counts of seven facets in another, at the same time. MEILI_BENCH_TICKETS says
// how many tickets (a thousand), MEILI_BENCH_WORDS how many words each has (110, which is 800 bytes), MEILI_BENCH_FILE takes
// documents from a file instead, one in a line. It reports p50, p95 and processor time of each kind, how long it took to index, what the process
// and the folder hold, and how soon the server answers after a restart.
func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	if kept := os.Getenv("MEILI_BENCH_DIR"); kept != "" {
		dir = kept // filled by a run before
	}
	before := residentMemory()
	source := openBenchSource(b)
	s := fillBench(b, dir, source)
	held := residentMemory()
	report(b, "held", map[string]float64{"MB-before": megabytes(before.anonymous), "MB": megabytes(held.anonymous),
		"MB-files": megabytes(held.files), "MB-disk": megabytes(s.diskSize())})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	s = startBench(b, dir)
	defer func() { _ = s.Close() }()
	desk := &benchDesk{client: meilisearch.New(s.URL(), meilisearch.WithAPIKey(s.Key()))}
	kinds := benchKinds(source.words())
	desk.ask(b, kinds[0].make(source.random))
	report(b, "restart", map[string]float64{"ms": float64(time.Since(started).Milliseconds())})
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			timeQueries(b, func() func() { q := kind.make(source.random); return func() { desk.ask(b, q) } })
		})
	}
	b.Run("a facet's values", func(b *testing.B) {
		timeQueries(b, func() func() { return func() { desk.facetSearch(b, "pro") } })
	})
	b.Run("eight at once", func(b *testing.B) { timeTogether(b, desk, kinds, source.random) })
	held = residentMemory()
	report(b, "held after the queries", map[string]float64{"MB": megabytes(held.anonymous), "MB-files": megabytes(held.files)})
}

func startBench(b *testing.B, dir string) *Server {
	b.Helper()
	s, err := Start(b.Context(), Config{Dir: dir, Key: "k"})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// fillBench sends all documents in batches of a thousand, two on their way at a time, as the application does.
func fillBench(b *testing.B, dir string, source *benchSource) *Server {
	b.Helper()
	_, err := os.Stat(filepath.Join(dir, "store.bolt"))
	s := startBench(b, dir)
	if err == nil {
		source.learn(b)
		return s
	}
	client := meilisearch.New(s.URL(), meilisearch.WithAPIKey(s.Key()))
	for uid, settings := range map[string]*meilisearch.Settings{"tickets": benchTickets(), "accounts": benchAccounts()} {
		if _, err := client.Index(uid).UpdateSettings(settings); err != nil {
			b.Fatal(err)
		}
	}
	started, making, peak := time.Now(), time.Duration(0), memory{}
	var waiting []int64
	for n := 0; ; {
		made := time.Now()
		docs := source.tickets(b, 1000)
		making += time.Since(made)
		if len(docs) == 0 {
			break
		}
		n += len(docs)
		info, err := client.Index("tickets").AddDocuments(docs, &meilisearch.DocumentOptions{PrimaryKey: ptr("id")})
		if err != nil {
			b.Fatal(err)
		}
		if waiting = append(waiting, info.TaskUID); len(waiting) > 2 {
			awaitTask(b, client, waiting[0])
			waiting = waiting[1:]
		}
		if now := residentMemory(); now.anonymous > peak.anonymous {
			peak = now
		}
	}
	for _, task := range waiting {
		awaitTask(b, client, task)
	}
	report(b, "indexing without making", map[string]float64{"tickets": float64(source.made), "s": (time.Since(started) - making).Seconds(),
		"MB-peak": megabytes(peak.anonymous), "MB-files": megabytes(peak.files)})
	info, err := client.Index("accounts").AddDocuments(source.accounts(), &meilisearch.DocumentOptions{PrimaryKey: ptr("id")})
	if err != nil {
		b.Fatal(err)
	}
	awaitTask(b, client, info.TaskUID)
	return s
}

func awaitTask(b *testing.B, client meilisearch.ServiceManager, uid int64) {
	b.Helper()
	task, err := client.WaitForTaskWithContext(b.Context(), uid, 10*time.Millisecond)
	if err != nil || task.Status != meilisearch.TaskStatusSucceeded {
		b.Fatalf("task %d: %+v, %v", uid, task, err)
	}
}

// A memory is what the kernel says the process holds: its own pages, and those of files, which it may take back.
type memory struct{ anonymous, files int64 }

func megabytes(bytes int64) float64 { return float64(bytes >> 20) }

// report shows figures by their unit as a benchmark's.
func report(b *testing.B, name string, figures map[string]float64) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		for unit, figure := range figures {
			b.ReportMetric(figure, unit)
		}
		b.ReportMetric(0, "ns/op")
	})
}

func residentMemory() memory {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return memory{} // not on Linux
	}
	var m memory
	for line := range strings.Lines(string(raw)) {
		fields := strings.Fields(line)
		for name, into := range map[string]*int64{"RssAnon:": &m.anonymous, "RssFile:": &m.files} {
			if len(fields) > 1 && fields[0] == name {
				kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
				*into = kilobytes << 10
			}
		}
	}
	return m
}

// A benchQuery is what a person asks.
type benchQuery struct {
	text, filter string
	sort         []string
}

type benchKind struct {
	name string
	make func(*rand.Rand) benchQuery
}

// benchKinds are the kinds of query that the figures are promised for.
func benchKinds(words benchWords) []benchKind {
	text := func(name string, make func(*rand.Rand) string) benchKind {
		return benchKind{name, func(r *rand.Rand) benchQuery { return benchQuery{text: make(r)} }}
	}
	join := func(of func(*rand.Rand) string, n int) func(*rand.Rand) string {
		return func(r *rand.Rand) string {
			var all []string
			for range n {
				all = append(all, of(r))
			}
			return strings.Join(all, " ")
		}
	}
	fixed := func(q string) func(*rand.Rand) string { return func(*rand.Rand) string { return q } }
	return []benchKind{
		text("nothing typed", fixed("")),
		{"nothing typed, the newest", func(*rand.Rand) benchQuery { return benchQuery{sort: []string{"opened_at:desc"}} }},
		text("a rare word", words.rare), text("a middling word", words.middling), text("a common word", words.common),
		text("two words", func(r *rand.Rand) string { return words.middling(r) + " " + words.common(r) }),
		text("two common words", join(words.common, 2)),
		text("two words, one mistyped", func(r *rand.Rand) string { return mistyped(r, words.common(r)) + " " + words.middling(r) }),
		text("a phrase", func(r *rand.Rand) string { return `"` + words.phrase(r, 20, 20_000) + `"` }),
		text("a phrase of common words", func(r *rand.Rand) string { return `"` + words.phrase(r, 0, 20) + `"` }),
		text("one letter", func(r *rand.Rand) string { return words.beginning(r, 1) }),
		text("two letters", func(r *rand.Rand) string { return words.beginning(r, 2) }),
		text("three letters", func(r *rand.Rand) string { return words.beginning(r, 3) }),
		text("a word and a letter", func(r *rand.Rand) string { return words.common(r) + " " + words.beginning(r, 1) }),
		{"a word and filters", func(r *rand.Rand) benchQuery {
			return benchQuery{text: words.common(r), filter: ` AND status IN ["open", "new"] AND language IN ["en"] AND ((opened_at >= 1705000000 AND opened_at < 1790000000))`}
		}},
		{"a word, the newest", func(r *rand.Rand) benchQuery {
			return benchQuery{text: words.common(r), sort: []string{"opened_at:desc"}}
		}},
		text("ten words", join(words.middling, 10)), text("ten common words", join(words.common, 10)),
		text("without a word", func(r *rand.Rand) string { return words.common(r) + " -" + words.common(r) }),
		text("nothing but without a word", func(r *rand.Rand) string { return "-" + words.common(r) }),
		text("a synonym", fixed("green card")), text("synonyms", fixed("work permit lawyer appointment")),
	}
}

func mistyped(r *rand.Rand, word string) string {
	if len(word) < 6 {
		return word
	}
	at := 2 + r.IntN(len(word)-3)
	return word[:at] + word[at+1:]
}

// A benchDesk asks as the application's search does.
type benchDesk struct{ client meilisearch.ServiceManager }

func (d *benchDesk) ask(b *testing.B, q benchQuery) {
	if d.page(b, q, meilisearch.All) == 0 && strings.Contains(q.text, " ") {
		d.page(b, q, meilisearch.Frequency)
	}
}

func (d *benchDesk) page(b *testing.B, q benchQuery, strategy meilisearch.MatchingStrategy) int64 {
	var both sync.WaitGroup
	var total int64
	both.Go(func() { total = d.hits(b, q, strategy) })
	both.Go(func() { d.counts(b, q, strategy) })
	both.Wait()
	return total
}

func (d *benchDesk) hits(b *testing.B, q benchQuery, strategy meilisearch.MatchingStrategy) int64 {
	request := &meilisearch.MultiSearchRequest{Federation: &meilisearch.MultiSearchFederation{Limit: 20}}
	if q.text != "" && q.filter == "" {
		request.Queries = append(request.Queries, &meilisearch.SearchRequest{
			IndexUID: "accounts", Query: q.text, MatchingStrategy: meilisearch.All, Sort: q.sort, AttributesToRetrieve: []string{"id"},
			AttributesToHighlight: []string{"name"}, HighlightPreTag: "\x01", HighlightPostTag: "\x02",
			FederationOptions: &meilisearch.SearchFederationOptions{Weight: 1.5},
		})
	}
	request.Queries = append(request.Queries, &meilisearch.SearchRequest{
		IndexUID: "tickets", Query: q.text, MatchingStrategy: strategy, Sort: q.sort, Filter: "hidden = false" + q.filter,
		AttributesToRetrieve: []string{"id"}, AttributesToHighlight: []string{"subject", "body"}, AttributesToCrop: []string{"body"},
		CropLength: 30, HighlightPreTag: "\x01", HighlightPostTag: "\x02",
	})
	got, err := d.client.MultiSearch(request)
	if err != nil {
		b.Error(err)
		return 0
	}
	return got.EstimatedTotalHits
}

// counts asks for every facet that nothing is filtered by together, and for status by itself where it is filtered.
func (d *benchDesk) counts(b *testing.B, q benchQuery, strategy meilisearch.MatchingStrategy) {
	facets := []string{"status", "category", "queue", "link_state", "language", "assignee", "opened_month"}
	request := &meilisearch.MultiSearchRequest{}
	count := func(filter string, facets ...string) {
		request.Queries = append(request.Queries, &meilisearch.SearchRequest{
			IndexUID: "tickets", Query: q.text, MatchingStrategy: strategy, Filter: filter, HitsPerPage: ptr(int64(0)),
			Facets: facets,
		})
	}
	if q.filter != "" {
		count("hidden = false", facets[0])
		facets = facets[1:]
	}
	count("hidden = false"+q.filter, facets...)
	if _, err := d.client.MultiSearch(request); err != nil {
		b.Error(err)
	}
}

func (d *benchDesk) facetSearch(b *testing.B, beginning string) {
	request := &meilisearch.FacetSearchRequest{FacetName: "category", FacetQuery: beginning, Filter: "hidden = false"}
	if _, err := d.client.Index("tickets").FacetSearch(request); err != nil {
		b.Error(err)
	}
}

func timeQueries(b *testing.B, next func() func()) {
	before := processorTime(b)
	var took []time.Duration
	for b.Loop() {
		ask := next()
		started := time.Now()
		ask()
		took = append(took, time.Since(started))
	}
	reportTimes(b, took)
	b.ReportMetric((processorTime(b)-before).Seconds()*1000/float64(len(took)), "cpu-ms")
}

// processorTime is what this process has used of the processors: what a query costs, however busy they are otherwise.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func timeTogether(b *testing.B, desk *benchDesk, kinds []benchKind, random *rand.Rand) {
	var took []time.Duration
	var mu sync.Mutex
	peak := memory{}
	for b.Loop() {
		var all sync.WaitGroup
		for range 8 {
			q := kinds[random.IntN(len(kinds))].make(random)
			all.Go(func() {
				started := time.Now()
				desk.ask(b, q)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(started))
			})
		}
		all.Wait()
		if now := residentMemory(); now.anonymous > peak.anonymous {
			peak = now
		}
	}
	reportTimes(b, took)
	b.ReportMetric(float64(peak.anonymous>>20), "peak-MB")
}

func reportTimes(b *testing.B, took []time.Duration) {
	slices.SortFunc(took, cmp.Compare[time.Duration])
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op")
}
