package workers_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/workers"
)

// hung is a scanner that answers nothing until it is let go.
type hung struct {
	mu      sync.Mutex
	asked   int
	running int
	most    int
	free    chan struct{}
}

func (h *hung) Scan(ctx context.Context, _ io.Reader) (files.Verdict, error) {
	h.mu.Lock()
	h.asked++
	h.running++
	h.most = max(h.most, h.running)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.running--
		h.mu.Unlock()
	}()
	select {
	case <-h.free:
		return files.Verdict{Clean: true}, nil
	case <-ctx.Done():
		return files.Verdict{}, failure.Unavailable("The virus scanner is unavailable.", ctx.Err())
	}
}

func (h *hung) Signatures(context.Context) (time.Time, error) { return time.Time{}, nil }

func (d *desk) store() files.Store {
	d.t.Helper()
	store, err := files.NewFolder(d.t.TempDir())
	if err != nil {
		d.t.Fatal(err)
	}
	d.files = store
	return store
}

// attached gives a question a file.
func (d *desk) attached(text string, scan ticket.Scan) func(*ticket.Inquiry) {
	d.t.Helper()
	kept, err := d.files.Put(d.t.Context(), strings.NewReader(text))
	if err != nil {
		d.t.Fatal(err)
	}
	return func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{{
			Name: "a.pdf", MediaType: "application/pdf", Size: kept.Size, SHA256: kept.SHA256, StorageKey: kept.Key, Scan: scan,
		}}
	}
}

// A scanner that hangs takes a quarter of the places: linking, replies and mails go on.
func TestAHungScannerStopsNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	scanner := &hung{free: make(chan struct{})}
	d.scanner = scanner
	staff := d.agent()
	var asked []string
	for range 20 {
		asked = append(asked, d.open(number, d.attached("a letter", ticket.ScanWaiting)).Reference)
	}
	d.account(number, "Jean Horvat", "jean@mail.example")
	d.work()
	d.answer(staff, asked[0])
	d.await("acknowledgements, links and the reply, while the scanner hangs", func() bool {
		return d.count(`SELECT count(*) FROM ticket WHERE link_state <> 'waiting'`) == 20 &&
			d.count(`SELECT count(*) FROM message WHERE kind = 'reply' AND delivery = 'sent'`) == 1 &&
			d.count(`SELECT count(*) FROM ticket_event WHERE kind = 'acknowledged'`) == 20
	})
	if n := d.count(`SELECT count(*) FROM attachment WHERE scan = 'waiting'`); n != 20 {
		t.Errorf("%d files wait, want all", n)
	}
	close(scanner.free)
	d.await("every file to be scanned", func() bool { return d.count(`SELECT count(*) FROM attachment WHERE scan = 'clean'`) == 20 })
	if scanner.most > 2 {
		t.Errorf("%d scans were under way at once, want at most 2 of 8 places", scanner.most)
	}
}

func TestATaskIsLeftWhenEveryServiceHangs(t *testing.T) {
	t.Parallel()
	for concurrency := 8; concurrency <= 512; concurrency++ {
		if left := workers.PlacesLeft(concurrency); left < 1 {
			t.Errorf("of %d tasks %d are left", concurrency, left)
		}
	}
}

// failing is a scanner that is not there.
type failing struct {
	mu    sync.Mutex
	asked int
}

func (f *failing) Scan(context.Context, io.Reader) (files.Verdict, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return files.Verdict{}, failure.Unavailable("The virus scanner is unavailable.", errors.New("connection refused"))
}

func (f *failing) Signatures(context.Context) (time.Time, error) { return time.Time{}, nil }

// A scanner that is not there is asked three times, and then by one file at a time.
func TestAMissingScannerIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	scanner := &failing{}
	d.scanner = scanner
	for range 30 {
		d.open("", d.attached("a letter", ticket.ScanWaiting))
	}
	registry := d.registry
	d.work()
	d.await("every file to be put off or tried", func() bool {
		return d.count(`SELECT count(*) FROM outbox_task WHERE task = 'scan_file' AND due_at BETWEEN now() + interval '5 seconds' AND now() + interval '1 minute'`) >= 24
	})
	if got := metricOf(t, registry, "askwell_scanner_paused", nil); got != 1 {
		t.Errorf("askwell_scanner_paused is %g", got)
	}
	scanner.mu.Lock()
	defer scanner.mu.Unlock()
	if scanner.asked > 6 {
		t.Errorf("it was asked %d times over 30 files", scanner.asked)
	}
}

// What a scan cannot look into is final, and says why; one scan serves every copy.
func TestWhatTheScannerCannotLookInto(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	d.scanner = verdicts{"locked": {Unscannable: true, Threat: "Heuristics.Encrypted.Zip"}, "huge": {Unscannable: true, Threat: files.TooLarge}, "virus": {Threat: "Eicar"}}
	want := map[string]string{"locked": "unscannable encrypted", "huge": "unscannable too_large", "virus": "infected other", "letter": "clean other"}
	opened := map[string]ticket.Ticket{}
	for content := range want {
		opened[content] = d.open("", d.attached(content, ticket.ScanWaiting))
	}
	copied := d.open("", d.attached("virus", ticket.ScanNone)) // came before there was a scanner
	d.work()
	d.awaitIdle()
	for content, want := range want {
		f := d.file(opened[content].ID)
		if got := string(f.Scan) + " " + f.Blind(); got != want || f.Offered() != (content == "letter") {
			t.Errorf("%s is %s, offered: %t; want %s", content, got, f.Offered(), want)
		}
	}
	if f := d.file(copied.ID); f.Scan != ticket.ScanInfected || f.Finding != "Eicar" {
		t.Errorf("the copy on another ticket is %s (%s)", f.Scan, f.Finding)
	}
	if n := d.count(`SELECT count(*) FROM outbox_task WHERE task = 'scan_file'`); n != 0 {
		t.Errorf("%d scans are still to be done", n)
	}
}

// unreadable is a scanner that answers each time that it failed to read files of one content.
type unreadable struct{ verdicts }

func (u unreadable) Scan(_ context.Context, file io.Reader) (files.Verdict, error) {
	content, err := io.ReadAll(file)
	if string(content) == "broken" {
		return files.Verdict{}, failure.New(failure.KindConflict, "The virus scanner could not read the file.", errors.New("stream: Can't parse data ERROR"))
	}
	return files.Verdict{Clean: true}, err
}

// Files that the scanner fails to read keep it from no other file, and why they wait is recorded.
func TestFilesThatTheScannerCannotReadHoldUpNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	d.scanner = unreadable{}
	for range 6 { // more than make the breaker open when the scanner is unavailable
		d.open(number, d.attached("broken", ticket.ScanWaiting))
	}
	d.work()
	d.await("each to be tried", func() bool {
		return d.count(`SELECT count(*) FROM outbox_task WHERE task = 'scan_file' AND last_error = 'The virus scanner could not read the file.'`) == 6
	})
	d.open(number, d.attached("a letter", ticket.ScanWaiting))
	d.await("the readable file to be scanned", func() bool { return d.count(`SELECT count(*) FROM attachment WHERE scan = 'clean'`) == 1 })
	if contains(d.log, `"virus scanner" from=`) {
		t.Error("the breaker opened")
	}
	if n := d.count(`SELECT count(*) FROM attachment WHERE scan = 'waiting'`); n != 6 {
		t.Errorf("%d files wait, want the six", n)
	}
}

type verdicts map[string]files.Verdict

func (v verdicts) Scan(_ context.Context, file io.Reader) (files.Verdict, error) {
	content, err := io.ReadAll(file)
	if found, ok := v[string(content)]; ok {
		return found, err
	}
	return files.Verdict{Clean: true}, err
}

func (v verdicts) Signatures(context.Context) (time.Time, error) {
	return time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), nil
}

func (d *desk) file(ticketID int64) ticket.Attachment {
	d.t.Helper()
	thread, err := d.tickets.Thread(d.t.Context(), ticketID)
	if err != nil {
		d.t.Fatal(err)
	}
	return thread[0].Attachments[0]
}
