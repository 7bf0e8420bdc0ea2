package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// A link that a person has confirmed is found and counted as confirmed, and no more among the conflicts, which are still to be decided. An
// address finds what was written from it and what follows the account that has it now.
func TestBothEnginesKnowWhatIsDecidedAndWhose(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.account("163920702842", "Ana Núñez", "present@mail.example", "")
	names := map[string]string{}
	for _, in := range []struct {
		name, email string
		state       ticket.LinkState
		confirmed   bool
	}{
		{"conflict", "a@mail.example", ticket.LinkConflict, false},
		{"decided", "former@mail.example", ticket.LinkConflict, true},
		{"claimed", "former@mail.example", ticket.LinkClaimed, false},
		{"taken", "b@mail.example", ticket.LinkClaimed, true},
		{"own", "former@mail.example", ticket.LinkVerified, false},
		{"typed", "present@mail.example", ticket.LinkNone, false},
	} {
		reference, id := d.open("A card", "Where is it?", func(i *ticket.Inquiry) { i.Email = in.email })
		names[reference] = in.name
		_, err := d.db.Exec(t.Context(), `
			UPDATE ticket SET link_state = $2, account_id = CASE WHEN $2 <> 'none' THEN $3::bigint END, link_confirmed_at = CASE WHEN $4 THEN now() END
			WHERE id = $1`, id, in.state, owner, in.confirmed)
		if err != nil {
			t.Fatal(err)
		}
	}
	d.index()
	for engine, e := range d.both() {
		d := d.with(t, e)
		for text, want := range map[string]string{
			"link:conflict": "conflict", "link:confirmed": "decided taken", "link:claimed": "claimed", "link:claimed,confirmed": "claimed decided taken",
			"card -link:confirmed":                    "claimed conflict own typed",
			"card from:present@mail.example":          "decided own taken typed",
			"card from:former@mail.example":           "claimed decided own",
			"card -from:present@mail.example":         "claimed conflict",
			"present@mail.example":                    " decided own taken typed", // the account first
			"from:present@mail.example link:verified": "own",
		} {
			if got := sortedWords(byName(d.search(search.Query{Text: text}), names)); got != strings.TrimSpace(want) {
				t.Errorf("%s, %s: %q, want %q", engine, text, got, want)
			}
		}
		found := d.search(search.Query{Text: "card", Facets: true})
		if diff := cmp.Diff(map[string]int64{"conflict": 1, "confirmed": 2, "claimed": 1, "verified": 1, "none": 1}, found.Facets[search.FieldLink]); diff != "" {
			t.Errorf("%s counts (-want +got)\n%s", engine, diff)
		}
		for _, h := range found.Hits {
			if confirmed := slices.Contains([]string{"decided", "taken"}, names[h.Reference]); (h.LinkState == string(ticket.LinkConfirmed)) != confirmed {
				t.Errorf("%s: %s shows as %s", engine, names[h.Reference], h.LinkState)
			}
			if hidden := names[h.Reference] == "conflict"; hidden && h.Number != "" || names[h.Reference] == "decided" && h.Number == "" {
				t.Errorf("%s: %s shows the number %q", engine, names[h.Reference], h.Number)
			}
		}
	}
}

// What a third person wrote, in a mail that a member of staff added, is shown with who wrote it, and found by that name.
func TestAddedMailIsFoundUnderItsSender(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("A card", "Where is it?")
	var ben int64
	if err := d.db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('ben@desk.example', 'Ben', 'agent', '$argon2id$none') RETURNING id`).Scan(&ben); err != nil {
		t.Fatal(err)
	}
	_, err := d.tickets.AddMessage(t.Context(), reference, ticket.Said{
		Channel: ticket.ChannelEmail, Body: "Xylophones arrived instead.", Token: [16]byte{9},
		Author: &ticket.Author{Name: "Oluwaseun", Email: "bo@mail.example", AddedBy: ben},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.index()
	for engine, e := range d.both() {
		d := d.with(t, e)
		for _, text := range []string{"xylophones", "oluwaseun"} {
			found := d.search(search.Query{Text: text})
			if len(found.Hits) != 1 {
				t.Fatalf("%s: %q finds %d tickets", engine, text, len(found.Hits))
			}
			var shown strings.Builder
			for _, part := range append(found.Hits[0].Marked, found.Hits[0].Excerpt...) {
				shown.WriteString(part.Text)
			}
			if !strings.Contains(shown.String(), "Oluwaseun: Xylophones") {
				t.Errorf("%s: %q shows %q", engine, text, shown.String())
			}
		}
	}
}

// What an answer by mail repeated, and was left out of its message, is found.
func TestWhatAMailQuotedIsFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("A card", "Where is it?")
	_, err := d.tickets.AddMessage(t.Context(), reference, ticket.Said{
		Channel: ticket.ChannelEmail, Body: "Thank you.", Quoted: "Write to the xylophone office.", Token: [16]byte{9},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.index()
	for engine, e := range d.both() {
		if found := d.with(t, e).search(search.Query{Text: "xylophone"}); len(found.Hits) != 1 || found.Hits[0].Reference != reference {
			t.Errorf("%s finds %d tickets", engine, len(found.Hits))
		}
	}
}
