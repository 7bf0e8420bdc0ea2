package factor_test

import (
	"io"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	firstKey = "01234567890123456789012345678901"
	otherKey = "another key that nobody can guess"
	base     = "https://help.arrivals.example"
)

// desk is a database with two applicants, and a clock.
type desk struct {
	*testing.T
	db       *pgxpool.Pool
	clock    atomic.Int64
	ada, ben factor.By
	factors  *factor.Store
}

func (d *desk) now() time.Time               { return time.UnixMicro(d.clock.Load()).UTC() }
func (d *desk) set(at time.Time)             { d.clock.Store(at.UnixMicro()) }
func (d *desk) advance(by time.Duration)     { d.clock.Add(by.Microseconds()) }
func (d *desk) nextStep()                    { d.advance(30 * time.Second) }
func kindOf(err error) failure.Kind          { return failure.KindOf(err) }
func address(text string) netip.Addr         { return netip.MustParseAddr(text) }
func (d *desk) must(err error)               { d.Helper(); d.mustf("", err) }
func (d *desk) mustf(what string, err error) { d.Helper(); fatal(d.T, what, err) }

func fatal(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(what, err)
	}
}

// codeOf gives the code of the first field that an error is about.
func codeOf(err error) string {
	if fields := failure.FieldsOf(err); len(fields) > 0 {
		return fields[0].Code
	}
	return ""
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, db: testkit.Database(t)}
	d.set(time.Date(2026, 11, 23, 9, 0, 5, 0, time.UTC))
	d.ada, d.ben = d.account("Ada Quill", "ada@mail.example"), d.account("Ben Oak", "ben@mail.example")
	d.factors = d.store(nil, firstKey)
	return d
}

func (d *desk) account(name, email string) factor.By {
	d.Helper()
	number, err := identifier.NewAccountNumber(random{})
	d.must(err)
	by := factor.By{Visit: account.Visit{Address: address("192.0.2.7"), Browser: "Firefox, Android"}}
	d.must(d.db.QueryRow(d.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, $3, $4)
		RETURNING id`, number, name, identifier.NameWords(name), email).Scan(&by.AccountID))
	return by
}

// store gives a Store with these keys on the desk's database.
func (d *desk) store(from io.Reader, keys ...string) *factor.Store {
	d.Helper()
	at, err := url.Parse(base)
	d.must(err)
	cfg := factor.Config{DB: d.db, BaseURL: at, Agency: "Bureau of Arrivals", Now: d.now, Random: from}
	for _, k := range keys {
		cfg.Keys = append(cfg.Keys, []byte(k))
	}
	s, err := factor.New(cfg)
	d.must(err)
	return s
}

// events gives what the account's history and the outbox hold, the oldest first.
func (d *desk) events(by factor.By) (events []string) {
	d.Helper()
	rows, err := d.db.Query(d.Context(), `
		SELECT e.kind || COALESCE(' ' || (e.data ->> 'factor'), '')
		FROM account_event e
		JOIN outbox o ON o.subject_id = e.id AND o.event = 'account.happened'
		WHERE e.account_id = $1 AND e.network = '192.0.2.0/24' AND e.browser = 'Firefox, Android'
		ORDER BY e.id`, by.AccountID)
	d.must(err)
	for rows.Next() {
		var e string
		d.must(rows.Scan(&e))
		events = append(events, e)
	}
	d.must(rows.Err())
	return events
}
