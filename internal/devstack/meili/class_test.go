package meili

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

// Documents sorted into classes cost what each of them does when every path of the query is tried on it alone.
func TestClassesCostWhatTheirDocumentsDo(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		q := queryOfWords(1 + random.IntN(maxQueryWords))
		nodes, docs := q.nodes(defaultSettings()), uint32(80)
		classes, typos := newClasses(docs), make([][]int, len(nodes))
		for i, n := range nodes {
			noting, likely := newNoting(docs), random.IntN(4)
			typos[i] = make([]int, docs)
			for doc := range docs {
				typos[i][doc] = -1
				if random.IntN(4) <= likely {
					typos[i][doc] = random.IntN(mostTypos + 1)
					noting.note(doc, typos[i][doc], 0)
				}
			}
			n.found = len(noting.docs) > 0
			classes.divide(i, noting.docs, noting.typos)
		}
		live := newDocSet(docs)
		for doc := range docs {
			live.add(doc)
		}
		strategy := []string{"all", "last", "frequency"}[random.IntN(3)]
		leaveOut(nodes, len(q.terms), strategy, classes, live)
		g := newGraph(nodes, len(q.terms))
		for doc := range docs {
			path := pathSearch{nodes: nodes, terms: len(q.terms), typosOf: func(node int) int { return typos[node][doc] }}
			want, got := path.cheapest(0, 0), g.cheapest(classes.marks[classes.of[doc]])
			if want != got {
				t.Fatalf("%d terms, %s, document %d: costs %x, want %x", len(q.terms), strategy, doc, got, want)
			}
		}
	}
}

func queryOfWords(n int) query {
	var q query
	for i := range n {
		q.terms = append(q.terms, term{word: fmt.Sprintf("word%c", 'a'+i), start: i, end: i})
	}
	return q
}

// A pathSearch tries every path of one document.
type pathSearch struct {
	nodes   []*node
	terms   int
	typosOf func(node int) int
}

func (p pathSearch) cheapest(at int, left uint8) uint32 {
	if at == p.terms {
		return 0
	}
	best := uint32(impossible)
	for i, n := range p.nodes {
		if n.first != at {
			continue
		}
		if typos := p.typosOf(i); typos >= 0 && n.group >= left {
			best = min(best, p.cheapest(n.last+1, left)+uint32(typos+n.extraTypos()))
		}
		if n.span() == 1 && n.group != kept {
			best = min(best, p.cheapest(at+1, max(left, n.group))+leftOut)
		}
	}
	return min(best, impossible)
}

// What is kept of a segment says nothing of a document that was deleted since, nor of other attributes than those it was found in.
func TestKeptPhrasesAndWords(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "tickets", nil, []doc{
		{"id": 1, "title": "lost passport", "body": "other"}, {"id": 2, "title": "other", "body": "lost passport"},
		{"id": 3, "title": "lost pasport", "body": "other"}, {"id": 4, "title": "losing a passport", "body": "lost"},
		{"id": 6, "title": "lost my passport", "body": "lost passport"},
	})
	expect := func(q string, attributes []string, want ...string) {
		t.Helper()
		for range 2 { // found, then kept
			got := ids(t, index, q, meilisearch.SearchRequest{AttributesToSearchOn: attributes, MatchingStrategy: meilisearch.All})
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s in %v (-want +got):\n%s", q, attributes, diff)
			}
		}
	}
	for _, q := range []string{`"lost passport"`, "lostpassport"} {
		expect(q, nil, "1", "2", "6")
		expect(q, []string{"title"}, "1")
		expect(q, []string{"body"}, "2", "6")
	}
	expect("lost passport", nil, "1", "2", "3", "4", "6")
	expect("lost passport", []string{"title"}, "1", "3", "6")
	info, err := index.DeleteDocuments([]string{"1", "4"}, nil)
	done(t, client, info, err)
	expect(`"lost passport"`, nil, "2", "6")
	expect("lost passport", nil, "2", "3", "6")
	info, err = index.AddDocuments([]doc{{"id": 2, "title": "no more"}, {"id": 5, "title": "lost passport"}}, nil)
	done(t, client, info, err)
	expect(`"lost passport"`, nil, "5", "6")
	expect("lost passport", nil, "3", "5", "6")
}

func TestMemoBeginsAnewWhenFull(t *testing.T) {
	t.Parallel()
	m := newMemo[int](100)
	for i := range 50 {
		m.put(fmt.Sprint(i), []int{i, i, i, i})
		if list, ok := m.get(fmt.Sprint(i)); !ok || list[0] != i || m.size > 100 {
			t.Fatalf("list %d: %v, %t, %d elements kept", i, list, ok, m.size)
		}
	}
	if m.put("long", make([]int, 30)); m.size > 100 {
		t.Errorf("%d elements kept", m.size)
	}
	if _, ok := m.get("long"); ok {
		t.Error("a list that fills a third is kept")
	}
}
