package thread_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// desk is a site whose clock the test sets, whose statements are written down, and whose database can be unavailable.
type desk struct {
	*webtest.Desk
	t      *testing.T
	agent  ticket.Actor
	clock  atomic.Int64
	away   atomic.Bool
	traced *statements
}

func newDesk(t *testing.T, env ...string) *desk {
	t.Helper()
	d := &desk{t: t, traced: &statements{}}
	d.clock.Store(time.Now().UnixNano())
	cfg, err := pgxpool.ParseConfig(testkit.DatabaseURL(t))
	d.must(err)
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if d.away.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return dial(ctx, network, address)
	}
	cfg.ConnConfig.Tracer = d.traced
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	d.must(err)
	t.Cleanup(pool.Close)
	settings := map[string]string{}
	for i := 0; i+1 < len(env); i += 2 {
		settings[env[i]] = env[i+1]
	}
	d.Desk = webtest.New(t, webtest.Options{DB: pool, Now: d.now, Env: settings})
	d.agent = ticket.Staff(d.Member(t, staff.RoleAgent, "ana@desk.example"))
	return d
}

func (d *desk) now() time.Time { return time.Unix(0, d.clock.Load()) }

func (d *desk) wait(long time.Duration) { d.clock.Add(int64(long)) }

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// statements writes down what is asked of the database.
type statements struct {
	mu  sync.Mutex
	sql []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql = append(s.sql, data.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take gives the statements since it was called last.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.sql
	s.sql = nil
	return taken
}

func (d *desk) open(change ...func(*ticket.Inquiry)) ticket.Ticket {
	d.t.Helper()
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Name: "Ana Núñez", Email: "ana@mail.example",
		Subject: "My card has not come", Question: "It was mailed in May.\nWhere is it?",
	}
	in.Number.Group, in.Number.Kind = "without", "none"
	_, _ = rand.Read(in.Token[:])
	for _, fn := range change {
		fn(&in)
	}
	opened, err := d.Tickets.Open(d.t.Context(), in)
	d.must(err)
	t, err := d.Tickets.ByReference(d.t.Context(), opened.Reference)
	d.must(err)
	return t
}

// answer replies to a ticket, and lets the time pass in which that can be undone.
func (d *desk) answer(t ticket.Ticket, body string) {
	d.t.Helper()
	_, err := d.Tickets.Reply(d.t.Context(), d.agent, t.Reference, ticket.Draft{Body: body, Status: ticket.StatusPending})
	d.must(err)
	d.wait(d.Settings.UndoSend + time.Second)
}

// mailed does the worker's work for every request that waits, and gives the links that it mailed.
func (d *desk) mailed(send func(mail.Notice)) (links []string) {
	d.t.Helper()
	_, err := outbox.Expand(d.t.Context(), d.DB, map[string][]outbox.Reaction{account.OutboxAsked: {{Task: "answer_request"}}}, 1000)
	d.must(err)
	rows, err := d.DB.Query(d.t.Context(), `SELECT id, subject_id FROM outbox_task WHERE task = 'answer_request' ORDER BY id`)
	d.must(err)
	type task struct{ ID, SubjectID int64 }
	tasks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[task])
	d.must(err)
	for _, waits := range tasks {
		d.must(d.Accounts.Answer(d.t.Context(), waits.ID, waits.SubjectID, func(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
			t, err := d.Tickets.ToFollow(ctx, tx, in.Reference, in.Email)
			if failure.Is(err, failure.KindNotFound) {
				return nil, nil
			}
			in.TicketID = &t.ID
			links = append(links, "/status/"+token)
			if send != nil {
				send(mail.Notice{
					To: t.Email, Language: t.Language, What: "status", Path: "status/" + token, ID: token,
					Args: []any{"reference", t.Reference}, Category: t.Category, Label: t.CategoryName,
				})
			}
			return nil, err
		}))
	}
	return links
}

func asking(reference, email string) url.Values {
	return url.Values{"reference": {reference}, "email": {email}}
}

// link asks for a link and gives it.
func (d *desk) link(t ticket.Ticket) string {
	d.t.Helper()
	if p := d.Post("/status", asking(t.Reference, t.ApplicantEmail)); p.Status != http.StatusSeeOther {
		d.t.Fatalf("status %d: %s", p.Status, p.Text("main"))
	}
	links := d.mailed(nil)
	if len(links) != 1 {
		d.t.Fatalf("%d links were mailed, want 1", len(links))
	}
	return links[0]
}

// follower is a visitor who used a link to the ticket.
func (d *desk) follower(t ticket.Ticket) *webtest.Visitor {
	d.t.Helper()
	v := d.NewVisitor(d.t)
	if p := v.Post(d.link(t), nil); p.Status != http.StatusSeeOther || p.Location() != questionPath(t.Reference) {
		d.t.Fatalf("status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
	}
	return v
}

func questionPath(reference string) string { return "/status/questions/" + reference }

func (d *desk) count(sql string, args ...any) (n int) {
	d.t.Helper()
	d.must(d.DB.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// typed is the form of a message as the page has it, with these words.
func typed(p webtest.Page, words string) url.Values {
	form := p.Form(`form[action$="/messages"]`)
	form.Set("message", words)
	return form
}

var varying = regexp.MustCompile(`ASK-[0-9A-Z]{4}-[0-9A-Z]{4}`)

// sameAnswer is what two answers are compared by: all but what is another one for every request.
func sameAnswer(p webtest.Page) string {
	header := p.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id"} {
		header.Del(name)
	}
	return fmt.Sprint(p.Status, header, varying.ReplaceAllString(p.Body, "REFERENCE"))
}

func holds(t *testing.T, p webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Text("main"), text) {
			t.Errorf("the page does not say %q: %s", text, p.Text("main"))
		}
	}
}
