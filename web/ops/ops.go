// Package ops answers load balancers and monitoring: alive, ready, figures.
package ops

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/web/remote"
)

// Dependency is a service that the desk uses. Without a Required one it can do nothing; without another it does less.
type Dependency struct {
	Name     string
	Required bool
	Check    func(ctx context.Context) error
}

// Config is what the area needs.
type Config struct {
	DB           *pgxpool.Pool                   // for Postgres, when that is nil
	Postgres     func(ctx context.Context) error // whether the database can do the work; CheckWrite on DB when nil
	Ready        []Dependency
	Stopping     <-chan struct{} // closed when this process is to get no more requests; may be nil
	Metrics      *prometheus.Registry
	MetricsToken string
	BaseURL      *url.URL
	Keys         [][]byte // SECRET_KEY, for Probe
	Watch        *remote.Watch
	Logger       *slog.Logger
	Now          func() time.Time
}

// Area answers load balancers and monitoring.
type Area struct {
	Config
	measures http.Handler
	answers  []answer
}

// answer is what a dependency last said. Anybody may ask, so it holds for a moment.
type answer struct {
	mu   sync.Mutex
	at   time.Time
	last state
}

// answerFor is how long an answer holds.
const answerFor = time.Second

// New makes the area. PostgreSQL is always the first dependency.
func New(cfg Config) *Area {
	if cfg.Postgres == nil {
		cfg.Postgres = func(ctx context.Context) error { return postgres.CheckWrite(ctx, cfg.DB) }
	}
	cfg.Ready = append([]Dependency{{Name: "postgres", Required: true, Check: cfg.Postgres}}, cfg.Ready...)
	return &Area{Config: cfg, measures: promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{}), answers: make([]answer, len(cfg.Ready))}
}

// Alive says that the process answers. It asks nothing else, so that a database that is unavailable restarts no process.
func (a *Area) Alive(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.String(http.StatusOK, "ok\n")
}

// Robots keeps search engines to the start page and the help pages.
func (a *Area) Robots(c *gin.Context) {
	c.String(http.StatusOK, "User-agent: *\nDisallow: /console\nDisallow: /inquiries/\nAllow: /inquiries/new\n")
}

const readyPatience = 2 * time.Second

// state is one dependency's answer. What exactly is wrong goes to the log only: anybody may ask.
type state struct {
	Name     string  `json:"name"`
	OK       bool    `json:"ok"`
	Required bool    `json:"required"`
	MS       float64 `json:"ms"`
}

// Readiness asks every dependency at once: 200 when all that is required answers, else 503. A process that is stopping is not ready.
func (a *Area) Readiness(c *gin.Context) {
	select {
	case <-a.Stopping:
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "stopping"})
		return
	default:
	}
	states := make([]state, len(a.Ready))
	var all sync.WaitGroup
	for i, d := range a.Ready {
		all.Go(func() { states[i] = a.ask(c.Request.Context(), d, &a.answers[i]) })
	}
	all.Wait()
	status, word := http.StatusOK, "ready"
	for _, s := range states {
		switch {
		case !s.OK && s.Required:
			status, word = http.StatusServiceUnavailable, "not ready"
		case !s.OK && status == http.StatusOK:
			word = "degraded"
		}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(status, gin.H{"status": word, "dependencies": states})
}

func (a *Area) ask(ctx context.Context, d Dependency, known *answer) state {
	known.mu.Lock()
	defer known.mu.Unlock()
	if time.Since(known.at) < answerFor {
		return known.last
	}
	// Whoever asks may go away, and the others still get this answer.
	known.last = a.look(context.WithoutCancel(ctx), d)
	known.at = time.Now()
	return known.last
}

func (a *Area) look(ctx context.Context, d Dependency) state {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	begun := time.Now()
	err := d.Check(ctx)
	if err != nil {
		a.Logger.Warn("dependency unavailable", slog.String("dependency", d.Name), slog.Any("error", err))
	}
	return state{Name: d.Name, OK: err == nil, Required: d.Required, MS: float64(time.Since(begun).Microseconds()) / 1000}
}

// Measures gives the figures in Prometheus's format to this machine and to whoever has METRICS_TOKEN. Error: forbidden.
func (a *Area) Measures(c *gin.Context) error {
	if !a.mayMeasure(c.Request) {
		return failure.Forbidden("These figures are for monitoring only.")
	}
	a.measures.ServeHTTP(c.Writer, c.Request)
	return nil
}

func (a *Area) mayMeasure(r *http.Request) bool {
	token, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if given && a.MetricsToken != "" {
		return subtle.ConstantTimeCompare([]byte(token), []byte(a.MetricsToken)) == 1
	}
	return remote.Direct(r, a.BaseURL)
}
