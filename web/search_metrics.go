package web

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/search"
)

// SearchMetrics count searches by who answered.
type SearchMetrics struct {
	total *prometheus.CounterVec
	took  *prometheus.HistogramVec
}

// NewSearchMetrics registers the figures; Observe is for search.Config.
func NewSearchMetrics(registry prometheus.Registerer) *SearchMetrics {
	m := &SearchMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askwell_searches_total",
			Help: "Searches by who answered (exact, meilisearch, postgresql, none, failed), and why PostgreSQL stood in for Meilisearch (away, slow, settings, refused).",
		}, []string{"engine", "why"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askwell_search_seconds", Help: "Time to answer a search, by who answered.",
			Buckets: []float64{.005, .01, .025, .05, .1, .15, .25, .5, 1, 2.5, 5},
		}, []string{"engine"}),
	}
	registry.MustRegister(m.total, m.took)
	// They are there from the start, as 0, so that the first one is seen as a rise.
	for _, engine := range []string{search.EngineExact, search.EngineMeilisearch, search.EngineNone, search.EngineFailed} {
		m.total.WithLabelValues(engine, "")
	}
	for _, why := range []string{search.WhyAway, search.WhySlow, search.WhySettings, search.WhyRefused} {
		m.total.WithLabelValues(search.EnginePostgreSQL, why)
	}
	return m
}

// Observe counts one search.
func (m *SearchMetrics) Observe(a search.Answered) {
	m.total.WithLabelValues(a.Engine, a.Why).Inc()
	m.took.WithLabelValues(a.Engine).Observe(a.Took.Seconds())
}

// breaker shows at each scrape whether searches are put to Meilisearch.
type breaker struct{ state func() string }

var breakerDesc = prometheus.NewDesc("askwell_search_breaker",
	"1 for the state that holds: closed (Meilisearch is asked), open (it failed, PostgreSQL alone is asked), half-open (one search tries it).",
	[]string{"state"}, nil)

// Describe implements prometheus.Collector.
func (b breaker) Describe(ch chan<- *prometheus.Desc) { ch <- breakerDesc }

// Collect implements prometheus.Collector.
func (b breaker) Collect(ch chan<- prometheus.Metric) {
	now := b.state()
	for _, state := range search.BreakerStates() {
		value := 0.0
		if state == now {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(breakerDesc, prometheus.GaugeValue, value, state)
	}
}
