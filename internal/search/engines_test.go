package search_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// both gives the two engines over one desk, whose database and indexes must be filled: they have to find the same.
func (d *desk) both() map[string]*search.Engine {
	d.t.Helper()
	return map[string]*search.Engine{
		search.EngineMeilisearch: d.engine, search.EnginePostgreSQL: d.connect("http://127.0.0.1:1"), // nobody listens there
	}
}

// with gives the desk as one of its engines sees it.
func (d *desk) with(t *testing.T, engine *search.Engine) *desk {
	other := *d
	other.t, other.engine = t, engine
	return &other
}

// byName tells what is found by names given to tickets and accounts.
func byName(r search.Results, names map[string]string) string {
	var all []string
	for _, h := range r.Hits {
		name := names[h.Reference]
		if h.Kind == search.KindAccount {
			name = names[h.Number]
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// sortedWords puts words in their order, for what is found in no order of importance.
func sortedWords(s string) string {
	words := strings.Fields(s)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// bilingual is a desk of a few tickets, opened in the order of their names, a first, and one account.
func bilingual(t *testing.T) (*desk, map[string]string) {
	d := newDesk(t)
	names := map[string]string{"163920702842": "account"}
	for _, in := range []struct{ name, language, category, subject, question string }{
		{"a", "en", "card-not-received", "My green card was lost in the mail", "The post office has no record of it."},
		{"b", "en", "cannot-sign-in", "Cannot sign in", "The password is refused, and my work permit ends soon. I need the cards of both children."},
		{"c", "es", "card-not-received", "No ha llegado mi tarjeta de residencia", "Llevo seis meses esperando. ¿Cuándo llegará? Mi número de autorización es otro."},
		{"d", "es", "change-of-address", "Cambio de dirección", "Me mudé a Peñasco; las autorizaciones van a la casa vieja."},
		{"e", "en", "change-of-address", "Moving to Guadalajara", "Form I-485 is pending. Please record the new street: Harbor Street 12"},
	} {
		reference, id := d.open(in.subject, in.question, func(i *ticket.Inquiry) {
			i.Language, i.Category, i.Name = in.language, in.category, "Ngozi Adébáyò"
		})
		names[reference] = in.name
		_, err := d.db.Exec(t.Context(), `UPDATE ticket SET opened_at = '2026-03-01'::timestamptz + $2 * interval '20 days' WHERE id = $1`, id, len(names)-1)
		if err != nil {
			t.Fatal(err)
		}
	}
	d.account("163920702842", "Guadalupe Peñasco", "guadalupe@mail.example", "")
	d.index()
	return d, names
}

func TestBothEnginesFindTheSame(t *testing.T) {
	t.Parallel()
	d, names := bilingual(t)
	for name, engine := range d.both() {
		for text, want := range map[string]string{
			"lost":                                   "a",
			"lost mail":                              "a",
			"mail lost":                              "a",
			"guada":                                  "account e",
			"Guadalupe":                              "account",
			"PENASCO":                                "account d",
			"peñasco":                                "account d",
			"direccion":                              "d",
			"llegara":                                "c",
			"record":                                 "e a",
			`"the record"`:                           "e a",
			`"no record of it"`:                      "a",
			`"office has"`:                           "a",
			`"office post"`:                          "",
			"record -mail":                           "e",
			`record -"post office"`:                  "e",
			`record -"office post"`:                  "e a",
			"adebayo":                                "e d c b a",
			"EAD":                                    "b",
			"work permit":                            "b",
			"employment authorization":               "b",
			"aos":                                    "e",
			"password":                               "b",
			"contraseña":                             "b",
			"language:es":                            "d c",
			"language:es llegado":                    "c",
			"language:en record":                     "e a",
			"-language:en":                           "d c",
			"category:change-of-address":             "e d",
			"opened:2026-04-10..2026-05":             "d c b",
			"opened:>2026-05-20":                     "e",
			"adebayo language:es,en":                 "e d c b a",
			"485":                                    "e",
			"I-485":                                  "e",
			"xylophone":                              "",
			"":                                       "",
			"status:new -category:change-of-address": "c b a",
		} {
			t.Run(name+"/"+text, func(t *testing.T) {
				t.Parallel()
				d := d.with(t, engine)
				found := d.search(search.Query{Text: text})
				if diff := cmp.Diff(sortedWords(want), sortedWords(byName(found, names))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if text != "" && found.Engine != name {
					t.Errorf("%s answered", found.Engine)
				}
				if found.Total != int64(len(found.Hits)) || found.AtLeast {
					t.Errorf("total %d of %d hits, at least: %t", found.Total, len(found.Hits), found.AtLeast)
				}
				sorted := byName(d.search(search.Query{Text: text, Kind: search.KindTicket, Sort: search.SortNewest}), names)
				newest := strings.Fields(strings.ReplaceAll(want, "account", ""))
				slices.Sort(newest)
				slices.Reverse(newest)
				if diff := cmp.Diff(strings.Join(newest, " "), sorted); diff != "" {
					t.Errorf("newest first (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestBothEnginesCountTheSame(t *testing.T) {
	t.Parallel()
	d, _ := bilingual(t)
	for name, engine := range d.both() {
		for text, want := range map[string]search.Facets{
			"adebayo": {
				search.FieldStatus: {"new": 5}, search.FieldQueue: {"cases": 2, "online-accounts": 1, "details-and-appointments": 2},
				search.FieldCategory: {"card-not-received": 2, "cannot-sign-in": 1, "change-of-address": 2},
				search.FieldLanguage: {"en": 3, "es": 2}, search.FieldLink: {"none": 5}, search.FieldAssignee: {"none": 5},
				search.FieldOpened: {"2026-03": 1, "2026-04": 2, "2026-05": 1, "2026-06": 1},
			},
			// The language is counted as if it were not chosen.
			"language:es": {
				search.FieldStatus: {"new": 2}, search.FieldQueue: {"cases": 1, "details-and-appointments": 1},
				search.FieldCategory: {"card-not-received": 1, "change-of-address": 1},
				search.FieldLanguage: {"en": 3, "es": 2}, search.FieldLink: {"none": 2}, search.FieldAssignee: {"none": 2},
				search.FieldOpened: {"2026-04": 1, "2026-05": 1},
			},
		} {
			t.Run(name+"/"+text, func(t *testing.T) {
				t.Parallel()
				found := d.with(t, engine).search(search.Query{Text: text, Facets: true})
				if diff := cmp.Diff(want, found.Facets); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// At the edges of March in New York, whose clocks go forward in between, a month's count is what its filter finds, by both engines.
func TestMonthsAreCountedInTheZoneThatTheyAreFilteredIn(t *testing.T) {
	t.Parallel()
	place, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.place = place
	d.engine = d.connect(d.url)
	for _, opened := range []string{"2026-03-01T04:59:59Z", "2026-03-01T05:00:00Z", "2026-04-01T03:59:59Z", "2026-04-01T04:00:00Z"} {
		_, id := d.open("Lighthouse", "Question")
		if _, err := d.db.Exec(t.Context(), `UPDATE ticket SET opened_at = $2, version = version + 1 WHERE id = $1`, id, opened); err != nil {
			t.Fatal(err)
		}
	}
	d.index()
	for name, engine := range d.both() {
		of := d.with(t, engine)
		got := of.search(search.Query{Text: "lighthouse", Facets: true, Location: place}).Facets[search.FieldOpened]
		if diff := cmp.Diff(map[string]int64{"2026-02": 1, "2026-03": 2, "2026-04": 1}, got); diff != "" {
			t.Errorf("%s counts months (-want +got)\n%s", name, diff)
		}
		for month, n := range got {
			if found := of.search(search.Query{Text: "lighthouse opened:" + month, Location: place}); found.Total != n {
				t.Errorf("%s finds %d in %s and counts %d", name, found.Total, month, n)
			}
		}
	}
}
