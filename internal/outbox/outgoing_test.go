package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

// post is a database with one task that sends one mail, and what became of it.
type post struct {
	*testing.T
	db    *pgxpool.Pool
	task  int64
	sent  atomic.Int32
	lease time.Duration
	due   time.Time // of the letter; zero for now
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, db: testkit.Database(t)}
	_, err := p.db.Exec(t.Context(), `CREATE TABLE recorded (id bigint GENERATED ALWAYS AS IDENTITY, state text NOT NULL)`)
	must(t, err)
	p.task = p.newTask()
	return p
}

func (p *post) newTask() (id int64) {
	p.Helper()
	must(p.T, p.db.QueryRow(p.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at, attempts) VALUES ('send_thing', 7, now(), now(), 1) RETURNING id`).Scan(&id))
	return id
}

// run has the task send its mail by a function that is asked between the handing over of the mail and its answer.
func (p *post) run(talk func(ctx context.Context) error) error {
	return outbox.Mailing[string]{
		DB: p.db, Lease: p.lease,
		Claim: func(_ context.Context, _ pgx.Tx, tasks []outbox.Task) ([]outbox.Letter[string], error) {
			return []outbox.Letter[string]{{Task: tasks[0].ID, Key: "thing/7", Content: "a letter", NotBefore: p.due}}, nil
		},
		Send: func(ctx context.Context, _ []string) []error {
			if err := outbox.Leaving(ctx, 0); err != nil {
				return []error{err}
			}
			p.sent.Add(1)
			return []error{talk(ctx)}
		},
		Record: func(ctx context.Context, tx pgx.Tx, outcomes []outbox.Outcome[string]) error {
			for _, o := range outcomes {
				if _, err := tx.Exec(ctx, `INSERT INTO recorded (state) VALUES ($1)`, o.State); err != nil {
					return err
				}
			}
			return nil
		},
	}.Run(p.Context(), outbox.Task{ID: p.task})
}

func taken(context.Context) error { return nil }

// is fails unless so many mails went out, this was recorded, the task is left or not, and the row of the mail is in this state ("" for none).
func (p *post) is(mails int32, left bool, row string, recorded ...outbox.MailState) {
	p.Helper()
	if n := p.sent.Load(); n != mails {
		p.Errorf("%d mails went out, want %d", n, mails)
	}
	rows, err := p.db.Query(context.WithoutCancel(p.Context()), `SELECT state FROM recorded ORDER BY id`)
	must(p.T, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[outbox.MailState])
	must(p.T, err)
	if diff := cmp.Diff(recorded, got, cmpopts.EquateEmpty()); diff != "" {
		p.Errorf("recorded (-want +got)\n%s", diff)
	}
	var tasks int
	var state string
	must(p.T, p.db.QueryRow(context.WithoutCancel(p.Context()), `
		SELECT (SELECT count(*) FROM outbox_task WHERE id = $1), COALESCE((SELECT state FROM outgoing_mail), '')`, p.task).Scan(&tasks, &state))
	if (tasks == 1) != left || state != row {
		p.Errorf("%d tasks are left and the mail is %q, want %t and %q", tasks, state, left, row)
	}
}

// The database ends sessions whose transaction is idle, and the mail server takes its time: with a transaction open over the conversation
// the mail would go out again and again.
func TestAMailGoesOutOnceThoughIdleTransactionsAreEnded(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	_, err := p.db.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = 50', current_database()); END $$`)
	must(t, err)
	p.db.Reset()
	slow := func(ctx context.Context) error {
		var open int
		must(t, p.db.QueryRow(ctx, `
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).Scan(&open))
		if open != 0 {
			t.Errorf("%d transactions are open while the mail server is asked", open)
		}
		p.idleTransactionIsEnded() // the mail server takes longer
		return nil
	}
	err = p.run(slow)
	for postgres.IsAway(err) && p.sent.Load() == 0 { // this process stalled for 50 ms within the claim
		err = p.run(slow)
	}
	must(t, err)
	must(t, p.run(taken))
	p.is(1, false, "", outbox.MailSent)
}

// idleTransactionIsEnded waits until the server has ended a session whose transaction is idle.
func (p *post) idleTransactionIsEnded() {
	p.Helper()
	tx, err := p.db.Begin(p.Context())
	must(p.T, err)
	defer tx.Rollback(context.WithoutCancel(p.Context())) //nolint:errcheck // it is gone
	ended, cancel := context.WithTimeout(p.Context(), 20*time.Second)
	defer cancel()
	_, _ = tx.Conn().WaitForNotification(ended) // comes back when the session ends
	if !tx.Conn().IsClosed() {
		p.Error("the server ends no idle transaction")
	}
}

// Every connection breaks between the mail server's answer and the commit.
func TestAConnectionThatBreaksAfterTheAnswerSendsNothingTwice(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	must(t, p.run(func(ctx context.Context) error {
		_, err := p.db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		must(t, err)
		return nil
	}))
	must(t, p.run(taken))
	p.is(1, false, "", outbox.MailSent)
}

// A process that died left a mail behind.
func TestAMailOfAProcessThatDied(t *testing.T) {
	t.Parallel()
	leave := func(p *post, state string) {
		_, err := p.db.Exec(p.Context(), `
			INSERT INTO outgoing_mail (key, task_id, kind, subject_id, state, claimed_until) VALUES ('thing/7', $1, 'send_thing', 7, $2, now() - interval '1 second')`,
			p.task, state)
		must(p.T, err)
	}
	t.Run("before its content left", func(t *testing.T) {
		t.Parallel()
		p := newPost(t)
		leave(p, "claimed")
		must(t, p.run(taken))
		p.is(1, false, "", outbox.MailSent)
	})
	t.Run("after its content left", func(t *testing.T) {
		t.Parallel()
		p := newPost(t)
		leave(p, "leaving")
		must(t, p.run(taken))
		p.is(0, false, "unconfirmed", outbox.MailUnconfirmed)

		unsent, err := outbox.ListUnsent(t.Context(), p.db, 10)
		must(t, err)
		if len(unsent) != 1 || !unsent[0].Over() {
			t.Fatalf("unsent mails: %+v", unsent)
		}
		must(t, outbox.SendAgain(t.Context(), p.db, unsent[0].ID)) // a person wants it
		must(t, p.db.QueryRow(t.Context(), `SELECT id FROM outbox_task WHERE task = 'send_thing' AND subject_id = 7`).Scan(&p.task))
		must(t, p.run(taken))
		p.is(1, false, "", outbox.MailUnconfirmed, outbox.MailSent)
	})
}

// A mail server takes longer than the lease: nobody else sends the mail meanwhile.
func TestASlowMailServerKeepsItsMail(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.lease = 2 * time.Second
	must(t, p.run(func(context.Context) error {
		for renewed := false; !renewed; { // the first lease would have ended
			must(t, p.run(func(context.Context) error { t.Error("it was sent by two at once"); return nil }))
			must(t, p.db.QueryRow(t.Context(), `SELECT claimed_until > begun_at + 2 * $1::interval FROM outgoing_mail`, p.lease).Scan(&renewed))
		}
		return nil
	}))
	p.is(1, false, "", outbox.MailSent)
}

func TestWhatBecomesOfAMail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer error
		row    string
		left   bool
		want   outbox.MailState
		err    bool
	}{
		"refused":     {failure.New(failure.KindInvalid, "No such mailbox.", nil), "refused", false, outbox.MailRefused, false},
		"unavailable": {failure.Unavailable("Later.", nil), "waiting", true, outbox.MailWaiting, true},
		"unexpected":  {errors.New("a template is broken"), "waiting", true, outbox.MailWaiting, true},
		"no answer":   {failure.Unavailable("Nothing.", outbox.ErrUnconfirmed), "unconfirmed", false, outbox.MailUnconfirmed, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			if err := p.run(func(context.Context) error { return c.answer }); (err != nil) != c.err {
				t.Errorf("it ended with %v", err)
			}
			p.is(1, c.left, c.row, c.want)
		})
	}
	t.Run("for too long", func(t *testing.T) {
		t.Parallel()
		p := newPost(t)
		away := func(context.Context) error { return failure.Unavailable("Later.", nil) }
		_ = p.run(away)
		_, err := p.db.Exec(t.Context(), `UPDATE outgoing_mail SET begun_at = now() - interval '5 days 1 minute'`)
		must(t, err)
		must(t, p.run(away))
		p.is(2, false, "expired", outbox.MailWaiting, outbox.MailExpired)
	})
}

// What is not due is put off by the database's clock: that is no attempt, and no failure.
func TestWhatIsNotDueIsPutOff(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.due = time.Now().Add(time.Hour).Truncate(time.Microsecond)
	must(t, p.run(taken))
	p.is(0, true, "")
	var due time.Time
	var attempts int
	must(t, p.db.QueryRow(t.Context(), `SELECT due_at, attempts FROM outbox_task WHERE id = $1`, p.task).Scan(&due, &attempts))
	if !due.Equal(p.due) || attempts != 0 {
		t.Errorf("due %v after %d attempts, want %v after none", due, attempts, p.due)
	}
}

// A process dies over the second mail of a conversation, when the mail server has taken the first: the first was sent, and of the second alone
// nobody knows.
func TestAProcessThatDiesOverALaterMailHasSentTheOnesBefore(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	tasks := []outbox.Task{{ID: p.task}, {ID: p.newTask()}, {ID: p.newTask()}}
	recorded := map[string]outbox.MailState{}
	var sent []string
	mailing := outbox.Mailing[string]{
		DB: p.db,
		Claim: func(_ context.Context, _ pgx.Tx, tasks []outbox.Task) (letters []outbox.Letter[string], err error) {
			for _, task := range tasks {
				key := []string{"first", "second", "third"}[task.ID-p.task]
				letters = append(letters, outbox.Letter[string]{Task: task.ID, Key: key, Content: key})
			}
			return letters, nil
		},
		Record: func(_ context.Context, _ pgx.Tx, outcomes []outbox.Outcome[string]) error {
			for _, o := range outcomes {
				recorded[o.Key] = o.State
			}
			return nil
		},
	}
	died := errors.New("died")
	mailing.Send = func(ctx context.Context, letters []string) []error {
		for i, l := range letters {
			must(t, outbox.Leaving(ctx, i))
			if sent = append(sent, l); len(sent) == 2 {
				panic(died)
			}
			outbox.Taken(ctx, i)
		}
		return make([]error, len(letters))
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not die")
			}
		}()
		_ = mailing.Run(t.Context(), tasks...)
	}()
	must(t, mailing.Run(t.Context(), tasks...)) // while its lease lasts
	if len(recorded) != 0 || len(sent) != 2 {
		t.Errorf("before its lease is over %v is recorded and %v was sent", recorded, sent)
	}
	_, err := p.db.Exec(t.Context(), `UPDATE outgoing_mail SET claimed_until = now() - interval '1 second'`)
	must(t, err)
	must(t, mailing.Run(t.Context(), tasks...))
	want := map[string]outbox.MailState{"first": outbox.MailSent, "second": outbox.MailUnconfirmed, "third": outbox.MailSent}
	if diff := cmp.Diff(want, recorded); diff != "" {
		t.Errorf("recorded (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"first", "second", "third"}, sent); diff != "" {
		t.Errorf("sent (-want +got)\n%s", diff)
	}
	var left int
	must(t, p.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM outbox_task) + (SELECT count(*) FROM outgoing_mail WHERE state <> 'unconfirmed')`).Scan(&left))
	if left != 0 {
		t.Errorf("%d tasks and mails are left", left)
	}
}
