package messages_test

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/askwell/askwell/web/messages"
)

const (
	longSentence = 20 // words; a longer one is parted
	ofOneAccount = 30 // words; fewer say nothing of a page by themselves
	hardestShown = 3
)

// applicantAreas are the areas that applicants read; what else there is, the staff read.
var applicantAreas = []string{"common", "mail", "portal", "public", "security", "status", "thread"}

// forStaff says which of those texts only the staff see, and which are no texts but forms of dates and numbers.
func forStaff(key string) bool {
	return strings.HasSuffix(key, "_staff") || key == "error_page.tickets" || strings.HasPrefix(key, "mail.report.") ||
		strings.HasPrefix(key, "format.") || strings.HasPrefix(key, "language.")
}

// sentence is one of a text, with what it counts.
type sentence struct {
	key, text string
	counts    counts
}

// reader gathers what one language's pages say.
type reader struct {
	measure   measure
	areas     map[string]counts // the sentences of each area
	labels    map[string]counts // its labels, joined
	pages     map[string]counts // the sentences of each page: the first two parts of a key
	sentences map[string][]sentence
}

func read(c *messages.Catalog, code string) reader {
	r := reader{measures[code], map[string]counts{}, map[string]counts{}, map[string]counts{}, map[string][]sentence{}}
	for _, area := range applicantAreas {
		for _, key := range c.Keys(code, area) {
			if forStaff(key) {
				continue
			}
			forms, err := c.For(code).Forms(key)
			if err != nil {
				panic(err)
			}
			r.add(area, key, forms["other"])
		}
	}
	return r
}

func (r reader) add(area, key, text string) {
	parts, whole := sentences(text)
	page := strings.Join(strings.SplitN(key, ".", 3)[:min(2, strings.Count(key, ".")+1)], ".")
	for _, part := range parts {
		c := r.measure.count(part)
		if !whole {
			r.labels[area] = r.labels[area].plus(c)
			continue
		}
		r.areas[area], r.pages[page] = r.areas[area].plus(c), r.pages[page].plus(c)
		r.sentences[area] = append(r.sentences[area], sentence{key, strings.TrimSpace(part), c})
	}
}

// TestReadingLevel measures every text that applicants read and prints, for each language and area, the level of its sentences, that of
// its labels, and its hardest sentences. docs/reading-level.md says how to read it.
func TestReadingLevel(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range c.Languages() {
		code := language.Code
		if _, ok := measures[code]; !ok {
			t.Errorf("no measure of how %s is read: add one to measures", code)
			continue
		}
		r := read(c, code)
		for _, area := range slices.Sorted(maps.Keys(r.areas)) {
			r.judge(t, code, area)
		}
		for _, page := range slices.Sorted(maps.Keys(r.pages)) {
			if c := r.pages[page]; c.Words >= ofOneAccount && r.measure.hard(c) {
				t.Errorf("%s: %s is too hard for a twelve-year-old: %s", code, page, r.measure.show(c))
			}
		}
	}
}

// judge prints one area and finds what is too hard or too long in it.
func (r reader) judge(t *testing.T, code, area string) {
	t.Helper()
	whole, labels, list := r.areas[area], r.labels[area], r.sentences[area]
	t.Logf("%s %-8s %5d words in sentences of %4.1f: %-24s labels, %4d words: %s", code, area, whole.Words, whole.wordsPerSentence(),
		r.measure.show(whole), labels.Words, r.measure.show(labels))
	if r.measure.hard(whole) {
		t.Errorf("%s: the area %s is too hard for a twelve-year-old: %s", code, area, r.measure.show(whole))
	}
	slices.SortFunc(list, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(r.measure.rank(b.counts), r.measure.rank(a.counts)), strings.Compare(a.key, b.key))
	})
	shown := 0
	for _, s := range list {
		if s.counts.Words > longSentence {
			t.Errorf("%s: %s has a sentence of %d words, part it: %s", code, s.key, s.counts.Words, s.text)
		}
		if shown < hardestShown && s.counts.Words > 5 { // the level of fewer words means nothing
			shown++
			t.Logf("%s %-8s   %s: %s: %s", code, area, r.measure.show(s.counts), s.key, s.text)
		}
	}
}
