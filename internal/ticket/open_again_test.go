package ticket_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

func file(name string) ticket.Attachment {
	return ticket.Attachment{Name: name, MediaType: "image/png", Size: 5, SHA256: fmt.Appendf(nil, "%-32s", name), StorageKey: rand.Text(), Scan: ticket.ScanNone}
}

// A token that made a ticket makes no other. The same content leads to it; other words or files become a message of it; what comes from
// somebody else, or is about something else, changes nothing and says so.
func TestTheSameTokenWithOtherContent(t *testing.T) {
	t.Parallel()
	card, letter := file("card.png"), file("letter.png")
	first := inquiry("")
	first.Attachments = []ticket.Attachment{card}
	copied := card
	copied.StorageKey = rand.Text() // chosen again: another key in the store, the same file
	for name, tc := range map[string]struct {
		change func(*ticket.Inquiry)
		how    ticket.How
		body   string
		files  []string
	}{
		"nothing":            {func(*ticket.Inquiry) {}, ticket.HowSame, "", nil},
		"another language":   {func(in *ticket.Inquiry) { in.Language = "es" }, ticket.HowSame, "", nil},
		"the file again":     {func(in *ticket.Inquiry) { in.Attachments = []ticket.Attachment{copied} }, ticket.HowSame, "", nil},
		"a file fewer":       {func(in *ticket.Inquiry) { in.Attachments = nil }, ticket.HowSame, "", nil},
		"other words":        {func(in *ticket.Inquiry) { in.Question = "It was mailed in June." }, ticket.HowAdded, "It was mailed in June.", nil},
		"another subject":    {func(in *ticket.Inquiry) { in.Subject = "My green card" }, ticket.HowAdded, "My green card\n\nIt was mailed in May.", nil},
		"another file":       {func(in *ticket.Inquiry) { in.Attachments = append(in.Attachments, letter) }, ticket.HowAdded, "It was mailed in May.", []string{"letter.png"}},
		"the address folded": {func(in *ticket.Inquiry) { in.Email, in.Question = "ana@MAIL.example", "Any news?" }, ticket.HowAdded, "Any news?", nil},
		"another name":       {func(in *ticket.Inquiry) { in.Name = "Bo" }, ticket.HowKept, "", nil},
		"another address":    {func(in *ticket.Inquiry) { in.Email = "bo@mail.example" }, ticket.HowKept, "", nil},
		"another category":   {func(in *ticket.Inquiry) { in.Category = "something-else" }, ticket.HowKept, "", nil},
		"from an account":    {func(in *ticket.Inquiry) { id := int64(1); in.Channel, in.AccountID = ticket.ChannelPortal, &id }, ticket.HowKept, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			s := ticket.NewService(ticket.Config{DB: db})
			opened, err := s.Open(t.Context(), first)
			if err != nil || opened.How != ticket.HowOpened {
				t.Fatalf("first: %+v, %v", opened, err)
			}
			again := first
			tc.change(&again)
			for range 2 { // and sent twice itself
				got, err := s.Open(t.Context(), again)
				if err != nil || got.Reference != opened.Reference {
					t.Fatalf("again: %+v, %v, want %s", got, err, opened.Reference)
				}
				if want := tc.how; got.How != want {
					t.Errorf("how: %s, want %s", got.How, want)
				}
				if tc.how == ticket.HowAdded {
					tc.how = ticket.HowSame
				}
			}
			if last, err := s.Open(t.Context(), first); err != nil || last.How != ticket.HowSame {
				t.Errorf("the first one once more: %+v, %v", last, err)
			}
			found, err := s.ByReference(t.Context(), opened.Reference)
			if err != nil {
				t.Fatal(err)
			}
			thread, err := s.Thread(t.Context(), found.ID)
			if err != nil {
				t.Fatal(err)
			}
			var body string
			var files []string
			for _, m := range thread[1:] {
				body += m.Body
				for _, a := range m.Attachments {
					files = append(files, a.Name)
				}
			}
			if diff := cmp.Diff(tc.body, body); diff != "" {
				t.Errorf("messages after the inquiry (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.files, files); diff != "" {
				t.Errorf("their files (-want +got):\n%s", diff)
			}
			if n := count(t, db, `SELECT count(*) FROM ticket`); n != 1 {
				t.Errorf("%d tickets, want 1", n)
			}
		})
	}
}

// A ticket from before content was hashed, or by the version that still serves, takes what is new and nothing else.
func TestTheSameTokenOfATicketWithoutAHash(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	s := ticket.NewService(ticket.Config{DB: db})
	in := inquiry("")
	if _, err := s.Open(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE ticket SET form_content = NULL`); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Open(t.Context(), in); err != nil || got.How != ticket.HowSame {
		t.Errorf("the same: %+v, %v", got, err)
	}
	in.Question = "Any news?"
	if got, err := s.Open(t.Context(), in); err != nil || got.How != ticket.HowAdded {
		t.Errorf("other words: %+v, %v", got, err)
	}
}

// Twenty at once with one token, each with words of its own: one ticket, nineteen messages, no word lost and none twice.
func TestTwentyAtOnceWithOtherContent(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	s := ticket.NewService(ticket.Config{DB: db})
	in := inquiry("")
	var wg sync.WaitGroup
	for i := range 20 {
		for range 2 {
			wg.Go(func() {
				mine := in
				mine.Question = fmt.Sprintf("Question %d", i)
				if _, err := s.Open(context.Background(), mine); err != nil {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
	}
	wg.Wait()
	if n := count(t, db, `SELECT count(*) FROM ticket`); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
	if n, words := count(t, db, `SELECT count(*) FROM message`), count(t, db, `SELECT count(DISTINCT body) FROM message`); n != 20 || words != 20 {
		t.Errorf("%d messages with %d different texts, want 20 and 20", n, words)
	}
}

// What was excluded takes nothing more: nobody would see it.
func TestTheSameTokenOfAnExcludedTicket(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := inquiry("")
	opened, err := d.tickets.Open(t.Context(), in)
	d.must(err)
	_, err = d.tickets.Exclude(t.Context(), ticket.Staff(d.ana), opened.Reference, "spam")
	d.must(err)
	in.Question = "Any news?"
	if got, err := d.tickets.Open(t.Context(), in); err != nil || got.How != ticket.HowKept {
		t.Errorf("%+v, %v", got, err)
	}
}
