package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// standIn is the desk as it is while Meilisearch is unavailable.
func (d *desk) standIn(t *testing.T) *desk {
	return d.with(t, d.connect("http://127.0.0.1:1")) // nobody listens there
}

// marked writes spans as a text with what matched in brackets.
func marked(spans []search.Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Mark {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestFullTextMarksWhatMatched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account("163920702842", "Jean-Baptiste Peñasco", "jean@mail.example", "")
	d.open("¿Dónde están las TARJETAS <b>perdidas</b>?", "They moved the green card \uE000 to Straße 12. My I-551 & the cards: autorizaciones.")
	d.open("Long", strings.Repeat("padding ", 40)+"a lighthouse near the old harbor "+strings.Repeat("padding ", 40)+"a windmill")
	d.index()
	d = d.standIn(t)
	for text, want := range map[string]string{
		"donde":             "¿[Dónde] están las TARJETAS <b>perdidas</b>? | They moved the green card  to Straße 12. My I-551 & the cards: autorizaciones.",
		"tarjeta":           "¿Dónde están las [TARJETA]S <b>perdidas</b>? | They moved the green card  to Straße 12. My I-551 & the cards: autorizaciones.",
		"perdid":            "¿Dónde están las TARJETAS <b>[perdid]as</b>? | They moved the green card  to Straße 12. My I-551 & the cards: autorizaciones.",
		"strasse":           "¿Dónde están las TARJETAS <b>perdidas</b>? | They moved the green card  to [Straße] 12. My I-551 & the cards: autorizaciones.",
		"autorización":      "¿Dónde están las TARJETAS <b>perdidas</b>? | They moved the green card  to Straße 12. My I-551 & the cards: [autorizacion]es.",
		"green card":        "¿Dónde están las TARJETAS <b>perdidas</b>? | They moved the [green] [card]  to Straße 12. My [I-551] & the [card]s: autorizaciones.",
		`"moved the green"`: "¿Dónde están las TARJETAS <b>perdidas</b>? | They [moved the green] card  to Straße 12. My I-551 & the cards: autorizaciones.",
		"penasco":           "Jean-Baptiste [Peñasco] | ",
		"lighthouse": "Long | …padding padding padding padding padding padding padding padding padding a [lighthouse] near the old harbor padding padding " +
			"padding padding padding padding padding padding padding padding padding padding padding padding padding…",
		"windmill": "Long | …" + strings.Repeat("padding ", 28) + "a [windmill]",
		"long":     "[Long] | " + strings.Repeat("padding ", 29) + "padding…",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			found := d.with(t, d.engine).search(search.Query{Text: text})
			if len(found.Hits) != 1 || found.Engine != search.EnginePostgreSQL {
				t.Fatalf("%s finds %d hits", found.Engine, len(found.Hits))
			}
			if diff := cmp.Diff(want, marked(found.Hits[0].Marked)+" | "+marked(found.Hits[0].Excerpt)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFullTextFindsWhatOnlyTheWholeLanguageTells(t *testing.T) {
	t.Parallel()
	d, names := bilingual(t)
	d = d.standIn(t)
	for text, want := range map[string]string{
		"move":                         "e",     // moving
		"cards":                        "a b c", // card, cards, and the category
		"autorizacion":                 "c d",   // autorización, autorizaciones
		"permanent resident card":      "a c",
		"tarjeta de residencia":        "a c",
		"permiso de trabajo":           "b",
		"adjustment of status":         "e",
		"record xylophone guadalajara": "e", // nothing holds all
		`"post office" xylophone`:      "a",
		`"post office" -lost`:          "",
	} {
		found := d.search(search.Query{Text: text})
		if diff := cmp.Diff(want, sortedWords(byName(found, names))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		if found.Partial != strings.Contains(text, "xylophone") {
			t.Errorf("%q: partial %t", text, found.Partial)
		}
	}
}

func TestFullTextPagesOverAccountsAndTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account("163920702842", "Ngozi Featherstone", "ngozi@mail.example", "")
	for range 5 {
		d.open("Featherstone's card", "About Featherstone")
	}
	d.index()
	d = d.standIn(t)
	for _, sort := range []search.Sort{search.SortRelevance, search.SortNewest, search.SortOldest} {
		whole := d.search(search.Query{Text: "featherstone", Sort: sort})
		var pages []search.Hit
		for offset := 0; offset < 8; offset += 2 {
			page := d.search(search.Query{Text: "featherstone", Sort: sort, Offset: offset, Limit: 2})
			if page.Total != 6 {
				t.Errorf("%q from %d: total %d, want 6", sort, offset, page.Total)
			}
			pages = append(pages, page.Hits...)
		}
		if diff := cmp.Diff(whole.Hits, pages); diff != "" || len(pages) != 6 {
			t.Errorf("%q: %d hits on pages (-whole +pages):\n%s", sort, len(pages), diff)
		}
		if first := pages[0].Kind; sort == search.SortRelevance && first != search.KindAccount {
			t.Errorf("a %s comes first", first)
		}
		dates := slices.IndexFunc(pages, func(h search.Hit) bool { return h.Kind == search.KindAccount })
		if want := map[search.Sort]int{search.SortNewest: 5, search.SortOldest: 0}; sort != search.SortRelevance && dates != want[sort] {
			t.Errorf("%q: the account, which is the oldest, comes at %d", sort, dates)
		}
	}
	// What the exact look-up finds comes once.
	found := d.search(search.Query{Text: "163920702842"})
	if len(found.Hits) != 1 || found.Total != 1 {
		t.Errorf("the account by its number: %d hits of %d", len(found.Hits), found.Total)
	}
}

// What nobody should type does no harm, and finds no more than its words.
func TestBothEnginesTakeAnything(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	lighthouse, _ := d.open("Lighthouse", "Question")
	spam, _ := d.open("Lighthouse for sale", "Buy now")
	windmill, _ := d.open("Windmill", "Question")
	if _, err := d.tickets.Exclude(t.Context(), ticket.Worker(), spam, "spam"); err != nil {
		t.Fatal(err)
	}
	d.index()
	for name, engine := range d.both() {
		for text, want := range map[string][]string{
			`lighthouse "`:                            {lighthouse},
			`"lighthouse`:                             {lighthouse},
			`"" lighthouse ""`:                        {lighthouse},
			"lighthouse & !( | :* <-> \\ '":           {lighthouse},
			"'lighthouse'":                            {lighthouse},
			`lighthouse\`:                             {lighthouse},
			"lighthouse' | 'windmill":                 {windmill}, // no record holds both
			"lighthouse:* | windmill":                 {windmill},
			"light:*":                                 {lighthouse},
			"lighthouse OR hidden = true":             {},
			`lighthouse status:"x OR 1=1"`:            {lighthouse}, // no such status: left out of account
			`lighthouse status:"new OR 1=1"`:          {lighthouse},
			`lighthouse category:"a] OR hidden=true"`: {lighthouse},
			"lighthouse\x00":                          {lighthouse},
			"light\x00house":                          {},
			"\x01lighthouse\x7f\u009f":                {lighthouse},
			"lighthouse\xff\xfe":                      {lighthouse},
			"\uE000lighthouse\uE001":                  {lighthouse},
			"~lighthouse":                             {lighthouse},
			"lighthouse nosuch:thing":                 nil,
			strings.Repeat("lighthouse ", 909):        {lighthouse},
			strings.Repeat("x", 10_000):               {},
			strings.Repeat(`"`, 10_000):               {},
			strings.Repeat("-", 10_000):               {},
			strings.Repeat("(", 10_000) + "windmill":  {},
		} {
			shown := text[:min(len(text), 30)]
			t.Run(name+"/"+shown, func(t *testing.T) {
				t.Parallel()
				got := references(d.with(t, engine).search(search.Query{Text: text, Facets: true}))
				if want == nil { // whether part of the words is enough is not the question
					want = got
				}
				if diff := cmp.Diff(want, got); diff != "" && !partly(want, got, lighthouse) {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if slices.Contains(got, spam) {
					t.Error("it finds what no search finds")
				}
			})
		}
	}
}

// partly reports whether what should find nothing by all of its words found the one ticket by some of them.
func partly(want, got []string, one string) bool {
	return len(want) == 0 && len(got) == 1 && got[0] == one
}
