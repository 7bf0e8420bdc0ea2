package workers_test

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// wipe empties a Redis under the workers' hands.
func wipe(t *testing.T, address string) {
	t.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestRedisWipedInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	r := testkit.Redis(t)
	d := newDesk(t, r.URL())
	opened := d.openLinkCases()
	agent := d.agent()
	d.work()
	waiting := d.open("", func(in *ticket.Inquiry) { in.Email = "waits@mail.example" })
	if _, err := d.tickets.Reply(t.Context(), ticket.Staff(agent), waiting.Reference, ticket.Draft{Body: "Answer"}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		wipe(t, r.URL())
		d.open("", func(in *ticket.Inquiry) { in.Email = "meanwhile@mail.example" })
	}
	d.awaitIdle()
	d.checkLinks(opened)
	if n := len(d.mails("waits@")); n != 2 {
		t.Errorf("%d mails, want the acknowledgement and the reply", n)
	}
	if n := len(d.mails("meanwhile@")); n != 5 {
		t.Errorf("%d mails for five inquiries that came meanwhile", n)
	}
}

func TestRedisStoppedInTheMiddleDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	dir, remove, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	start := func(port int) *devstack.Redis {
		r, err := devstack.StartRedis(t.Context(), devstack.RedisConfig{Dir: dir, Port: port})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := start(0)
	d := newDesk(t, r.URL())
	d.open("")
	d.work()
	d.awaitIdle()
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened := d.openLinkCases()
	d.await("what happened has become tasks", func() bool { return d.count(`SELECT count(*) FROM outbox`) == 0 })
	d.await("the relay logs that Redis is unavailable", func() bool { return contains(d.log, "task relay failed") })
	if n := d.count(`SELECT count(DISTINCT subject_id) FROM outbox_task WHERE task = 'index_ticket' AND attempts = 0`); n != len(opened) {
		t.Errorf("%d tickets wait to be indexed without having lost an attempt, want %d", n, len(opened))
	}
	address, err := url.Parse(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	again := start(port)
	t.Cleanup(func() { again.Stop(context.Background()) })
	d.awaitIdle()
	d.checkLinks(opened)
	if n := d.mailbox.Count(); n != len(opened)+1 {
		t.Errorf("%d mails for %d inquiries", n, len(opened)+1)
	}
	if n := count(d.log, "task relay failed"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

// A worker dies between claiming a task and finishing it: the task comes again when its lease ends.
func TestATaskOfADeadWorkerComesAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	opened := d.openLinkCases()
	if _, err := outbox.Expand(t.Context(), d.db, map[string][]outbox.Reaction{
		ticket.OutboxNumberGiven: {{Task: "link_account"}}, ticket.OutboxOpened: {{Task: "index_ticket"}},
	}, 1000); err != nil {
		t.Fatal(err)
	}
	claimed, err := outbox.Claim(t.Context(), d.db, []string{"link_account", "index_ticket"}, 1000, 2*time.Second)
	if err != nil || len(claimed) == 0 {
		t.Fatalf("claimed %d (%v)", len(claimed), err)
	}
	d.work()
	d.awaitIdle()
	d.checkLinks(opened)
}

// A worker dies after the effect and before anybody heard of it: whoever runs the task again finds it done.
func TestTheSameTaskTwiceAndAtOnceHasOneEffect(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account(number, "Jean Horvat", "jean@mail.example")
	was := d.open(number)
	reactions := map[string][]outbox.Reaction{ticket.OutboxNumberGiven: {{Task: "link_account"}}, ticket.OutboxOpened: {{Task: "acknowledge"}}}
	if _, err := outbox.Expand(t.Context(), d.db, reactions, 1000); err != nil {
		t.Fatal(err)
	}
	link, err := outbox.Claim(t.Context(), d.db, []string{"link_account"}, 10, time.Minute)
	if err != nil || len(link) != 1 {
		t.Fatalf("claimed %v (%v)", link, err)
	}
	ack, err := outbox.Claim(t.Context(), d.db, []string{"acknowledge"}, 10, time.Minute)
	if err != nil || len(ack) != 1 {
		t.Fatalf("claimed %v (%v)", ack, err)
	}
	done := make(chan error)
	sent := make(chan struct{}, 100)
	for i := range 12 {
		go func() {
			switch i % 3 {
			case 0:
				done <- d.tickets.LinkByNumber(context.Background(), link[0].ID, was.ID)
			case 1:
				done <- d.tickets.LinkAllByNumber(context.Background(), link)
			default:
				done <- d.tickets.Acknowledge(context.Background(), ack, func(context.Context, []ticket.Ticket) []error {
					sent <- struct{}{}
					return []error{nil}
				})
			}
		}()
	}
	for range 12 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := d.events(was.ID, ticket.EventLinked); n != 1 {
		t.Errorf("linked %d times", n)
	}
	if len(sent) != 1 || d.events(was.ID, ticket.EventAcknowledged) != 1 {
		t.Errorf("acknowledged by %d mails and %d events", len(sent), d.events(was.ID, ticket.EventAcknowledged))
	}
}

func TestWorkersStartAndWaitWhileSearchAndMailAreAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	ready, readyMailer := d.engine, d.mailer
	var err error
	if d.engine, err = search.New(search.Config{URL: "http://127.0.0.1:1", DB: d.db}); err != nil {
		t.Fatal(err)
	}
	d.mailer = d.mailTo("smtp://127.0.0.1:1")
	opened := d.openLinkCases()
	stop := d.work()
	d.await("links do not wait for what is unavailable", func() bool {
		return d.count(`SELECT count(*) FROM ticket WHERE link_state = 'waiting'`) == 0
	})
	d.await("failures are recorded", func() bool {
		return d.count(`SELECT count(DISTINCT task) FROM outbox_task WHERE last_error = 'Search is unavailable.' OR last_error LIKE 'The mail server is unavailable%'`) == 2
	})
	stop()
	d.checkLinks(opened)
	if n := d.count(`SELECT count(*) FROM outbox_task WHERE given_up_at IS NOT NULL`); n != 0 {
		t.Errorf("%d tasks were given up for a server that is unavailable", n)
	}
	d.engine, d.mailer = ready, readyMailer
	d.work()
	d.awaitIdle()
	if n := d.mailbox.Count(); n != len(opened) {
		t.Errorf("%d mails for %d inquiries", n, len(opened))
	}
}
