package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/redisurl"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/migrations"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/ops"
	"github.com/askwell/askwell/workers"
)

// desk is the application put together: what the web and the workers share.
type desk struct {
	cfg      config.Config
	log      *slog.Logger
	db       *pgxpool.Pool   // the console's, the reports' and the workers'
	intake   *pgxpool.Pool   // applicants' pages'
	probe    *pgxpool.Pool   // /readyz's
	clock    *postgres.Clock // everything that asks for the time asks this one
	redis    redis.UniversalClient
	sessions *pgxpool.Pool // PostgreSQL itself, for LISTEN and locks of a session; db when no pooler stands between
	search   *search.Engine
	files    *files.Folder
	tickets  *ticket.Service
	account  *account.Service
	waker    *outbox.Waker
	queues   *workers.Inspector
	metrics  *prometheus.Registry
	noMail   bool  // no mail leaves this process
	schema   int64 // the version that this program was made for
	stop     context.CancelFunc
}

// sessionConns are the connections past a pooler: one that listens, and those of locks while indexes are written and rebuilt.
const sessionConns = 8

// newDesk connects everything. Nothing is asked of the services yet, so that a process starts while they are unavailable.
func newDesk(ctx context.Context, cfg config.Config, log *slog.Logger) (*desk, error) {
	d := &desk{cfg: cfg, log: log, metrics: prometheus.NewRegistry()}
	d.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	ctx, d.stop = context.WithCancel(ctx)
	var err error
	for pool, conns := range map[**pgxpool.Pool]int{&d.db: cfg.DeskConns(), &d.intake: cfg.IntakeConns(), &d.probe: config.ReadyConns} {
		if *pool, err = postgres.Open(ctx, cfg.DatabaseURL, int32(conns)); err != nil { //nolint:gosec // bounded by the settings
			return nil, err
		}
	}
	d.sessions = d.db
	if cfg.DatabaseListen != "" {
		if d.sessions, err = postgres.Open(ctx, cfg.DatabaseListen, sessionConns); err != nil {
			return nil, err
		}
	}
	if d.schema, err = migrations.Latest(); err != nil {
		return nil, err
	}
	d.startClock(ctx)
	if d.redis, err = redisurl.Open(cfg.RedisURL, cfg.RedisCAFile); err != nil {
		return nil, fmt.Errorf("read REDIS_URL: %w", err)
	}
	if err := workers.RegisterFigures(d.metrics, d.db, d.clock.Now); err != nil {
		return nil, err
	}
	d.search, err = search.New(search.Config{
		Labels: categoryLabels(),
		URL:    cfg.MeiliURL, Key: cfg.MeiliKey, Location: cfg.Agency.TimeZone, DB: d.db, Sessions: d.sessions, Logger: log, Observe: web.NewSearchMetrics(d.metrics).Observe,
		Now: d.clock.Now,
	})
	if err != nil {
		return nil, err
	}
	if d.files, err = files.NewFolder(cfg.FilesDir); err != nil {
		return nil, err
	}
	if d.queues, err = workers.NewInspector(d.db, cfg.RedisURL, cfg.RedisCAFile); err != nil {
		return nil, err
	}
	d.waker = outbox.NewWaker(d.db, log)
	go d.waker.Run(ctx)
	d.tickets = ticket.NewService(ticket.Config{DB: d.db, Now: d.clock.Now, UndoSend: cfg.UndoSend, Wake: d.waker.Wake, HoldFiles: cfg.ClamdURL != ""})
	d.account, err = d.accountsOn(d.db)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// categoryLabels gives the names of a category in every language.
func categoryLabels() func(category string) []string {
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		return nil // what needs the messages more says so
	}
	return func(category string) (labels []string) {
		for _, l := range catalog.Languages() {
			if label := catalog.For(l.Code).Find("category."+category, ""); label != "" {
				labels = append(labels, label)
			}
		}
		return labels
	}
}

// accountsOn makes the accounts' service on a pool.
func (d *desk) accountsOn(pool *pgxpool.Pool) (*account.Service, error) {
	cfg := d.cfg
	return account.NewService(account.ServiceConfig{DB: pool, Keys: cfg.SecretKeys, Agency: cfg.Agency.Name, Now: d.clock.Now, Wake: d.waker.Wake})
}

// startClock makes the clock that everything follows, and waits for its first measurement, not for a database that is unavailable.
func (d *desk) startClock(ctx context.Context) {
	d.clock = postgres.NewClock(d.db, d.log)
	if err := d.clock.Measure(ctx); err != nil {
		d.log.Warn("clock not compared with the database's", slog.Any("error", err))
	}
	d.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "askwell_clock_offset_seconds", Help: "How far this machine's clock is ahead of the database's, which Askwell goes by.",
	}, func() float64 {
		skew, _ := d.clock.Skew()
		return skew.Seconds()
	}))
	go d.clock.Run(ctx)
}

func (d *desk) close() {
	d.stop()
	_ = errors.Join(d.redis.Close(), d.queues.Close()) // nothing is written any more
	for _, pool := range []*pgxpool.Pool{d.db, d.intake, d.probe, d.sessions} {
		pool.Close() // d.sessions may be d.db: closed twice is closed
	}
}

// dependencies are what /readyz tells of beside PostgreSQL. Without them inquiries are taken all the same, so none is required.
func (d *desk) dependencies() []ops.Dependency {
	return []ops.Dependency{
		{Name: "redis", Check: func(ctx context.Context) error { return writeRedis(ctx, d.redis) }},
		{Name: "files", Check: func(ctx context.Context) error { return writeFile(ctx, d.files) }},
		{Name: "schema", Check: func(ctx context.Context) error { return postgres.CheckSchema(ctx, d.probe, d.schema) }},
		{Name: "meilisearch", Check: d.search.Ping},
		{Name: "clock", Check: d.clock.Check},
	}
}

// writable tries what an inquiry needs of PostgreSQL. A schema that is newer than this program is no reason to send nobody here: it is how
// every upgrade begins, and the dependency "schema" tells of it.
func (d *desk) writable(ctx context.Context) error {
	if err := postgres.CheckSchema(ctx, d.probe, d.schema); err != nil && !postgres.HasFault(err, postgres.FaultNewSchema) {
		return err
	}
	return postgres.CheckWrite(ctx, d.probe)
}

// handler makes the handler of every URL. demo says on public pages that the agency is invented. Once ctx has ended, /readyz says so and
// each answer ends its connection.
func (d *desk) handler(ctx context.Context, mailbox http.Handler, demo bool) (http.Handler, error) {
	tickets := ticket.NewService(ticket.Config{DB: d.intake, Now: d.clock.Now, UndoSend: d.cfg.UndoSend, Wake: d.waker.Wake, HoldFiles: d.cfg.ClamdURL != ""})
	accounts, err := d.accountsOn(d.intake)
	if err != nil {
		return nil, err
	}
	pages, err := web.NewPages(d.cfg, demo, d.clock.Now)
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Settings: d.cfg, DB: d.intake, Tickets: tickets, Accounts: accounts, Staff: web.Staff{DB: d.db, Tickets: d.tickets},
		Postgres: d.writable, Stopping: ctx.Done(), Redis: d.redis, Files: d.files, Pages: pages, Mailbox: mailbox,
		Search: d.search, Queues: d.queues, Metrics: d.metrics, Logger: d.log, Ready: d.dependencies(), Now: d.clock.Now,
	})
}

// mailer writes to applicants in their language.
func (d *desk) mailer() (*mail.Mailer, error) { return newMailer(d.cfg, d.clock.Now, d.log) }

func newMailer(cfg config.Config, now func() time.Time, log *slog.Logger) (*mail.Mailer, error) {
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		return nil, err
	}
	replies, err := web.ReplyAddresses(cfg)
	if err != nil {
		return nil, err
	}
	var signs *mail.DKIM
	if cfg.DKIMKey != nil {
		domain := mail.AddressOf(cfg.MailFrom)
		signs = &mail.DKIM{Domain: cmp.Or(cfg.DKIMDomain, domain[strings.LastIndexByte(domain, '@')+1:]), Selector: cfg.DKIMSelector, Key: cfg.DKIMKey}
	}
	a := cfg.Agency
	return mail.New(mail.Config{
		Replies: replies, Keys: cfg.SecretKeys, Now: now, Logger: log,
		URL: cfg.SMTPURL, CAFile: cfg.SMTPCAFile, Helo: cfg.SMTPHelo, From: cfg.MailFrom, DKIM: signs, BaseURL: cfg.BaseURL,
		Texts: func(language string) mail.Texts { return catalog.For(language) },
		Hours: web.AgencyHours(a, catalog),
		Agency: mail.Agency{
			Name: a.Name, Email: a.Email, Phone: a.Phone, Address: a.Address, Color: a.Color, AnswerWithin: a.AnswerWithin,
		},
	})
}

// workers makes the worker of this process.
func (d *desk) workers() (*workers.Workers, error) {
	mailer, err := d.mailer()
	if err != nil {
		return nil, err
	}
	cfg := workers.Config{
		DB: d.db, Sessions: d.sessions, RedisURL: d.cfg.RedisURL, RedisCAFile: d.cfg.RedisCAFile, FilesDir: d.cfg.FilesDir, NoMail: d.noMail, Tickets: d.tickets, Accounts: d.account, Search: d.search, Mail: mailer, Files: d.files,
		Concurrency: d.cfg.Concurrency, Logger: d.log, Registry: d.metrics, Zone: d.cfg.Agency.TimeZone, Now: d.clock.Now,
	}
	if cfg.TellReport, err = web.ReportTeller(d.cfg.BaseURL); err != nil {
		return nil, err
	}
	if at := d.cfg.IndexCheckAt; !at.Off() {
		cfg.CheckIndexAt = func(after time.Time) time.Time { return at.Next(after, d.cfg.Agency.TimeZone) }
	}
	if d.cfg.ClamdURL != "" {
		if cfg.Scanner, err = files.NewClamd(d.cfg.ClamdURL); err != nil {
			return nil, err
		}
	}
	if cfg.Inbound, cfg.Sources, err = d.inbound(); err != nil {
		return nil, err
	}
	return workers.New(cfg)
}
