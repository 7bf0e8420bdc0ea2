package workers

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/outbox"
)

// outgoing tells at each scrape of the mails that have not left.
type outgoing struct{ db *pgxpool.Pool }

var unsentDesc = prometheus.NewDesc("askwell_unsent_mails",
	"Mails that wait, were refused, expired or are unconfirmed, by state and by what the mail server's last answer was about.", []string{"state", "fault"}, nil)

var heldDesc = prometheus.NewDesc("askwell_mail_held", "1 while no mail is sent, because the database may be a copy of the desk.", nil, nil)

var mailboxDesc = prometheus.NewDesc("askwell_mailbox_problem", "1 while no mail is taken from a mailbox; the code says why, and is empty while mail is taken.", []string{"mailbox", "code"}, nil)

// Describe implements prometheus.Collector.
func (outgoing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{unsentDesc, heldDesc, mailboxDesc} {
		ch <- d
	}
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
	mailboxes, err := inbound.Mailboxes(ctx, o.db)
	if err != nil {
		return
	}
	for _, m := range mailboxes {
		value := 0.0
		if m.Problem != "" {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(mailboxDesc, prometheus.GaugeValue, value, m.Name, string(m.Problem))
	}
	counts, err := outbox.CountUnsent(ctx, o.db)
	if err != nil {
		return
	}
	for _, c := range counts {
		ch <- prometheus.MustNewConstMetric(unsentDesc, prometheus.GaugeValue, float64(c.Mails), string(c.State), c.Fault)
	}
}

// paused is 1 while this process has stopped using a service that fails.
func paused(name, help string, is func() bool) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		if is() {
			return 1
		}
		return 0
	})
}
