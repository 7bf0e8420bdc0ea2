package ticket_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// withFile opens a ticket with a file, and gives it.
func (d *desk) withFile(content string, scan ticket.Scan) (reference string, f ticket.Attachment) {
	d.Helper()
	sum := sha256.Sum256([]byte(content))
	opened := d.open("", func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{{Name: "a.pdf", MediaType: "application/pdf", Size: 1, SHA256: sum[:], StorageKey: fmt.Sprintf("%s-%x", content, in.Token), Scan: scan}}
	})
	return opened.Reference, d.fileOf(opened.Reference)
}

func (d *desk) fileOf(reference string) ticket.Attachment {
	d.Helper()
	t, err := d.tickets.ByReference(d.Context(), reference)
	d.must(err)
	thread, err := d.tickets.Thread(d.Context(), t.ID)
	d.must(err)
	return thread[0].Attachments[0]
}

// A supervisor lets a file through that the scanner could not look into, with a reason; an infected one nobody does. A virus that is found later locks it
// again.
func TestReleaseOfAFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, f := d.withFile("locked", ticket.ScanWaiting)
	boss := ticket.Staff(d.addStaff("boss@desk.example"))
	release := func(reason string) error { return d.tickets.ReleaseFile(t.Context(), boss, reference, f.ID, reason) }
	if err := release("It waits."); !failure.Is(err, failure.KindConflict) {
		t.Errorf("a file that waits for its scan: %v", err)
	}
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanUnscannable, Finding: "Heuristics.Encrypted.Zip"}))
	for _, reason := range []string{"", " \n", strings.Repeat("x", 501), "a\x00b"} {
		if err := release(reason); !failure.Is(err, failure.KindInvalid) {
			t.Errorf("the reason %.10q: %v", reason, err)
		}
	}
	if d.fileOf(reference).Offered() {
		t.Error("a locked file is offered")
	}
	d.must(release("The applicant told us the password."))
	got := d.fileOf(reference)
	if !got.Offered() || got.ReleasedBy == "" || got.ReleaseReason != "The applicant told us the password." {
		t.Errorf("let through it is %+v", got)
	}
	other, _ := d.withFile("other", ticket.ScanNone)
	if err := d.tickets.ReleaseFile(t.Context(), boss, other, f.ID, "Another's."); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("another ticket's file: %v", err)
	}
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanUnscannable})) // of a copy, say
	if !d.fileOf(reference).Offered() {
		t.Error("another scan that could not look took the release back")
	}
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Eicar"}))
	if got := d.fileOf(reference); got.Offered() || got.ReleasedBy != "" {
		t.Errorf("a virus was found, and the file is %+v", got)
	}
	if err := release("All the same."); !failure.Is(err, failure.KindConflict) {
		t.Errorf("an infected file: %v", err)
	}
	page, err := d.tickets.List(t.Context(), ticket.Filter{})
	d.must(err)
	for _, row := range page.Rows {
		if row.LockedFile != (row.Reference == reference) {
			t.Errorf("%s has a locked file: %t", row.Reference, row.LockedFile)
		}
	}
}

// Files from before there was a scanner are held back and scanned; those that wait for one that was taken away are offered.
func TestAScannerComesAndGoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before, _ := d.withFile("before", ticket.ScanNone)
	d.withFile("seen", ticket.ScanClean)
	if !d.fileOf(before).Offered() {
		t.Error("without a scanner the file is held back")
	}
	scanning := ticket.NewService(ticket.Config{DB: d.db, HoldFiles: true})
	one, err := scanning.Attachment(t.Context(), before, d.fileOf(before).ID)
	d.must(err)
	if one.Offered() || !one.Waits() {
		t.Error("with a scanner the file is offered unseen")
	}
	for _, want := range []int64{1, 0} {
		if n, err := scanning.ScanLater(t.Context()); err != nil || n != want {
			t.Errorf("%d files are to be scanned (%v), want %d", n, err, want)
		}
	}
	var tasks int
	d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox_task WHERE task = 'scan_file'`).Scan(&tasks))
	if tasks != 1 || d.fileOf(before).Scan != ticket.ScanWaiting {
		t.Errorf("%d tasks, the file is %s", tasks, d.fileOf(before).Scan)
	}
	if n, err := d.tickets.ScanNever(t.Context()); err != nil || n != 1 {
		t.Errorf("%d tasks were taken away (%v), want one", n, err)
	}
	if f := d.fileOf(before); !f.Offered() || f.Scan != ticket.ScanNone {
		t.Errorf("without a scanner the file is %s", f.Scan)
	}
}

// New signatures have the files of tickets scanned once more that are not closed, each content once; they are offered meanwhile.
func TestNewSignatures(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, f := d.withFile("same", ticket.ScanWaiting)
	second, _ := d.withFile("same", ticket.ScanWaiting)
	closed, g := d.withFile("closed", ticket.ScanWaiting)
	old := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, id := range []int64{f.ID, g.ID} {
		d.must(d.tickets.RecordScan(t.Context(), 0, id, ticket.Scanned{Scan: ticket.ScanClean, SignaturesAt: old}))
	}
	_, err := d.db.Exec(t.Context(), `UPDATE ticket SET status = 'closed', solved_at = opened_at WHERE reference = $1`, closed)
	d.must(err)
	for _, c := range []struct {
		at   time.Time
		want int64
	}{{old, 0}, {old.Add(time.Hour), 1}, {old.Add(time.Hour), 0}} {
		if n, err := d.tickets.ScanAgain(t.Context(), c.at); err != nil || n != c.want {
			t.Errorf("by signatures of %s %d are to be scanned (%v), want %d", c.at, n, err, c.want)
		}
	}
	for _, reference := range []string{first, second} {
		if f := d.fileOf(reference); f.Scan != ticket.ScanClean || !f.Offered() {
			t.Errorf("meanwhile %s is %s", reference, f.Scan)
		}
	}
}
