package console_test

import (
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// What an applicant does on their own page, an agent reads on the ticket's: in the history, and the rating with its words.
func TestTicketShowsWhatItsApplicantDid(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := newDesk(t, webtest.Options{Now: func() time.Time { return now }})
	reference := d.open(t)
	asked := d.ticket(t, reference)
	by := ticket.Follower(asked.ID, asked.Email)
	if d.get(t, ticketPath(reference)).Doc.Find(".rating").Length() != 0 {
		t.Error("a rating shows where there is none")
	}
	d.reply(t, reference, map[string][]string{"body": {"It was mailed on Monday."}, "status": {"pending"}})
	now = now.Add(d.Settings.UndoSend + time.Second)
	v, err := d.Tickets.ApplicantThread(t.Context(), by, reference)
	must(t, err)
	must(t, d.Tickets.RecordRead(t.Context(), v))
	must(t, d.Tickets.Rate(t.Context(), by, reference, ticket.Rating{Words: "It is not <b>here</b>."}))
	_, err = d.Tickets.SolveByApplicant(t.Context(), by, reference)
	must(t, err)

	page := d.get(t, ticketPath(reference))
	if got := page.Text(".rating"); !strings.Contains(got, "The answer did not help") || !strings.Contains(got, "It is not <b>here</b>.") {
		t.Errorf("the rating shows as %q", got)
	}
	inspect(t, d.browse(t, staff.RoleAgent, "rated@desk.example"), d.URL, map[string]string{"ticket-rated": ticketPath(reference)})
	history := page.Text("#thread")
	for _, want := range []string{
		"Applicant opened the answer on the page", "Applicant said that the answer did not help", "Applicant said that it is solved",
	} {
		if !strings.Contains(history, want) {
			t.Errorf("the history does not say %q: %s", want, history)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
