package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// withFile opens a ticket with a stored file.
func (d *desk) withFile(t *testing.T, content string) (reference string, f ticket.Attachment) {
	t.Helper()
	kept, err := d.Files.Put(t.Context(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	reference = d.open(t, func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{{
			Name: "passport.pdf", MediaType: "application/pdf", Size: kept.Size, SHA256: kept.SHA256, StorageKey: kept.Key, Scan: ticket.ScanWaiting,
		}}
	})
	thread, err := d.Tickets.Thread(t.Context(), d.ticket(t, reference).ID)
	if err != nil {
		t.Fatal(err)
	}
	return reference, thread[0].Attachments[0]
}

// A file that the scanner could not look into is locked, says why, and is let through by a supervisor with a reason that stands there; an agent has it
// scanned again.
func TestALockedFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, webtest.Options{Env: map[string]string{"CLAMD_URL": "tcp://127.0.0.1:1"}}) // it does not answer: what was found before holds
	reference, f := d.withFile(t, "%PDF-1.4")
	file := ticketPath(reference) + "/files/" + strconv.FormatInt(f.ID, 10)
	record := func(found ticket.Scanned) {
		if err := d.Tickets.RecordScan(t.Context(), 0, f.ID, found); err != nil {
			t.Fatal(err)
		}
	}
	record(ticket.Scanned{Scan: ticket.ScanUnscannable, Finding: "Heuristics.Encrypted.PDF"})
	page := d.get(t, ticketPath(reference))
	if text := page.Text(".files"); !strings.Contains(text, "it is encrypted (Heuristics.Encrypted.PDF)") || !strings.Contains(text, "Scan again") || strings.Contains(text, "Let it through") {
		t.Errorf("an agent reads %q", text)
	}
	if list := d.get(t, "/console/tickets?view=all").Text("main"); !strings.Contains(list, "File locked") {
		t.Errorf("the list says %q", list)
	}
	if got := d.agent.Get(file); got.Status != http.StatusForbidden {
		t.Errorf("the locked file: %d", got.Status)
	}

	boss := d.SignIn(t, staff.RoleSupervisor)
	if text := boss.Get(ticketPath(reference)).Text(".files"); !strings.Contains(text, "Let it through") {
		t.Errorf("a supervisor reads %q", text)
	}
	if got := boss.Post(file+"/release", url.Values{"reason": {" "}}); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", got.Status)
	}
	if got := boss.Post(file+"/release", url.Values{"reason": {"The applicant told us the <password>."}}); got.Status != http.StatusSeeOther {
		t.Fatalf("with a reason: %d", got.Status)
	}
	page = d.get(t, ticketPath(reference))
	if text := page.Text(".files"); !strings.Contains(text, "unseen by the scanner: The applicant told us the <password>.") {
		t.Errorf("let through it reads %q", text)
	}
	if got := d.agent.Get(file); got.Status != http.StatusOK || got.Body != "%PDF-1.4" {
		t.Errorf("the file that was let through: %d", got.Status)
	}

	d.post(t, file+"/rescan", nil)
	if got := d.agent.Get(file); got.Status != http.StatusConflict {
		t.Errorf("while it is scanned again: %d", got.Status)
	}
	record(ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Eicar"})
	if text := d.get(t, ticketPath(reference)).Text(".files"); !strings.Contains(text, "virus found, locked (Eicar)") {
		t.Errorf("with a virus in it it reads %q", text)
	}
	if got := boss.Post(file+"/release", url.Values{"reason": {"All the same."}}); got.Status != http.StatusConflict {
		t.Errorf("a supervisor lets a virus through: %d", got.Status)
	}
}
