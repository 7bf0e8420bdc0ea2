package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// busyStore does something before it opens a file: what another process does meanwhile.
type busyStore struct {
	files.Store
	before func()
}

func (s busyStore) Open(ctx context.Context, key string) (files.File, error) {
	s.before()
	return s.Store.Open(ctx, key)
}

// scans is a scanner with signatures of a moment; err when it is unavailable.
type scans struct {
	verdict files.Verdict
	at      time.Time
	err     error
}

func (s scans) Scan(context.Context, io.Reader) (files.Verdict, error) {
	s.verdict.SignaturesAt = s.at
	return s.verdict, s.err
}

func (s scans) Signatures(context.Context) (time.Time, error) { return s.at, s.err }

// What is known of a file at the moment of a download decides.
func TestAFileIsLookedAtAgainAtItsDownload(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := d.Member(t, staff.RoleSupervisor, "boss@staff.test")
	old := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	newer := old.Add(24 * time.Hour)
	clean := ticket.Scanned{Scan: ticket.ScanClean, SignaturesAt: old}
	locked := ticket.Scanned{Scan: ticket.ScanUnscannable, Finding: "Heuristics.Encrypted.PDF", SignaturesAt: old}
	virus := files.Verdict{Threat: "Eicar"}
	for name, c := range map[string]struct {
		known     ticket.Scanned
		release   bool
		scanner   scans
		meanwhile bool // another process finds a virus after the file was opened
		want      failure.Kind
		scan      ticket.Scan
	}{
		"clean, the same signatures":           {known: clean, scanner: scans{virus, old, nil}, scan: ticket.ScanClean},
		"clean, newer ones find a virus":       {known: clean, scanner: scans{virus, newer, nil}, want: failure.KindForbidden, scan: ticket.ScanInfected},
		"clean, the scanner is unavailable":    {known: clean, scanner: scans{virus, newer, errors.New("refused")}, scan: ticket.ScanClean},
		"clean, a virus is found meanwhile":    {known: clean, scanner: scans{virus, old, nil}, meanwhile: true, want: failure.KindForbidden, scan: ticket.ScanInfected},
		"let through, newer ones find one":     {known: locked, release: true, scanner: scans{virus, newer, nil}, want: failure.KindForbidden, scan: ticket.ScanInfected},
		"let through, newer ones find none":    {known: locked, release: true, scanner: scans{files.Verdict{Clean: true}, newer, nil}, scan: ticket.ScanReleased},
		"let through, still not looked into":   {known: locked, release: true, scanner: scans{files.Verdict{Unscannable: true, Threat: locked.Finding}, newer, nil}, scan: ticket.ScanReleased},
		"not looked into, and not let through": {known: locked, scanner: scans{files.Verdict{Clean: true}, newer, nil}, want: failure.KindForbidden, scan: ticket.ScanUnscannable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reference, f := d.withFile(t, name)
			record := func(found ticket.Scanned) {
				if err := d.Tickets.RecordScan(t.Context(), 0, f.ID, found); err != nil {
					t.Error(err)
				}
			}
			record(c.known)
			if c.release {
				if err := d.Tickets.ReleaseFile(t.Context(), ticket.Staff(boss), reference, f.ID, "The applicant told us the password."); err != nil {
					t.Fatal(err)
				}
			}
			f, err := d.Tickets.AttachmentByID(t.Context(), f.ID)
			if err != nil {
				t.Fatal(err)
			}
			door := page.FileDoor{Tickets: d.Tickets, Scanner: c.scanner, Store: busyStore{d.Files, func() {
				if c.meanwhile {
					record(ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Eicar"})
				}
			}}}
			file, err := door.Open(t.Context(), f)
			if file != nil {
				defer file.Close()
			}
			if c.want == "" && err != nil || c.want != "" && (file != nil || !failure.Is(err, c.want)) {
				t.Errorf("the door says %v, want %v", err, c.want)
			}
			if f, err := d.Tickets.AttachmentByID(t.Context(), f.ID); err != nil || f.Scan != c.scan {
				t.Errorf("then it is %s (%v), want %s", f.Scan, err, c.scan)
			}
		})
	}
}

func TestNothingIsScannedAgainWithoutAScanner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, f := d.withFile(t, "x")
	if err := d.Tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanInfected, Finding: "Eicar"}); err != nil {
		t.Fatal(err)
	}
	if text := d.get(t, ticketPath(reference)).Text(".files"); !strings.Contains(text, "virus found, locked") || strings.Contains(text, "Scan again") {
		t.Errorf("an agent reads %q", text)
	}
	file := ticketPath(reference) + "/files/" + strconv.FormatInt(f.ID, 10)
	if got := d.agent.Post(file+"/rescan", nil); got.Status != http.StatusConflict {
		t.Errorf("scanned again: %d", got.Status)
	}
	if got := d.agent.Get(file); got.Status != http.StatusForbidden {
		t.Errorf("the file: %d", got.Status)
	}
}
