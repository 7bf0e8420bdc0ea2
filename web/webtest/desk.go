// Package webtest runs the whole site on a database of its own, for tests of its pages.
package webtest

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/page"
)

// Desk is a site that listens on the loopback interface, with the visitor who is nobody in particular.
type Desk struct {
	*Visitor
	URL      string
	DB       *pgxpool.Pool
	Tickets  *ticket.Service
	Accounts *account.Service
	Files    *files.Folder
	Settings config.Config
}

// Options change what a Desk is made of. Env are settings on top of the tests' own; Change has the last word.
type Options struct {
	Env    map[string]string
	Change func(*web.Config)
	DB     *pgxpool.Pool // a database of the test's own when nil
	Now    func() time.Time
}

// New starts a site: no minimum fill time and no rate limit unless the options set them.
func New(t testing.TB, options ...Options) *Desk {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if o.DB == nil {
		o.DB = testkit.Database(t)
	}
	settings := Settings(t, o.Env)
	store, err := files.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pages := pagesOf(t, o.Env, settings, o.Now)
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{DB: o.DB, Files: store, Settings: settings}
	d.Tickets = ticket.NewService(ticket.Config{DB: o.DB, Now: o.Now, UndoSend: settings.UndoSend, HoldFiles: settings.ClamdURL != ""})
	d.Accounts, err = account.NewService(account.ServiceConfig{DB: o.DB, Keys: settings.SecretKeys, Agency: settings.Agency.Name, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	cfg := web.Config{
		Settings: settings, DB: o.DB, Tickets: d.Tickets, Accounts: d.Accounts, Files: testkit.WatchCalls(t, o.DB).Files(store), Pages: pages, Now: o.Now,
		Logger: slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if o.Change != nil {
		o.Change(&cfg)
	}
	handler, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		server.Config.Handler = nil // the testing package holds on to this function until the last parallel test has ended
	})
	d.URL = server.URL
	d.Visitor = newVisitor(t, server.URL)
	return d
}

var parsed sync.Map // pages by the settings that they were made from

// pagesOf parses the templates once for all tests with the same settings, unless the test has a clock of its own.
func pagesOf(t testing.TB, env map[string]string, settings config.Config, now func() time.Time) *page.Renderer {
	t.Helper()
	parse := func(now func() time.Time) (*page.Renderer, error) { return web.NewPages(settings, true, now) }
	var pages *page.Renderer
	var err error
	if now == nil {
		once, _ := parsed.LoadOrStore(fmt.Sprint(env), sync.OnceValues(func() (*page.Renderer, error) { return parse(time.Now) }))
		pages, err = once.(func() (*page.Renderer, error))()
	} else {
		pages, err = parse(now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// NewVisitor is another person, with cookies of their own.
func (d *Desk) NewVisitor(t testing.TB) *Visitor { return newVisitor(t, d.URL) }

// Settings reads the settings of a test: those of env on top of a key, no minimum fill time and no rate.
func Settings(t testing.TB, env map[string]string) config.Config {
	t.Helper()
	ours := map[string]string{
		"SECRET_KEY": "a key that only the tests have and share", "FORM_MIN_FILL": "0s", "FORM_RATE": "off", "INTAKE_LIMIT": "100", "REQUEST_RATE": "off",
	}
	settings, err := config.Load(func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return ours[name]
	}, config.NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// logTo shows warnings beside the test that caused them.
type logTo struct{ t testing.TB }

func (l logTo) Write(p []byte) (int, error) {
	l.t.Log(string(p))
	return len(p), nil
}
