package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/search"
)

// metrics counts what the workers do and, when it is scraped, what is left to do.
type metrics struct {
	tasks *prometheus.CounterVec
	mails *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer, db *pgxpool.Pool, now func() time.Time, pauses ...prometheus.Collector) (*metrics, error) {
	m := &metrics{tasks: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askwell_tasks_total", Help: "Tasks by kind and how an attempt ended: done, failed or given_up.",
	}, []string{"kind", "result"}), mails: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askwell_mails_total", Help: "Attempts at a mail by kind of task and how they ended: sent, waiting, refused, expired or unconfirmed.",
	}, []string{"kind", "result"})}
	if registry == nil {
		return m, nil
	}
	errs := []error{RegisterFigures(registry, db, now)}
	for _, c := range append(pauses, m.tasks, m.mails) {
		errs = append(errs, registry.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the workers' metrics: %w", err)
	}
	return m, nil
}

// RegisterFigures registers what the database tells about the workers at each scrape: every process that is scraped shows it,
// whether it works or not. Once is enough; more does no harm. Ages are counted up to now, by the database's clock.
func RegisterFigures(registry prometheus.Registerer, db *pgxpool.Pool, now func() time.Time) error {
	for _, c := range []prometheus.Collector{backlog{db, now}, outgoing{db}, indexChecks{db}} {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return fmt.Errorf("register figures of the database: %w", err)
		}
	}
	return nil
}

func (m *metrics) done(kind string, n int) { m.tasks.WithLabelValues(kind, "done").Add(float64(n)) }

func (m *metrics) failed(kind string, n int, givenUp bool) {
	result := "failed"
	if givenUp {
		result = "given_up"
	}
	m.tasks.WithLabelValues(kind, result).Add(float64(n))
}

// backlog asks the database at each scrape.
type backlog struct {
	db  *pgxpool.Pool
	now func() time.Time
}

var (
	waitingDesc  = prometheus.NewDesc("askwell_outbox_waiting", "Tasks that wait or run, by kind; kind \"\" are events not yet taken up.", []string{"kind"}, nil)
	givenUpDesc  = prometheus.NewDesc("askwell_outbox_given_up", "Tasks that were given up and need a person, by kind.", []string{"kind"}, nil)
	lagDesc      = prometheus.NewDesc("askwell_index_lag_seconds", "How long the oldest change has waited to be searchable.", nil, nil)
	toIndexDesc  = prometheus.NewDesc("askwell_index_waiting", "Changes of tickets and accounts that wait to be searchable.", nil, nil)
	unlinkedDesc = prometheus.NewDesc("askwell_oldest_unlinked_seconds", "How long the oldest ticket with a number has waited to be linked.", nil, nil)
)

// Describe implements prometheus.Collector.
func (b backlog) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waitingDesc, givenUpDesc, lagDesc, toIndexDesc, unlinkedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. While the database is unavailable the figures are missing, not zero.
func (b backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	waiting, err := outbox.Backlog(ctx, b.db)
	if err != nil {
		return
	}
	now := b.now()
	var lag, unlinked time.Duration
	var toIndex int64
	for _, w := range waiting {
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(w.Waiting), w.Kind)
		ch <- prometheus.MustNewConstMetric(givenUpDesc, prometheus.GaugeValue, float64(w.GivenUp), w.Kind)
		if w.Oldest == nil {
			continue
		}
		switch age := max(0, now.Sub(*w.Oldest)); w.Kind {
		case search.TaskIndexTicket, search.TaskIndexAccount, "":
			lag, toIndex = max(lag, age), toIndex+w.Waiting
		case TaskLinkAccount:
			unlinked = age
		}
	}
	ch <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, lag.Seconds())
	ch <- prometheus.MustNewConstMetric(toIndexDesc, prometheus.GaugeValue, float64(toIndex))
	ch <- prometheus.MustNewConstMetric(unlinkedDesc, prometheus.GaugeValue, unlinked.Seconds())
}
