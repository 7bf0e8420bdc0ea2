package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// Subjects as people write them: quotes of both kinds and in odd numbers, dashes that mean "without" to Meilisearch, more words
// than it looks at, nothing but the commonest words, other scripts, addresses, numbers.
var subjects = []string{
	"Hello everybody, new here, so please be patient...",
	`Some background: I was sorting my papers when I saw that my "safe place`,
	`They let me wait for about 3 1/2 weeks for a "short" answer.`,
	"To be brief: --My aunt's papers consist of a lease* (half-torn) and little",
	"Summary:  - Came in 2014 as my father's dependent on an L2 visa  - Asked for another status",
	"- no - card - notice",
	"The title says it all.",
	"I need some help here.",
	"So what do I do about this and how do I get out of it if they will not let me",
	"As soon as we had sent the form for my wife’s 2-year card we moved and I fear that it went to the old place.",
	"I have a question about when they will send the replacement of the travel document that was lost in Guadalajara last winter",
	"I have a question about when they will send the replacement of the travel document that was lost in Cuernavaca last winter",
	"¿Cuándo llegará mi tarjeta de residencia? Llevo más de seis meses esperando la carta",
	"Где моя карта? Я жду уже шесть месяцев",
	"我的绿卡什么时候寄到",
	"لم تصل بطاقتي بعد",
	"The photo is here - https://pictures.example/2012/05/card2.jpg  and I would like to know",
	"[\"weird\"] {json: true} AND status = open OR hidden = true",
	"ö",
	"N-400?",
	strings.Repeat("Überraschungsbesuch ", 9) + "jetzt",
}

func TestEveryTicketIsFoundUnderItsSubject(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := map[string]string{}
	for _, s := range subjects {
		want[s], _ = d.open(s, "Please tell me. "+s)
	}
	// Distractors whose texts hold the common words of every subject.
	all := strings.Join(subjects[:10], " ")
	for range 40 {
		d.open("A question about something", "I have one more thing to ask. "+all)
		d.open("I have a question about when they will send the documents", "Thank you")
	}
	d.index()
	for _, s := range subjects {
		found := d.search(search.Query{Text: s})
		if !slices.Contains(references(found), want[s]) {
			t.Errorf("%q finds %d hits on its first page, not its own ticket", s, len(found.Hits))
		}
	}
}

func TestSearchForgivesSlipsInWordsAndNoneInNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Replacement of my permanent resident card", "Sent to 48120945 Harbor Street", func(in *ticket.Inquiry) {
		in.Name = "Oluwaseun Adébáyò"
	})
	d.index()
	for text, want := range map[string][]string{
		"replacment permanant":         {reference}, //nolint:misspell // the slips are the test
		"Resident Card":                {reference},
		"repl":                         {reference}, // as one types
		"adebayo":                      {reference},
		"48120945":                     {reference},
		"48120946":                     {},
		strings.ToLower(reference[:8]): {reference},
		"   ":                          {},
		`""`:                           {},
		"- -- -":                       {},
	} {
		if diff := cmp.Diff(want, references(d.search(search.Query{Text: text}))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestSearchMarksWhatMatched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// To Meilisearch "<" and ">" are letters like any other: the word stands by itself here.
	d.open("Card <b> lost </b> \uE000", "It was the card that I lost.")
	d.index()
	found := d.search(search.Query{Text: "lost"})
	if len(found.Hits) != 1 {
		t.Fatalf("%d hits", len(found.Hits))
	}
	want := []search.Span{{Text: "Card <b> "}, {Text: "lost", Mark: true}, {Text: " </b> "}}
	if diff := cmp.Diff(want, found.Hits[0].Marked); diff != "" {
		t.Errorf("title (-want +got):\n%s", diff)
	}
	want = []search.Span{{Text: "It was the card that I "}, {Text: "lost", Mark: true}, {Text: "."}}
	if diff := cmp.Diff(want, found.Hits[0].Excerpt); diff != "" {
		t.Errorf("excerpt (-want +got):\n%s", diff)
	}
}

func TestSearchFindsQuarantineAndLeavesOutSpam(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	suspect := func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectHoneypot} }
	held, _ := d.open("Cheap visas sold here", "Am I a spammer?", suspect)
	spam, _ := d.open("Cheap visas sold here", "Buy now", suspect)
	if _, err := d.tickets.Exclude(t.Context(), ticket.Worker(), spam, "spam"); err != nil {
		t.Fatal(err)
	}
	d.index()
	found := d.search(search.Query{Text: "visas sold"})
	if diff := cmp.Diff([]string{held}, references(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !found.Hits[0].Hidden {
		t.Error("the hit does not say that it is in quarantine")
	}
}

func TestSearchShowsWhatIsSoNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Where are visas sold", "I do not know")
	d.index()
	if _, err := d.tickets.SetStatus(t.Context(), ticket.Worker(), reference, ticket.StatusPending); err != nil {
		t.Fatal(err)
	}
	if got := d.search(search.Query{Text: "visas sold"}).Hits[0].Status; got != "pending" {
		t.Errorf("an index that is behind shows status %q, want what the database has", got)
	}
}

func TestSearchPagesOverAccountsAndTickets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account("163920702842", "Ngozi Featherstone", "ngozi@mail.example", "")
	for range 5 {
		d.open("Featherstone's card", "About Featherstone")
	}
	d.index()
	var all []string
	for offset := 0; offset < 8; offset += 2 {
		for _, h := range d.search(search.Query{Text: "featherstone", Offset: offset, Limit: 2}).Hits {
			all = append(all, h.Kind+h.Reference)
		}
	}
	if len(all) != 6 || all[0] != search.KindAccount {
		t.Errorf("pages hold %v, want the account and five tickets", all)
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 6 {
		t.Errorf("a hit comes twice: %v", all)
	}
	if found := d.search(search.Query{Text: "featherstone", Kind: search.KindAccount}); len(found.Hits) != 1 || found.Total != 1 {
		t.Errorf("accounts alone: %+v", found)
	}
}

func TestSearchKnowsThingsAndNamesInAllSpellings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	renewal, _ := d.open("Renewal", "I sent the I-90 in May.", func(in *ticket.Inquiry) { in.Name = "Jürgen O’Brien" })
	worker, _ := d.open("Worker", "My H1-B ends. I live in NJ.", func(in *ticket.Inquiry) { in.Name = "Łukasz Sørensen" })
	permit, _ := d.open("Permiso", "¿Cuándo llega mi permiso de trabajo?")
	d.account("314159265362", "Łukasz Wróblewski", "lukasz@mail.example", "")
	d.index()
	for text, want := range map[string]string{
		"i90": renewal, "I 90": renewal, "green card renewal": renewal, "juergen obrien": renewal,
		"h1b": worker, "h-1b": worker, "h 1b new jersey": worker, "lukasz sorensen": worker,
		"work permit": permit, "EAD": permit, "permiso de trabajo llega": permit,
		"lukasz wroblewski": "",
	} {
		found := references(d.search(search.Query{Text: text}))
		if len(found) == 0 || found[0] != want {
			t.Errorf("%q finds %v, want %s first", text, found, want)
		}
	}
}
