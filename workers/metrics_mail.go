package workers

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
)

// outgoing tells at each scrape of the mails that have not left.
type outgoing struct{ db *pgxpool.Pool }

var unsentDesc = prometheus.NewDesc("askwell_unsent_mails",
	"Mails that wait, were refused, expired or are unconfirmed, by state and by what the mail server's last answer was about.", []string{"state", "fault"}, nil)

var heldDesc = prometheus.NewDesc("askwell_mail_held", "1 while no mail leaves, because the desk looks like a copy.", nil, nil)

// Describe implements prometheus.Collector.
func (outgoing) Describe(ch chan<- *prometheus.Desc) {
	ch <- unsentDesc
	ch <- heldDesc
}

// Collect implements prometheus.Collector.
func (o outgoing) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if held, err := instance.MailHeld(ctx, o.db); err == nil {
		value := 0.0
		if held.Reason != instance.NotHeld {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(heldDesc, prometheus.GaugeValue, value)
	}
	counts, err := outbox.CountUnsent(ctx, o.db)
	if err != nil {
		return
	}
	for _, c := range counts {
		ch <- prometheus.MustNewConstMetric(unsentDesc, prometheus.GaugeValue, float64(c.Mails), string(c.State), c.Fault)
	}
}

// paused tells whether this process sends nothing because the mail server takes nothing.
func paused(mailer *mail.Mailer) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "askwell_mail_paused", Help: "1 while the mail server takes no mail from this process, which then tries one at a time.",
	}, func() float64 {
		if _, why := mailer.Paused(); why != nil {
			return 1
		}
		return 0
	})
}
