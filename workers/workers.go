package workers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/redisurl"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// stopWithin is how long running tasks may go on after the context ended. What is unfinished then is rolled back and comes
// again.
const stopWithin = 3 * time.Second

// Config is what Workers need. Scanner is nil when none is configured: then no file waits for a scan. Registry and Logger may be
// nil; Concurrency is how many asynq tasks run at once in this process, 8 when 0. CheckIndexAt tells when the search indexes are to
// be checked next after a moment; nil for never.
type Config struct {
	DB          *pgxpool.Pool
	Sessions    *pgxpool.Pool // to listen on, past a pooler; DB when nil
	RedisURL    string
	RedisCAFile string // as redisurl.Open has it
	FilesDir    string // beside which the desk is noted; "" for a desk that is compared with nothing
	NoMail      bool   // no mail leaves this process
	Tickets     *ticket.Service
	Accounts    *account.Service
	Search      *search.Engine
	Mail        *mail.Mailer
	Files       files.Store
	Scanner     Scanner
	Concurrency int
	Logger      *slog.Logger
	Registry    prometheus.Registerer
	Now         func() time.Time

	CheckIndexAt func(after time.Time) time.Time

	// Inbound files the mails that come in; nil when none can. Sources take them in until their context ends.
	Inbound *inbound.Desk
	Sources []Source

	// Zone is the desk's; nil means UTC. TellReport puts a report into words, in the language of the staff; nil mails none.
	Zone       *time.Location
	TellReport func(report.Report, report.Lists) mail.Report
}

// Source takes mails in, from a port or a mailbox, until the context ends.
type Source interface {
	Run(ctx context.Context) error
}

// Workers is the relay, asynq's server with the handlers, and what runs by the clock.
type Workers struct {
	Config
	db        *pgxpool.Pool
	redis     redis.UniversalClient
	log       *slog.Logger
	relay     *relay
	handlers  map[string]handler
	recorder  report.Recorder
	reports   *report.Service
	schedules report.Schedules
	metrics   *metrics
	queues    string      // the prefix of this desk's task queues
	held      atomic.Bool // no mail leaves
	places    places
	scans     *gobreaker.CircuitBreaker[files.Verdict]
	stop      chan struct{}
	once      sync.Once
}

// New makes Workers. Nothing is connected yet, so that a process can start while what it needs is unavailable.
func New(cfg Config) (*Workers, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 8
	}
	client, err := openRedis(cfg.RedisURL, cfg.RedisCAFile)
	if err != nil {
		return nil, err
	}
	w := &Workers{
		Config: cfg, db: cfg.DB, redis: client, log: cfg.Logger, stop: make(chan struct{}),
		relay: newRelay(cfg.DB, cmp.Or(cfg.Sessions, cfg.DB), client, cfg.Logger, cfg.Now), recorder: report.Recorder{DB: cfg.DB},
		reports:   report.NewService(cfg.DB, cfg.Now),
		places:    newPlaces(cfg.Concurrency),
		scans:     newScanBreaker(cfg.Logger),
		schedules: report.Schedules{DB: cfg.DB, Zone: cfg.Zone, Now: cfg.Now},
	}
	w.metrics, err = newMetrics(cfg.Registry, cfg.DB, cfg.Now,
		paused("askwell_mail_paused", "1 while the mail server takes no mail from this process, which then tries one at a time.", func() bool {
			_, why := w.Mail.Paused()
			return why != nil
		}),
		paused("askwell_scanner_paused", "1 while the virus scanner does not answer and this process scans one file at a time.", func() bool {
			return w.scans.State() != gobreaker.StateClosed
		}))
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	w.handlers = map[string]handler{
		TaskLinkAccount:  {all: w.linkAccounts},
		TaskIndexTicket:  {all: w.indexTickets},
		TaskIndexAccount: {all: w.indexAccounts},
		TaskAcknowledge:  {all: w.acknowledge},
		TaskSendReply:    {one: w.sendReply},
		TaskScanFile:     {one: w.scanFile},
		TaskFileMail:     {one: w.receiveMail},
		TaskReceiveMail:  {one: w.receiveMail},
		TaskCountTicket:  {all: w.countTickets},
		TaskMailReport:   {one: w.mailReport},

		TaskAnswerRequest: {one: w.answerRequest},
		TaskSendNumber:    {one: w.sendNumber},
		TaskTellOwner:     {one: w.tellOwner},
	}
	return w, nil
}

// quietRedis drops what go-redis prints to standard error by itself: every error comes back to its caller, too.
type quietRedis struct{}

func (quietRedis) Printf(context.Context, string, ...any) {}

var silence = sync.OnceFunc(func() { redis.SetLogger(quietRedis{}) })

// openRedis makes the one client that the relay, asynq's server and its inspector use.
func openRedis(address, caFile string) (redis.UniversalClient, error) {
	silence()
	client, err := redisurl.Open(address, caFile)
	if err != nil {
		return nil, fmt.Errorf("read REDIS_URL: %w", err)
	}
	return client, nil
}

// Run works until the context ends, and returns within 4 s of that. It may be called once.
func (w *Workers) Run(ctx context.Context) error {
	// Handlers outlive ctx by stopWithin, to finish what they began.
	base, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	if !w.identify(ctx) {
		return w.redis.Close()
	}
	server := w.newServer(base)
	if err := server.Start(asynq.HandlerFunc(w.serve)); err != nil {
		return fmt.Errorf("start asynq's server: %w", err)
	}
	var helpers sync.WaitGroup
	for _, run := range []func(context.Context){w.relay.run, w.schedule, w.prepareSearch, w.keepGuard} {
		helpers.Go(func() { run(ctx) })
	}
	for _, source := range w.Sources {
		helpers.Go(func() { w.takeIn(ctx, source) })
	}
	<-ctx.Done()
	w.once.Do(func() { close(w.stop) })
	w.shutdown(server, abort, &helpers)
	return w.redis.Close()
}

// identify reads the desk's ID, by which its queues are named: until the database answers there is nothing to do. false when the context ends
// before that. Mail is held until the desk has been compared with its files.
func (w *Workers) identify(ctx context.Context) bool {
	for told := false; ctx.Err() == nil; told = true {
		id, err := instance.ID(ctx, w.db)
		if err == nil {
			w.queues = instance.QueuePrefix(id)
			w.relay.queues = w.queues
			if !w.guardMail(ctx) {
				w.held.Store(true)
			}
			return true
		}
		if !told {
			w.log.Warn("workers wait for the database", slog.Any("error", err))
		}
		sleep(ctx, time.Second)
	}
	return false
}

// keepGuard looks every minute, and often while mail is held: whoever lets it go waits for it.
func (w *Workers) keepGuard(ctx context.Context) {
	for ctx.Err() == nil {
		pause := time.Minute
		if w.held.Load() {
			pause = 2 * time.Second
		}
		if sleep(ctx, pause); ctx.Err() == nil {
			w.guardMail(ctx)
		}
	}
}

// guardMail holds the mail of a copy of the desk, and records how far this one is. false when that is not known.
func (w *Workers) guardMail(ctx context.Context) bool {
	if w.FilesDir == "" {
		return true
	}
	held, err := instance.Guard(ctx, w.db, w.FilesDir)
	if err != nil && ctx.Err() == nil {
		w.log.Warn("failed to compare the desk with its files", slog.Any("error", err))
	}
	if err != nil && !errors.Is(err, instance.ErrNotNoted) {
		return false
	}
	isHeld := held.Reason != instance.NotHeld
	switch was := w.held.Swap(isHeld); {
	case isHeld && !was:
		w.log.Error("mail held: this database looks like a copy of the desk; askwell mail release sends it", slog.String("reason", string(held.Reason)))
	case was && !isHeld:
		w.log.Info("mail no longer held")
	}
	return true
}

// shutdown waits for the running tasks, ends those that take too long, and does not wait for a Redis that is unavailable.
func (w *Workers) shutdown(server *asynq.Server, abort context.CancelFunc, helpers *sync.WaitGroup) {
	end := time.AfterFunc(stopWithin-500*time.Millisecond, abort)
	defer end.Stop()
	done := make(chan struct{})
	go func() {
		server.Shutdown()
		helpers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stopWithin + 500*time.Millisecond):
		w.log.Warn("the workers did not stop in time; what they left comes again")
	}
}

// stopping reports whether Run has been told to end.
func (w *Workers) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// lookAtSearchEvery is how soon an index that got lost while this process runs is built again.
const lookAtSearchEvery = time.Minute

// prepareSearch builds what the search indexes lack for this version, once Meilisearch is there, and looks again every so often:
// a Meilisearch may come back with nothing in it.
func (w *Workers) prepareSearch(ctx context.Context) {
	for wait := time.Second; ctx.Err() == nil; {
		err := w.Search.Prepare(ctx)
		if err == nil {
			wait = time.Second
			sleep(ctx, lookAtSearchEvery)
			continue
		}
		if ctx.Err() == nil {
			w.log.Warn("search is not ready", slog.Any("error", err))
		}
		sleep(ctx, wait)
		wait = min(2*wait, 30*time.Second)
	}
}
