package thread_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/ticket"
)

// What a former address was given ends with it: a link that was mailed and not used, and a page that was opened with another one. The new
// address opens the question.
func TestAFormerAddressOpensNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var owner int64
	d.must(d.DB.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ('163920702842', 'Ana Núñez', '{ana,nunez}', 'ana@mail.example') RETURNING id`).Scan(&owner))
	asked := d.open(func(in *ticket.Inquiry) { in.AccountID = &owner })
	follows := d.follower(asked)
	unused := d.link(asked)
	if p := follows.Get(questionPath(asked.Reference)); p.Status != http.StatusOK {
		t.Fatalf("before: status %d", p.Status)
	}
	say := typed(follows.Get(questionPath(asked.Reference)), "I still read this.")
	_, err := d.DB.Exec(t.Context(), `UPDATE account SET email = 'nueva@mail.example'`)
	d.must(err)
	for path, p := range map[string]int{
		unused: d.Get(unused).Status, questionPath(asked.Reference): follows.Get(questionPath(asked.Reference)).Status,
		"a message": follows.Post(questionPath(asked.Reference)+"/messages", say).Status, "using the link": d.Post(unused, nil).Status,
	} {
		if p != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, p)
		}
	}
	if n := d.count(`SELECT count(*) FROM message`); n != 1 {
		t.Errorf("%d messages, want the inquiry alone", n)
	}
	if p := d.Post("/status", asking(asked.Reference, "ana@mail.example")); p.Status != http.StatusSeeOther || len(d.mailed(nil)) != 0 {
		t.Errorf("the former address is mailed a link (status %d)", p.Status)
	}
	now, err := d.Tickets.ByReference(t.Context(), asked.Reference)
	d.must(err)
	now.ApplicantEmail = now.Email
	if page := d.follower(now).Get(questionPath(asked.Reference)).Text("main"); !strings.Contains(page, "It was mailed in May.") {
		t.Errorf("at the new address the page says\n%s", page)
	}
}
