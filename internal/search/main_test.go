package search_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a database with a search server beside it.
type desk struct {
	place   *time.Location
	t       testing.TB
	db      *pgxpool.Pool
	tickets *ticket.Service
	engine  *search.Engine
	url     string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	db := testkit.Database(t)
	server := testkit.Search(t)
	d := &desk{t: t, db: db, tickets: ticket.NewService(ticket.Config{DB: db}), url: server.URL()}
	d.engine = d.connect(d.url)
	if err := d.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) connect(url string) *search.Engine {
	d.t.Helper()
	// A test machine under the race detector is slow; a search that is slow here is not away.
	engine, err := search.New(search.Config{URL: url, Prefix: "askwell_", Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second, Location: d.place, Labels: spanish})
	if err != nil {
		d.t.Fatal(err)
	}
	return engine
}

// open makes a ticket and gives its reference and row.
func (d *desk) open(subject, question string, change ...func(*ticket.Inquiry)) (string, int64) {
	d.t.Helper()
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Number: identifier.Read(""),
		Name: "Ana María Núñez", Email: "ana@mail.example", Subject: subject, Question: question,
	}
	rand.Read(in.Token[:])
	for _, c := range change {
		c(&in)
	}
	opened, err := d.tickets.Open(d.t.Context(), in)
	if err != nil {
		d.t.Fatal(err)
	}
	got, err := d.tickets.ByReference(d.t.Context(), opened.Reference)
	if err != nil {
		d.t.Fatal(err)
	}
	return opened.Reference, got.ID
}

// account adds an account and gives its row.
func (d *desk) account(number, name, email, aNumber string) int64 {
	d.t.Helper()
	var id int64
	err := d.db.QueryRow(d.t.Context(), `
		INSERT INTO account (number, name, name_words, email, a_number, date_of_birth, address)
		VALUES ($1, $2, $3, $4, NULLIF($5, ''), '1980-02-03', '7 Secret Lane')
		RETURNING id`, number, name, identifier.NameWords(name), email, aNumber).Scan(&id)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

// index sends everything to the indexes.
func (d *desk) index() {
	d.t.Helper()
	for table, index := range map[string]func(context.Context, []int64) error{
		"ticket": d.engine.IndexTickets, "account": d.engine.IndexAccounts,
	} {
		var ids []int64
		err := d.db.QueryRow(d.t.Context(), `SELECT COALESCE(array_agg(id), '{}') FROM `+table).Scan(&ids)
		if err != nil {
			d.t.Fatal(err)
		}
		if err := index(d.t.Context(), ids); err != nil {
			d.t.Fatal(err)
		}
	}
}

// agent is who asks when it does not matter.
var agent = staff.Member{ID: 1, Role: staff.RoleAgent}

func (d *desk) search(q search.Query) search.Results {
	d.t.Helper()
	if q.For.Role == "" {
		q.For = agent
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	found, err := d.engine.Search(ctx, q)
	if err != nil {
		d.t.Fatal(err)
	}
	return found
}

func references(r search.Results) []string {
	found := []string{}
	for _, h := range r.Hits {
		found = append(found, h.Reference)
	}
	return found
}
