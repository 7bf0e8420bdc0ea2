package ticket_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

func inquiry(number string) ticket.Inquiry {
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received",
		Number: identifier.Read(number), Name: "Ana María Núñez", Email: "Ana@mail.example",
		Subject: "My card has not come", Question: "It was mailed in May.",
	}
	rand.Read(in.Token[:])
	return in
}

func count(t *testing.T, db *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenWritesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	s := ticket.NewService(ticket.Config{DB: db})
	in := inquiry("A-123456789")
	in.Attachments = []ticket.Attachment{{
		Name: "notice.pdf", MediaType: "application/pdf", Size: 9, SHA256: make([]byte, 32), StorageKey: "k1", Scan: ticket.ScanWaiting,
	}}
	opened, err := s.Open(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ByReference(t.Context(), opened.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != ticket.StatusNew || got.NumberGroup != identifier.GroupUnusable || got.LinkState != ticket.LinkWaiting {
		t.Errorf("ticket is %+v", got)
	}
	thread, err := s.Thread(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(thread) != 1 || thread[0].Body != in.Question || len(thread[0].Attachments) != 1 {
		t.Errorf("thread is %+v", thread)
	}
	for sql, want := range map[string]int{
		`SELECT count(*) FROM ticket_event WHERE kind = 'opened'`:                                            1,
		`SELECT count(*) FROM outbox WHERE event IN ('ticket.opened', 'ticket.number_given', 'file.stored')`: 3,
	} {
		if n := count(t, db, sql); n != want {
			t.Errorf("%s = %d, want %d", sql, n, want)
		}
	}
}

func TestOpenSameTokenMakesOneTicket(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	s := ticket.NewService(ticket.Config{DB: db})
	in := inquiry("")
	const tries = 24
	references := make([]string, tries)
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() {
			opened, err := s.Open(context.Background(), in)
			if err != nil {
				t.Errorf("try %d: %v", i, err)
			}
			references[i] = opened.Reference
		})
	}
	wg.Wait()
	for _, r := range references {
		if r != references[0] || r == "" {
			t.Fatalf("references differ: %v", references)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM ticket`); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
	if n := count(t, db, `SELECT count(*) FROM message`); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := ticket.NewService(ticket.Config{DB: testkit.Database(t)})
	for field, spoil := range map[string]func(*ticket.Inquiry){
		"category": func(in *ticket.Inquiry) { in.Category = "no-such-category" },
		"name":     func(in *ticket.Inquiry) { in.Name = " \n" },
		"email":    func(in *ticket.Inquiry) { in.Email = "nobody" },
		"subject":  func(in *ticket.Inquiry) { in.Subject = "\xff" },
		"question": func(in *ticket.Inquiry) { in.Question = fmt.Sprintf("%020001d", 0) },
	} {
		in := inquiry("")
		spoil(&in)
		_, err := s.Open(t.Context(), in)
		fields := failure.FieldsOf(err)
		if len(fields) != 1 || fields[0].Name != field {
			t.Errorf("spoiled %s: %v", field, err)
		}
	}
}
