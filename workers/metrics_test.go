package workers_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/workers"
)

func TestFiguresOfTheIndexes(t *testing.T) {
	t.Parallel()
	db, registry := testkit.Database(t), prometheus.NewRegistry()
	for range 2 { // web and workers of one process
		if err := workers.RegisterFigures(registry, db, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	figures := func() string {
		answer := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return "\n" + answer.Body.String()
	}
	if got := figures(); !strings.Contains(got, "\naskwell_index_waiting 0\n") || !strings.Contains(got, "\naskwell_index_lag_seconds 0\n") ||
		strings.Contains(got, "askwell_index_check") {
		t.Errorf("of an empty desk:%s", got)
	}
	for _, sql := range []string{`
		INSERT INTO outbox_task (task, subject_id, due_at, created_at, given_up_at)
		VALUES ('index_ticket', 1, now(), now() - interval '1 hour', NULL), ('index_account', 1, now(), now(), NULL),
			('index_ticket', 2, now(), now() - interval '3 hours', now()), ('send_reply', 1, now(), now() - interval '3 hours', NULL)`, `
		INSERT INTO outbox (event, subject_id) VALUES ('ticket.changed', 1)`, `
		INSERT INTO index_check (index_name, started_at, finished_at, compared, missing, outdated, newer, left_over, problem)
		VALUES ('tickets', to_timestamp(1000), to_timestamp(1001), 10, 1, 2, 0, 3, ''),
			('tickets', to_timestamp(2000), to_timestamp(2001), 10, 1, 0, 4, 0, ''),
			('tickets', to_timestamp(3000), to_timestamp(3001), 4, 1, 0, 0, 0, 'Search is unavailable.'),
			('accounts', to_timestamp(3000), to_timestamp(3001), 0, 0, 0, 0, 0, 'Search is unavailable.')`} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got := figures()
	for _, line := range []string{
		`askwell_index_waiting 3`,
		`askwell_index_check_mended_total{index="tickets",kind="missing"} 3`,
		`askwell_index_check_mended_total{index="tickets",kind="outdated"} 2`,
		`askwell_index_check_mended_total{index="tickets",kind="newer"} 4`,
		`askwell_index_check_mended_total{index="tickets",kind="left_over"} 3`,
		`askwell_index_check_mended_total{index="accounts",kind="missing"} 0`,
		`askwell_index_check_timestamp_seconds{index="tickets"} 2001`,
	} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("the figures lack %q", line)
		}
	}
	if !strings.Contains(got, "\naskwell_index_lag_seconds 36") { // 3,600 and a bit
		t.Error("the lag is not an hour")
	}
	if strings.Contains(got, `timestamp_seconds{index="accounts"}`) {
		t.Error("a check that never came to its end has a time")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// Mails that have not left are counted by what became of them and by what the server's answer was about, attempts by how they ended.
func TestFiguresOfMails(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	registry := d.registry
	d.work()
	d.open("")
	d.awaitIdle()
	sent := map[string]string{"kind": workers.TaskAcknowledge, "result": "sent"}
	if got := metricOf(t, registry, "askwell_mails_total", sent); got != 1 {
		t.Errorf("%g mails are counted as sent, want 1", got)
	}
	_, err := d.db.Exec(t.Context(), `
		INSERT INTO outgoing_mail (key, task_id, kind, subject_id, state, fault, claimed_until)
		SELECT 'notice/' || row_number() OVER (), 1, 'tell_owner', 1, v.state, v.fault, now()
		FROM (VALUES ('waiting', 'configuration'), ('waiting', 'configuration'), ('waiting', 'temporary'), ('refused', 'recipient'),
			('expired', 'sender'), ('unconfirmed', ''), ('claimed', ''), ('leaving', ''), ('sent', '')) AS v (state, fault)`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.db.Exec(t.Context(), `
		INSERT INTO inbound_mailbox (name, read_at, problem, problem_since) VALUES ('imap://a.example/INBOX', now(), '', NULL), ('imap://b.example/INBOX', NULL, 'login', now())`)
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{"imap://a.example/INBOX": "", "imap://b.example/INBOX": "login"} {
		want := 0.0
		if code != "" {
			want = 1
		}
		if got := metricOf(t, registry, "askwell_mailbox_problem", map[string]string{"mailbox": name, "code": code}); got != want {
			t.Errorf("askwell_mailbox_problem of %s is %g, want %g", name, got, want)
		}
	}
	for labels, want := range map[[2]string]float64{
		{"waiting", "configuration"}: 2, {"waiting", "temporary"}: 1, {"refused", "recipient"}: 1, {"expired", "sender"}: 1, {"unconfirmed", ""}: 1,
		{"claimed", ""}: 0, {"leaving", ""}: 0, {"sent", ""}: 0,
	} {
		if got := metricOf(t, registry, "askwell_unsent_mails", map[string]string{"state": labels[0], "fault": labels[1]}); got != want {
			t.Errorf("%v: %g, want %g", labels, got, want)
		}
	}
}

// Each way in which an attempt can end has its count.
func TestAttemptsAtMailsAreCounted(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]string{
		"refused": "550 5.1.1 No such user", "waiting": "451 4.3.0 Later", "unconfirmed": "",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, testkit.RedisURL(t))
			d.mailer = d.mailTo(answering(t, answer))
			registry := d.registry
			d.work()
			d.open("")
			d.await("an attempt is counted", func() bool {
				return metricOf(t, registry, "askwell_mails_total", map[string]string{"kind": workers.TaskAcknowledge, "result": want}) >= 1
			})
		})
	}
}

// answering is a mail server that gives this answer to the end of each mail, or none and closes.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				said := textproto.NewConn(conn)
				_ = said.PrintfLine("220 ready")
				for {
					line, err := said.ReadLine()
					if err != nil {
						return
					}
					switch {
					case strings.HasPrefix(line, "DATA"):
						_ = said.PrintfLine("354 go on")
						if _, err := said.ReadDotBytes(); err != nil || answer == "" {
							return
						}
						_ = said.PrintfLine("%s", answer)
					default:
						_ = said.PrintfLine("250 ok")
					}
				}
			}()
		}
	}()
	return "smtp://" + listener.Addr().String()
}
