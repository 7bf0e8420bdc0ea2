package ticket_test

import (
	"testing"

	"github.com/askwell/askwell/internal/ticket"
)

// A scan that began before, with older signatures, and ends after another one found a virus.
func TestAnInfectedFileIsNotFreedByAnOlderScan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, f := d.withFile("x", ticket.ScanWaiting)
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanInfected, Finding: "New"}))
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanClean}))
	if f := d.fileOf(reference); f.Scan != ticket.ScanInfected {
		t.Errorf("it is %s", f.Scan)
	}
}

// A worker without CLAMD_URL takes up the task of a waiting copy of a file in which a virus was found.
func TestAnInfectedFileIsNotFreedByACopyThatGoesUnscanned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, f := d.withFile("x", ticket.ScanWaiting)
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Virus"}))
	_, waits := d.withFile("x", ticket.ScanWaiting)
	d.must(d.tickets.RecordScan(t.Context(), 0, waits.ID, ticket.Scanned{Scan: ticket.ScanNone})) // as workers/scan_file.go does
	if f := d.fileOf(reference); f.Offered() {
		t.Errorf("it is %s, and handed out", f.Scan)
	}
}

// Without a scanner nobody can have a file scanned again; it must not come free by that.
func TestAnInfectedFileIsNotFreedByARescanWithoutAScanner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, f := d.withFile("x", ticket.ScanWaiting)
	d.must(d.tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Virus"}))
	_ = d.tickets.RescanFile(t.Context(), ticket.Staff(d.addStaff("late@desk.example")), reference, f.ID)
	if _, err := d.tickets.ScanNever(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := d.fileOf(reference); f.Offered() {
		t.Errorf("it is %s, and handed out", f.Scan)
	}
}
