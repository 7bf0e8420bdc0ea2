package workers_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/testkit"
)

// A desk that is started on a copy of its database writes to nobody, and loses nothing: links and index go on. Let go, it writes.
func TestACopyOfTheDeskWritesToNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	d.filesDir = t.TempDir()
	first := d.open("")
	stop := d.work()
	d.await("the first acknowledgement", func() bool { return d.sentMails() == 1 })
	stop()

	d.filesDir = t.TempDir() // the copy has none of the files
	second := d.open(number)
	d.work()
	d.await("everything but the mail", func() bool {
		held, err := instance.MailHeld(t.Context(), d.db)
		return err == nil && held.Reason == instance.HeldOtherSet && d.count(`SELECT count(*) FROM ticket WHERE link_state = 'waiting'`) == 0 &&
			d.count(`SELECT count(*) FROM outbox_task`) == d.count(`SELECT count(*) FROM outbox_task WHERE task = 'acknowledge'`)
	})
	if n := d.sentMails(); n != 1 || d.count(`SELECT count(*) FROM outbox_task WHERE task = 'acknowledge' AND subject_id = $1`, second.ID) != 1 {
		t.Errorf("%d mails left the copy, of %s and %s", n-1, first.Reference, second.Reference)
	}
}

// A worker that cannot find out whether its database is a copy sends no mail until it can; one whose files cannot be written sends.
func TestMailWaitsUntilTheDeskWasCompared(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.store()
	d.filesDir = t.TempDir()
	exec := func(sql string) {
		t.Helper()
		if _, err := d.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE desk RENAME COLUMN mail_held_for TO elsewhere`)
	d.open(number)
	d.work()
	d.await("everything but the mail", func() bool {
		return d.count(`SELECT count(*) FROM ticket WHERE link_state = 'waiting'`) == 0 && d.count(`SELECT count(*) FROM outbox_task WHERE task <> 'acknowledge'`) == 0 &&
			contains(d.log, "failed to compare the desk with its files")
	})
	if n := d.sentMails(); n != 0 {
		t.Errorf("%d mails left", n)
	}
	exec(`ALTER TABLE desk RENAME COLUMN elsewhere TO mail_held_for`)
	d.await("the acknowledgement", func() bool { return d.sentMails() == 1 })

	unwritable := newDesk(t, testkit.RedisURL(t))
	unwritable.filesDir = filepath.Join(t.TempDir(), "missing")
	unwritable.open("")
	unwritable.work()
	unwritable.await("the acknowledgement", func() bool { return unwritable.sentMails() == 1 })
}

// Two desks on one Redis do their own tasks.
func TestTwoDesksOnOneRedis(t *testing.T) {
	t.Parallel()
	address := testkit.RedisURL(t)
	one, two := newDesk(t, address), newDesk(t, address)
	one.open("")
	two.open("")
	one.work() // the other's worker is not running
	one.await("its own acknowledgement", func() bool { return one.sentMails() == 1 })
	two.work()
	two.await("its own acknowledgement", func() bool { return two.sentMails() == 1 })
	if one.sentMails() != 1 {
		t.Errorf("the first desk sent %d mails", one.sentMails())
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	queues, err := client.SMembers(t.Context(), "asynq:queues").Result()
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]int{}
	for _, queue := range queues {
		prefix, _, _ := strings.Cut(queue, "-")
		own[prefix]++
	}
	for _, d := range []*desk{one, two} {
		var id string
		if err := d.db.QueryRow(t.Context(), `SELECT left(id::text, 8) FROM desk`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if own[id] == 0 {
			t.Errorf("no queue is desk %s's: %v", id, queues)
		}
		delete(own, id)
	}
	if len(own) > 0 {
		t.Errorf("queues of neither desk: %v", queues)
	}
}

func (d *desk) sentMails() int {
	d.t.Helper()
	all, err := d.mailbox.Messages()
	if err != nil {
		d.t.Fatal(err)
	}
	return len(all)
}
