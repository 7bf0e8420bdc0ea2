package search_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// exactDesk holds an account with a case, one ticket that gave its number, one that gave an A-Number, and two from one address.
func exactDesk(t *testing.T) (d *desk, byNumber, byANumber string) {
	d = newDesk(t)
	id := d.account("163920702842", "Jean-Baptiste Horvat", "Jean.Horvat@mail.example", "A012345678")
	_, err := d.db.Exec(t.Context(), `
		INSERT INTO account_case (account_id, receipt_number, form, status, received_on)
		VALUES ($1, 'IOE0912345678', 'I-485', 'received', '2026-01-05')`, id)
	if err != nil {
		t.Fatal(err)
	}
	byNumber, _ = d.open("First", "Question", func(in *ticket.Inquiry) { in.Number = identifier.Read("1639 2070 2842") })
	byANumber, _ = d.open("Second", "My receipt is IOE0999999999, I think", func(in *ticket.Inquiry) {
		in.Number, in.Email = identifier.Read("A-012-345-678"), "horvat@office.example"
	})
	d.open("Third", "Question", func(in *ticket.Inquiry) { in.Email = "horvat@office.example" })
	return d, byNumber, byANumber
}

func TestIdentifiersAreLookedUpWithoutMeilisearch(t *testing.T) {
	t.Parallel()
	d, byNumber, byANumber := exactDesk(t)
	d.engine = d.connect("http://127.0.0.1:1") // nobody listens there
	account := "account 163920702842"
	for text, want := range map[string][]string{
		"163920702842":             {account, "ticket " + byNumber},
		" 1639-2070-2842 ":         {account, "ticket " + byNumber},
		"１６３９２０７０２８４２":             {account, "ticket " + byNumber},
		"IOE 0912345678":           {account},
		"ioe-09-123-45678":         {account},
		"A012345678":               {account, "ticket " + byANumber},
		"a-12345678":               {account, "ticket " + byANumber},
		"jean.horvat@MAIL.example": {account},
		byNumber:                   {"ticket " + byNumber},
		"ask " + byNumber[4:]:      {"ticket " + byNumber},
	} {
		found, err := d.engine.Search(t.Context(), search.Query{For: agent, Text: text})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, h := range found.Hits {
			if h.Kind == search.KindAccount {
				got = append(got, "account "+h.Number)
			} else {
				got = append(got, "ticket "+h.Reference)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || found.Engine != search.EngineExact {
			t.Errorf("%q by %s (-want +got):\n%s", text, found.Engine, diff)
		}
	}
}

func TestJumpGoesToTheOneRecord(t *testing.T) {
	t.Parallel()
	d, byNumber, _ := exactDesk(t)
	for text, want := range map[string]string{
		"163920702842":                         "163920702842",
		"IOE0912345678":                        "163920702842",
		byNumber:                               byNumber,
		"horvat@office.example":                "", // two tickets, no account
		"163920702843":                         "", // check digits that fail
		"EAC0000000001":                        "",
		"Horvat":                               "",
		"my number 163920702842 does not work": "",
		"":                                     "",
	} {
		hit, ok, err := d.engine.Jump(t.Context(), agent, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		got := hit.Reference + hit.Number
		if ok != (want != "") || got != want {
			t.Errorf("%q jumps to %q (%t), want %q", text, got, ok, want)
		}
	}
}

func TestWordsThatMentionAnIdentifierFollow(t *testing.T) {
	t.Parallel()
	d, _, byANumber := exactDesk(t)
	mention, _ := d.open("About my husband", "His receipt number is IOE0912345678.")
	d.index()
	found := d.search(search.Query{Text: "IOE0912345678"})
	if found.Engine != search.EngineExact || len(found.Hits) != 2 || found.Hits[1].Reference != mention {
		t.Errorf("found %+v, want the account and %s", found, mention)
	}
	// On no file, but somebody wrote it.
	if found := d.search(search.Query{Text: "IOE0999999999"}); len(found.Hits) != 1 || found.Hits[0].Reference != byANumber {
		t.Errorf("found %+v, want %s", found, byANumber)
	}
}
