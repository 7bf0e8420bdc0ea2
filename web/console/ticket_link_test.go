package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

func TestLinking(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	lucia, err := d.lookUp(t, "lucia@example.org")
	if err != nil {
		t.Fatal(err)
	}
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}

	// The candidate's year of birth and forms tell her apart, and are to be told from the hidden account's.
	if _, err := d.DB.Exec(t.Context(), `
		WITH born AS (UPDATE account SET date_of_birth = '1984-02-03' WHERE id = $1)
		UPDATE account_case SET form = 'N-400' WHERE account_id = $1`, lucia.ID); err != nil {
		t.Fatal(err)
	}
	t.Run("conflict hides the account's facts", func(t *testing.T) {
		page := d.get(t, ticketPath(refs["conflict"]))
		// Nowhere in the page's source, and so in no attribute either; the applicant of this ticket is another person.
		for _, secret := range []string{amara.Email, amara.ANumber, amara.Address, "I-485", "IOE", "Amara", "Okafor", "1990", "05/17"} {
			if strings.Contains(page.Body, secret) {
				t.Errorf("the page holds %q", secret)
			}
		}
		for _, secret := range []string{lucia.Email, lucia.ANumber, lucia.Address} {
			if strings.Contains(page.Text(".candidate"), secret) {
				t.Errorf("the candidate shows %q", secret)
			}
		}
		if !strings.Contains(page.Text(".evidence"), "belongs to another account") || !strings.Contains(page.Text("#context"), "Lucía Fernández de la Vega") {
			t.Errorf("the page lacks evidence or candidate: %s", page.Text("#context"))
		}
		live, _ := url.Parse(page.Doc.Find("#ticket-live").AttrOr("hx-get", ""))
		if got := d.agent.Get(live.Path + "?shown=0"); got.Status != http.StatusOK || strings.Contains(got.Body, "Okafor") || strings.Contains(got.Body, amara.Email) {
			t.Errorf("the live part: status %d: %s", got.Status, got.Body)
		}
		for _, what := range []string{"a_number", "date_of_birth"} {
			if got := d.agent.Post(ticketPath(refs["conflict"])+"/reveal", url.Values{"what": {what}}); got.Status != http.StatusForbidden || strings.Contains(got.Body, amara.ANumber) {
				t.Errorf("asking for %s: status %d, want 403", what, got.Status)
			}
		}
		seen := page.Value("seen")
		if got := d.agent.Post(ticketPath(refs["conflict"])+"/replies", url.Values{"body": {"Hi"}, "seen": {seen}, "to": {"account"}}); got.Status != http.StatusForbidden {
			t.Errorf("writing to its owner: status %d, want 403", got.Status)
		}
	})

	t.Run("claimed warns and offers the account's own address", func(t *testing.T) {
		page := d.get(t, ticketPath(refs["claimed"]))
		if page.Text(".composer__warning") == "" || !strings.Contains(page.Text(".composer__to"), amara.Email) {
			t.Errorf("no warning or no choice: %s", page.Text("#composer"))
		}
		d.reply(t, refs["claimed"], url.Values{"body": {"Your interview is on Friday."}, "to": {"account"}})
		thread, err := d.Tickets.Thread(t.Context(), d.ticket(t, refs["claimed"]).ID)
		if err != nil || thread[1].Recipient != amara.Email {
			t.Errorf("sent to %q (%v), want %q", thread[1].Recipient, err, amara.Email)
		}
	})

	t.Run("confirm, of the account that was seen only", func(t *testing.T) {
		path := ticketPath(refs["claimed"]) + "/link"
		if got := d.agent.Post(path+"/confirm", url.Values{"number": {lucia.Number}}); got.Status != http.StatusConflict {
			t.Errorf("confirming another account: status %d, want 409", got.Status)
		}
		d.post(t, path+"/confirm", url.Values{"number": {amara.Number}})
		if got := d.ticket(t, refs["claimed"]); got.LinkConfirmedAt == nil || *got.AccountID != amara.ID {
			t.Errorf("the link is %+v", got.Link())
		}
		if got := d.agent.Post(path+"/confirm", url.Values{"number": {amara.Number}}); got.Status != http.StatusConflict {
			t.Errorf("confirming twice: status %d, want 409", got.Status)
		}
	})

	t.Run("a conflict is confirmed by the answer to its question alone", func(t *testing.T) {
		path := ticketPath(refs["conflict"]) + "/link"
		unanswered := url.Values{"number": {amara.Number}}
		for _, form := range []url.Values{unanswered, {"number": {amara.Number}, "asked": {"0 0 false"}}} {
			got := d.agent.Post(path+"/confirm", form)
			if got.Status != http.StatusSeeOther || got.Location() != path+"?number="+amara.Number || d.ticket(t, refs["conflict"]).LinkConfirmedAt != nil {
				t.Fatalf("without an answer: status %d to %q, confirmed at %v", got.Status, got.Location(), d.ticket(t, refs["conflict"]).LinkConfirmedAt)
			}
		}
		if got := d.agent.Send(http.MethodPost, path+"/confirm", "application/x-www-form-urlencoded", strings.NewReader(unanswered.Encode()), "HX-Request", "true"); got.Header.Get("HX-Redirect") != path+"?number="+amara.Number {
			t.Errorf("by script: status %d, %v", got.Status, got.Header)
		}
		answer := d.get(t, path+"?number="+amara.Number).Form("form.actions")
		// What is shown now is something else: a namesake has come since.
		if _, err := d.DB.Exec(t.Context(), `UPDATE account SET name = a.name, name_words = a.name_words FROM account a WHERE a.id = $1 AND account.id = $2`, amara.ID, lucia.ID); err != nil {
			t.Fatal(err)
		}
		if got := d.agent.Post(path+"/confirm", answer); d.ticket(t, refs["conflict"]).LinkConfirmedAt != nil || got.Location() != path+"?number="+amara.Number {
			t.Errorf("an answer to another question: status %d to %q", got.Status, got.Location())
		}
		d.post(t, path+"/confirm", d.get(t, path+"?number="+amara.Number).Form("form.actions"))
		if d.ticket(t, refs["conflict"]).LinkConfirmedAt == nil {
			t.Error("answered, it is not confirmed")
		}
		if _, err := d.DB.Exec(t.Context(), `UPDATE account SET name = $2, name_words = $3 WHERE id = $1`, lucia.ID, lucia.Name, identifier.NameWords(lucia.Name)); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("suggestion, undo and redo", func(t *testing.T) {
		path := ticketPath(refs["unusable"])
		page := d.get(t, path)
		if got := page.Doc.Find(".candidate--suggested button[data-key=y]").Length(); got != 1 {
			t.Fatalf("no suggestion for an A-Number on file: %s", page.Text("#context"))
		}
		d.post(t, path+"/link", page.Form(".candidate--suggested form"))
		if got := d.ticket(t, refs["unusable"]).AccountID; got == nil || *got != amara.ID {
			t.Fatalf("linked to %v, want %d", got, amara.ID)
		}
		undo := d.get(t, path).Form(".undo-line")
		d.post(t, path+"/link/undo", undo)
		if got := d.ticket(t, refs["unusable"]); got.AccountID != nil || got.LinkState != ticket.LinkUnusable {
			t.Errorf("after undoing the link is %+v", got.Link())
		}
		if got := d.agent.Post(path+"/link/undo", undo); got.Status != http.StatusConflict {
			t.Errorf("undoing what was undone: status %d, want 409", got.Status)
		}
		d.post(t, path+"/link/undo", d.get(t, path).Form(".undo-line"))
		if got := d.ticket(t, refs["unusable"]).AccountID; got == nil || *got != amara.ID {
			t.Errorf("after redoing it is linked to %v", got)
		}
	})

	t.Run("two agents at once", func(t *testing.T) {
		path := ticketPath(refs["unmatched"]) + "/link"
		form := d.get(t, path+"?number="+lucia.Number).Form("form.actions")
		form.Set("number", " "+lucia.Number[:4]+" "+lucia.Number[4:8]+"-"+lucia.Number[8:])
		var statuses [4]int
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() { statuses[i] = d.agent.Post(path, form).Status })
		}
		all.Wait()
		done := 0
		for _, s := range statuses {
			if s == http.StatusSeeOther {
				done++
			} else if s != http.StatusConflict {
				t.Errorf("status %d, want 303 or 409", s)
			}
		}
		if done != 1 {
			t.Errorf("%d of 4 linked it, want one", done)
		}
		if got := d.agent.Post(path+"/remove", nil); got.Status != http.StatusConflict || d.ticket(t, refs["unmatched"]).AccountID == nil {
			t.Errorf("taken off without a word of which: status %d, want 409", got.Status)
		}
		d.post(t, path+"/remove", d.get(t, ticketPath(refs["unmatched"])).Form(`form[action*="/link/remove"]`))
		if got := d.ticket(t, refs["unmatched"]).AccountID; got != nil {
			t.Error("still linked")
		}
	})

	t.Run("numbers that lead nowhere", func(t *testing.T) {
		for _, number := range []string{"", "123", "123456789012", "900000000018", "A200000001", "<b>"} {
			got := d.agent.Post(ticketPath(refs["unmatched"])+"/link", url.Values{"number": {number}})
			if got.Status != http.StatusUnprocessableEntity || got.Text("[role=alert]") == "" {
				t.Errorf("%q: status %d, want 422 and why", number, got.Status)
			}
		}
	})
}

func TestRevealIsRecorded(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	path := ticketPath(refs["corroborated"])
	page := d.get(t, path)
	if strings.Contains(page.Body, amara.ANumber) || strings.Contains(page.Body, "1990") {
		t.Error("the page shows a masked fact unasked")
	}
	shown := d.agent.Post(path+"/reveal", url.Values{"what": {"a_number"}})
	if shown.Status != http.StatusOK || !strings.Contains(shown.Text("#context"), amara.ANumber) || strings.Contains(shown.Text("#context"), "1990") {
		t.Errorf("status %d: %s", shown.Status, shown.Text("#context"))
	}
	account := "/console/accounts/" + amara.Number
	if got := d.agent.Post(account+"/reveal", url.Values{"what": {"date_of_birth"}}); got.Status != http.StatusOK || !strings.Contains(got.Body, "May 17, 1990") {
		t.Errorf("status %d, want the date of birth", got.Status)
	}
	if got := d.agent.Post(account+"/reveal", url.Values{"what": {"password"}}); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("asking for anything else: status %d, want 422", got.Status)
	}
	d.get(t, account)
	var what string
	err = d.DB.QueryRow(t.Context(), `SELECT string_agg(what, ' ' ORDER BY id) FROM account_view WHERE account_id = $1`, amara.ID).Scan(&what)
	if err != nil || what != "account a_number date_of_birth account" {
		t.Errorf("recorded: %q (%v)", what, err)
	}
}
