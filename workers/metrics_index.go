package workers

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/search"
)

// indexChecks shows what the nightly comparison of the search indexes with the database found.
type indexChecks struct{ db *pgxpool.Pool }

var (
	mendedDesc = prometheus.NewDesc("askwell_index_check_mended_total",
		"Documents that the nightly checks mended, by index and by what was wrong: missing, outdated, newer or left_over.", []string{"index", "kind"}, nil)
	checkedDesc = prometheus.NewDesc("askwell_index_check_timestamp_seconds",
		"When an index was last compared to its end, in Unix time.", []string{"index"}, nil)
)

// Describe implements prometheus.Collector.
func (c indexChecks) Describe(ch chan<- *prometheus.Desc) {
	ch <- mendedDesc
	ch <- checkedDesc
}

// Collect implements prometheus.Collector. While the database is unavailable, and before the first check, the figures are missing.
func (c indexChecks) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	checks, err := search.AllChecks(ctx, c.db)
	if err != nil {
		return
	}
	for _, check := range checks {
		for kind, n := range map[string]int64{
			"missing": check.Missing, "outdated": check.Outdated, "newer": check.Newer, "left_over": check.LeftOver,
		} {
			ch <- prometheus.MustNewConstMetric(mendedDesc, prometheus.CounterValue, float64(n), check.Index, kind)
		}
		if !check.FinishedAt.IsZero() {
			ch <- prometheus.MustNewConstMetric(checkedDesc, prometheus.GaugeValue, float64(check.FinishedAt.Unix()), check.Index)
		}
	}
}
