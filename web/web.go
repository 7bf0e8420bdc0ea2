package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/draft"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/console"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/ops"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/portal"
	"github.com/askwell/askwell/web/public"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/reports"
	"github.com/askwell/askwell/web/session"
	"github.com/askwell/askwell/web/thread"
)

// Staff is what the console and the reports work on when it is not what applicants' pages do: a pool of its own keeps one side's flood
// from the other.
type Staff struct {
	DB      *pgxpool.Pool
	Tickets *ticket.Service
}

// Config is everything that the pages need. Redis and Mailbox may be nil.
type Config struct {
	Settings config.Config
	DB       *pgxpool.Pool
	Tickets  *ticket.Service
	Accounts *account.Service
	Redis    redis.UniversalClient // counts for FORM_RATE and REQUEST_RATE; without it each process counts for itself
	Patience time.Duration         // what a request waits for Redis at most; limit.Patience when 0
	Files    files.Store
	Pages    *page.Renderer
	Search   *search.Engine
	Queues   console.TaskQueues              // how the task queue stands; nil leaves it out of its page
	Mailbox  http.Handler                    // at /dev/mail, only where no mail server was named; shown to this machine alone
	Staff    Staff                           // DB and Tickets when empty
	Ready    []ops.Dependency                // what /readyz asks, PostgreSQL aside
	Postgres func(ctx context.Context) error // how /readyz asks PostgreSQL; by writing to DB when nil
	Stopping <-chan struct{}                 // closed when the process is to get no more requests; may be nil
	Metrics  *prometheus.Registry            // what /metrics gives; a new one when nil
	BodyTime time.Duration                   // what sending a form without files may take; 30 s when 0
	Logger   *slog.Logger
	Now      func() time.Time
}

// site is what the middleware and the routes share.
type site struct {
	Config
	public   *public.Area
	portal   *portal.Area
	console  *console.Area
	reports  *reports.Area
	sessions *session.Manager
	thread   *thread.Area

	forms     *form.Reader
	admission admission

	scanner    page.Scanner // nil where there is none
	applicants *session.Applicants
	ops        *ops.Area
	doors      *doors
	metrics    *requestMetrics
	origins    *http.CrossOriginProtection
	proxies    remote.Proxies
	watch      *remote.Watch
}

// New makes the handler of every URL.
func New(cfg Config) (http.Handler, error) {
	engine, err := build(cfg, newAdmission(cfg.Settings.IntakeLimit))
	if err != nil {
		return nil, err
	}
	return closing(headAsGet(engine), cfg.Stopping), nil
}

func build(cfg Config, in admission) (*gin.Engine, error) {
	if cfg.DB == nil || cfg.Tickets == nil || cfg.Accounts == nil || cfg.Files == nil || cfg.Pages == nil {
		return nil, errors.New("web: DB, Tickets, Accounts, Files and Pages are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Staff.DB == nil {
		cfg.Staff = Staff{DB: cfg.DB, Tickets: cfg.Tickets}
	}
	if cfg.BodyTime == 0 {
		cfg.BodyTime = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	if cfg.Search != nil {
		cfg.Metrics.MustRegister(breaker{cfg.Search.Breaker})
	}
	s := &site{
		Config: cfg, metrics: newRequestMetrics(cfg.Metrics), doors: &doors{}, admission: in,
		proxies: cfg.Settings.TrustedProxies, watch: remote.NewWatch(cfg.Metrics, cfg.Logger, cfg.Now),
	}
	if base := cfg.Settings.BaseURL; base != nil && !remote.NamesThisMachine(base.Host, base) {
		s.Ready = append(slices.Clone(s.Ready), ops.Dependency{Name: "visitors", Check: s.watch.Check})
	}
	if err := s.protectOrigins(); err != nil {
		return nil, err
	}
	if cfg.Settings.ClamdURL != "" {
		scanner, err := files.NewClamd(cfg.Settings.ClamdURL)
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		s.scanner = scanner
	}
	if err := s.makeAreas(); err != nil {
		return nil, err
	}
	engine := s.newEngine()
	s.routes(engine)
	s.doors.open(engine.Routes())
	return engine, nil
}

// closing has each answer end its connection once stopping is closed, so that a proxy's next request goes elsewhere and none is under way on
// a connection that is then closed.
func closing(next http.Handler, stopping <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stopping:
			w.Header().Set("Connection", "close")
		default:
		}
		next.ServeHTTP(w, r)
	})
}

// headAsGet lets every page be asked for without its body: net/http keeps the body back by itself.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}

func (s *site) makeAreas() (err error) {
	s.ops = ops.New(ops.Config{
		DB: s.DB, Ready: s.Ready, Metrics: s.Metrics, MetricsToken: s.Settings.MetricsToken, BaseURL: s.Settings.BaseURL, Keys: s.Settings.SecretKeys, Watch: s.watch, Logger: s.Logger, Now: s.Now,
		Postgres: s.Postgres, Stopping: s.Stopping,
	})
	limits, err := limit.New(limit.Config{Settings: s.Settings, Redis: s.Redis, Patience: s.Patience, Logger: s.Logger, Now: s.Now})
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	s.forms = &form.Reader{
		Drafts: &form.Drafts{Keys: s.Settings.SecretKeys, Store: draft.Store{DB: s.DB}, Limits: limits, Secure: s.secure(), Logger: s.Logger},
		Seal:   form.Seal{Keys: s.Settings.SecretKeys}, Files: s.Files, Limits: limits, Scans: s.Settings.ClamdURL != "", Logger: s.Logger, Now: s.Now,
	}
	s.public = public.New(public.Config{
		Settings: s.Settings, Tickets: s.Tickets, Accounts: s.Accounts, Limits: limits, Forms: s.forms, Pages: s.Pages, Logger: s.Logger, Now: s.Now,
	})
	s.applicants = session.NewApplicants(session.ApplicantConfig{DB: s.DB, Accounts: s.Accounts, Secure: s.secure(), Now: s.Now, Opens: s.doors.opens})
	factors, err := factor.New(factor.Config{
		DB: s.DB, Keys: s.Settings.SecretKeys, BaseURL: s.Settings.BaseURL, Agency: s.Settings.Agency.Name, Now: s.Now, Wake: s.Accounts.Wake,
	})
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	s.portal = portal.New(portal.Config{
		Settings: s.Settings, Accounts: s.Accounts, Store: account.Store{DB: s.DB}, Factor: factors, Tickets: s.Tickets, Sessions: s.applicants,
		Files: page.FileDoor{Store: s.Files, Scanner: s.scanner, Tickets: s.Tickets},
		Forms: s.forms, Limits: limits, Pages: s.Pages, Logger: s.Logger, Now: s.Now,
	})
	s.thread = thread.New(thread.Config{
		DB: s.DB, Tickets: s.Tickets, Accounts: s.Accounts, Sessions: s.applicants, Files: s.Files, Scanner: s.scanner, Forms: s.forms, Limits: limits, Pages: s.Pages,
		AnswerWithin: s.Settings.Agency.AnswerWithin, Logger: s.Logger, Now: s.Now,
	})
	if err := s.makeConsole(); err != nil {
		return err
	}
	s.reports, err = reports.New(reports.Config{
		Report: report.NewService(s.Staff.DB, s.Now), Schedules: report.Schedules{DB: s.Staff.DB, Zone: s.Settings.Agency.TimeZone, Now: s.Now}, Pages: s.Pages, Zone: s.Settings.Agency.TimeZone, Now: s.Now, Frame: s.console.Frame,
	})
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

func (s *site) makeConsole() error {
	secure := s.secure()
	s.sessions = session.New(session.Config{DB: s.Staff.DB, Secure: secure, Now: s.Now, Opens: s.doors.opens})
	signIns, err := staff.NewSignIns(staff.SignInConfig{DB: s.Staff.DB, Keys: s.Settings.SecretKeys, Now: s.Now})
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	replies, err := ReplyAddresses(s.Settings)
	if err != nil {
		return err
	}
	s.console, err = console.New(console.Config{
		DB: s.Staff.DB, Tickets: s.Staff.Tickets, Sessions: s.sessions, SignIns: signIns, Search: s.Search, Files: s.Files,
		TaskQueues: s.Queues, Pages: s.Pages, Zone: s.Settings.Agency.TimeZone, Secure: secure, Logger: s.Logger, Now: s.Now,
		Keys: s.Settings.SecretKeys, Scanner: s.scanner, Language: s.Settings.Agency.Language, Replies: replies, MailFrom: mail.AddressOf(s.Settings.MailFrom),
	})
	if err != nil {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// ReplyAddresses are the addresses that applicants answer to; nil where no mail comes in.
func ReplyAddresses(settings config.Config) (*mail.ReplyAddresses, error) {
	if settings.ReplyAddress == "" {
		return nil, nil //nolint:nilnil // answers go to the agency then
	}
	return mail.NewReplyAddresses(settings.ReplyAddress, settings.SecretKeys, settings.InboundAddresses...)
}

// secure reports whether cookies travel over HTTPS only.
func (s *site) secure() bool {
	return s.Settings.BaseURL != nil && s.Settings.BaseURL.Scheme == "https"
}

// newEngine makes the router. Where a request comes from is for web/remote to say, not for gin.
func (s *site) newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // gin's goes past the middleware and believes anybody's X-Forwarded-Prefix; noRoute has ours
	engine.RedirectFixedPath = false
	engine.ForwardedByClientIP = false
	engine.Use(s.locate, s.observe, s.securityHeaders, boundLocations, compress, s.recoverPanic, s.answerFailures, s.needsHTTPS, s.limitBody, s.checkOrigin, s.readable)
	return engine
}
