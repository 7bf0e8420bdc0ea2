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
)

// Dependency is a service that the desk uses. Without a Required one it can do nothing; without another it does less.
type Dependency struct {
	Name     string
	Required bool
	Check    func(ctx context.Context) error
}

// Config is what the area needs.
type Config struct {
	DB           *pgxpool.Pool
	Ready        []Dependency
	Metrics      *prometheus.Registry
	MetricsToken string
	BaseURL      *url.URL
	Logger       *slog.Logger
}

// Area answers load balancers and monitoring.
type Area struct {
	Config
	measures http.Handler
}

// New makes the area. PostgreSQL is always the first dependency.
func New(cfg Config) *Area {
	postgres := Dependency{Name: "postgres", Required: true, Check: cfg.DB.Ping}
	cfg.Ready = append([]Dependency{postgres}, cfg.Ready...)
	return &Area{Config: cfg, measures: promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{})}
}

// Alive says that the process answers. It asks nothing else, so that a database that is away restarts no process.
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

// Readiness asks every dependency at once: 200 when all that is required answers, else 503.
func (a *Area) Readiness(c *gin.Context) {
	states := make([]state, len(a.Ready))
	var all sync.WaitGroup
	for i, d := range a.Ready {
		all.Go(func() { states[i] = a.ask(c.Request.Context(), d) })
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

func (a *Area) ask(ctx context.Context, d Dependency) state {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	begun := time.Now()
	err := d.Check(ctx)
	if err != nil {
		a.Logger.Warn("dependency away", slog.String("dependency", d.Name), slog.Any("error", err))
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
	return Direct(r, a.BaseURL)
}
