package workers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/workers"
)

func contains(b *logBook, text string) bool { return strings.Contains(b.String(), text) }
func count(b *logBook, text string) int     { return strings.Count(b.String(), text) }

func TestWhatCanNeverSucceedIsGivenUpAndShown(t *testing.T) {
	t.Parallel()
	address := testkit.RedisURL(t)
	d := newDesk(t, address)
	_, err := d.db.Exec(t.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('link_account', 999999, now(), now())`)
	if err != nil {
		t.Fatal(err)
	}
	registry := d.registry
	opened := d.openLinkCases()
	d.work()
	d.awaitIdle()
	d.checkLinks(opened) // one that spoils its batch holds nobody up
	stuck, err := outbox.ListStuck(t.Context(), d.db, 1000, 10)
	if err != nil || len(stuck) != 1 {
		t.Fatalf("stuck: %+v (%v)", stuck, err)
	}
	if s := stuck[0]; s.Kind != "link_account" || s.GivenUpAt == nil || s.LastError != "There is no such ticket." {
		t.Errorf("stuck: %+v", s)
	}
	if got := metric(t, registry, "askwell_tasks_total", "given_up"); got != 1 {
		t.Errorf("%g tasks counted as given up", got)
	}
	if got := metric(t, registry, "askwell_outbox_given_up", "link_account"); got != 1 {
		t.Errorf("%g tasks shown as given up", got)
	}
	inspector, err := workers.NewInspector(d.db, address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer inspector.Close()
	queues, err := inspector.TaskQueues(t.Context())
	if err != nil || len(queues) != 3 || queues[0].Name != "critical" || queues[1].Processed == 0 {
		t.Errorf("queues: %+v (%v)", queues, err)
	}
}

func metric(t *testing.T, registry *prometheus.Registry, name, label string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() == label {
					sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return sum
}

func TestInspectorSaysThatRedisIsAway(t *testing.T) {
	t.Parallel()
	inspector, err := workers.NewInspector(nil, "redis://127.0.0.1:1", "")
	if err != nil {
		t.Fatal(err)
	}
	defer inspector.Close()
	if _, err := inspector.TaskQueues(t.Context()); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("the error is %v", err)
	}
}

// scan is a scanner that finds a virus in what says so, and fails the first time it sees anything.
type scan struct{ failed bool }

func (s *scan) Scan(_ context.Context, file io.Reader) (files.Verdict, error) {
	if !s.failed {
		s.failed = true
		return files.Verdict{}, failure.Unavailable("The virus scanner is unavailable.", errors.New("no answer"))
	}
	data, err := io.ReadAll(file)
	return files.Verdict{Clean: !bytes.Contains(data, []byte("virus")), Threat: "Test"}, err
}

func (s *scan) Signatures(context.Context) (time.Time, error) { return time.Time{}, nil }

func TestFilesAreHeldBackUntilScanned(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	store, err := files.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d.files, d.scanner = store, &scan{}
	attached := func(text string) func(*ticket.Inquiry) {
		kept, err := store.Put(t.Context(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return func(in *ticket.Inquiry) {
			in.Attachments = []ticket.Attachment{{
				Name: "a.pdf", MediaType: "application/pdf", Size: kept.Size, SHA256: kept.SHA256, StorageKey: kept.Key, Scan: ticket.ScanWaiting,
			}}
		}
	}
	clean, infected := d.open("", attached("a letter")), d.open("", attached("a virus"))
	d.work()
	d.awaitIdle()
	for id, want := range map[int64]ticket.Scan{clean.ID: ticket.ScanClean, infected.ID: ticket.ScanInfected} {
		thread, err := d.tickets.Thread(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := thread[0].Attachments[0].Scan; got != want {
			t.Errorf("scan is %s, want %s", got, want)
		}
	}
}
