//go:build surroundings

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/migrations"
)

// asAccount runs a program under an account that may run it, where this process is root.
func asAccount(name string) *syscall.SysProcAttr {
	if os.Getuid() != 0 {
		return nil
	}
	out, err := exec.Command("id", "-u", name).Output()
	if err != nil {
		return nil
	}
	uid, _ := strconv.Atoi(strings.TrimSpace(string(out)))
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}} //nolint:gosec // an account's number
}

func giveTo(t *testing.T, account, dir string) {
	t.Helper()
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "-R", account, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
}

// pgbouncer starts one as docs/database.md says, before the server at an address, and gives the address through it.
func pgbouncer(t *testing.T, direct, mode string) string {
	t.Helper()
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	dir, port := openFolder(t), freePort(t)
	password, _ := u.User.Password()
	list := writeFileAt(t, dir, "userlist.txt", fmt.Sprintf("%q %q\n", u.User.Username(), password))
	conf := docBlock(t, "database.md", "pgbouncer",
		"askwell = host=127.0.0.1 port=5432 dbname=askwell", fmt.Sprintf("%s = host=%s port=%s dbname=%s", strings.Trim(u.Path, "/"), u.Hostname(), u.Port(), strings.Trim(u.Path, "/")),
		"listen_port = 6432", "listen_port = "+port, "/etc/pgbouncer/userlist.txt", list, "pool_mode = transaction", "pool_mode = "+mode+"\nunix_socket_dir =")
	giveTo(t, "postgres", dir)
	p := &process{t: t, cmd: exec.Command(program(t, "pgbouncer"), writeFileAt(t, dir, "pgbouncer.ini", conf)), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = &p.out, &p.out, asAccount("postgres")
	p.run()
	listening(t, "tcp", "127.0.0.1:"+port)
	through := *u
	through.Host = "127.0.0.1:" + port
	return through.String()
}

// ask opens tickets from several sides until ctx ends, each form sent again with its token until it is acknowledged, as a browser does, and gives how many
// were acknowledged.
func askFor(ctx context.Context, t *testing.T, address string, most int64) int64 {
	t.Helper()
	db, err := postgres.Open(ctx, address, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tickets := ticket.NewService(ticket.Config{DB: db})
	var asked, acknowledged atomic.Int64
	var sides sync.WaitGroup
	for range 8 {
		sides.Go(func() {
			for n := asked.Add(1); n <= most && ctx.Err() == nil; n = asked.Add(1) {
				in := ticket.Inquiry{
					Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Number: identifier.Read(""), Name: "Ana", Email: "ana@mail.example",
					Subject: fmt.Sprintf("Question %d", n), Question: "Where is my card?", Token: [16]byte{byte(n), byte(n >> 8), byte(n >> 16)},
				}
				for ctx.Err() == nil {
					_, err := tickets.Open(ctx, in)
					if err == nil {
						acknowledged.Add(1)
						break
					}
					if !failure.Is(err, failure.KindUnavailable) && ctx.Err() == nil {
						t.Errorf("question %d: %v", n, err)
						break
					}
					select { // and tries again, as the page lets its reader do
					case <-ctx.Done():
					case <-time.After(50 * time.Millisecond):
					}
				}
			}
		})
	}
	sides.Wait()
	return acknowledged.Load()
}

func countIn(t *testing.T, address, sql string) (n int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSurroundingsPgBouncer(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"session", "transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			direct := db.Config().ConnString()
			through := pgbouncer(t, direct, mode)
			env := []string{"DATABASE_URL=" + through}
			if mode == "statement" {
				doctor(t, env, "FAIL  PostgreSQL   DATABASE_URL leads to a pooler that pools by statement")
				held(t, "statement mode refused with words")
				return
			}
			const questions = 400
			if n := askFor(t.Context(), t, through, questions); n != questions || countIn(t, direct, `SELECT count(*) FROM ticket`) != questions {
				t.Errorf("%d of %d questions were acknowledged, %d are there", n, questions, countIn(t, direct, `SELECT count(*) FROM ticket`))
			}
			if mode == "transaction" {
				doctor(t, env, "FAIL  PostgreSQL   DATABASE_URL leads to a pooler that pools by transaction")
				if out, err := try(t, env, "", "migrate"); err == nil || !strings.Contains(out, "DATABASE_LISTEN_URL") {
					t.Errorf("migrate through the pooler: %s (%v)", out, err)
				}
				env = append(env, "DATABASE_LISTEN_URL="+direct)
			}
			doctor(t, env, "ok    PostgreSQL")
			work(t, env, direct, questions)
			held(t, "%s mode: %d of %d questions acknowledged, there once, linked, indexed and acknowledged by mail", mode, questions, questions)
		})
	}
}

// work runs a worker with these addresses until everything is done.
func work(t *testing.T, env []string, direct string, questions int64) {
	t.Helper()
	search := testkit.Search(t)
	mails := testkit.Mailbox(t)
	start(t, append(env, "REDIS_URL="+testkit.RedisURL(t), "MEILI_URL="+search.URL(), "MEILI_KEY="+testkit.SearchKey, "SMTP_URL="+mails.URL(),
		"SECRET_KEY="+strings.Repeat("k", 32), "FILES_DIR="+t.TempDir(), "BASE_URL=http://desk.example"), "work")
	eventually(t, 2*time.Minute, func() error {
		waiting := countIn(t, direct, `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task)`)
		if done := countIn(t, direct, `SELECT count(*) FROM ticket_event WHERE kind = 'acknowledged'`); waiting > 0 || done < questions {
			return fmt.Errorf("%d tasks wait, %d of %d questions are acknowledged", waiting, done, questions)
		}
		return nil
	})
}

// A synchronous standby, as docs/database.md says, is promoted while questions come in and the primary is killed: none that was acknowledged is lost, none is
// there twice.
func TestSurroundingsReplica(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	settings := map[string]string{}
	for line := range strings.Lines(docBlock(t, "database.md", "primary")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		settings[name] = strings.Trim(value, "'")
	}
	begin := devstack.PostgresConfig{Dir: filepath.Join(dir, "primary"), Settings: maps.Clone(settings)}
	begin.Settings["synchronous_standby_names"] = "" // until there is one
	primary, err := devstack.StartPostgres(t.Context(), begin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Stop(context.Background()) })
	if _, err := migrations.Up(t.Context(), primary.URL()); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	standby, port := filepath.Join(dir, "standby"), freePort(t)
	bin := fmt.Sprintf("/usr/lib/postgresql/%d/bin/", primary.Version())
	if err := os.Mkdir(standby, 0o700); err != nil {
		t.Fatal(err)
	}
	giveTo(t, "postgres", standby)
	conninfo := fmt.Sprintf("host=127.0.0.1 port=%s user=%s password=%s application_name=standby", u.Port(), u.User.Username(), password)
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(bin+name, args...)
		cmd.SysProcAttr, cmd.Dir = asAccount("postgres"), "/tmp"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	own, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	run("pg_basebackup", "-d", conninfo, "-D", standby, "-R", "-X", "stream", "-c", "fast")
	p := &process{t: t, cmd: exec.Command(bin+"postgres", "-D", standby, "-c", "port="+port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "hot_standby=on", "-c", "max_connections=200",
		"-c", "primary_conninfo="+conninfo), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr, p.cmd.Dir = &p.out, &p.out, asAccount("postgres"), "/tmp"
	p.run()
	// Started anew, as the docs have it: a reload reaches the sessions under way only after a while, and what they acknowledge until then is not held twice.
	if err := primary.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if primary, err = devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: begin.Dir, Port: own, Settings: settings}); err != nil {
		t.Fatal(err)
	}
	second := *u
	second.Host = "127.0.0.1:" + port
	both := *u
	both.Host = u.Host + "," + second.Host
	both.RawQuery = "target_session_attrs=read-write&sslmode=disable"
	admin, err := pgx.Connect(t.Context(), primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	exec1 := func(conn *pgx.Conn, sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	eventually(t, 30*time.Second, func() error {
		var streaming bool
		err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming' AND sync_state = 'quorum')`).Scan(&streaming)
		if err == nil && !streaming {
			err = errors.New("the standby does not stream")
		}
		return err
	})

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const questions = 3000
	counted := make(chan int64, 1)
	go func() { counted <- askFor(ctx, t, both.String(), questions) }()
	eventually(t, time.Minute, func() error {
		if n := countIn(t, primary.URL(), `SELECT count(*) FROM ticket`); n < questions/4 {
			return fmt.Errorf("%d questions are taken", n)
		}
		return nil
	})
	killAt(t, filepath.Join(dir, "primary"))
	<-primary.Done()
	replica, err := pgx.Connect(t.Context(), second.String())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	exec1(replica, `SELECT pg_promote()`)
	exec1(replica, `ALTER SYSTEM SET synchronous_standby_names = ''`)
	exec1(replica, `SELECT pg_reload_conf()`)
	acknowledged := <-counted
	if acknowledged != questions {
		t.Errorf("%d of %d questions were acknowledged", acknowledged, questions)
	}
	there, distinct := countIn(t, second.String(), `SELECT count(*) FROM ticket`), countIn(t, second.String(), `SELECT count(DISTINCT subject) FROM ticket`)
	if there != questions || distinct != questions {
		t.Errorf("%d tickets are there, of %d questions", there, distinct)
	}
	held(t, "primary killed and standby promoted in the middle of %d questions: %d acknowledged, %d lost, %d twice; %s from the promotion to the last one", questions, acknowledged, acknowledged-distinct, there-distinct,
		time.Since(began).Round(time.Second))
}

// killAt kills the postmaster whose data lies below a folder, as a machine that fails does.
func killAt(t *testing.T, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "postmaster.pid"))
	if more, _ := filepath.Glob(filepath.Join(dir, "*", "*", "postmaster.pid")); len(found) == 0 {
		found = more
	}
	if err != nil || len(found) == 0 {
		t.Fatalf("no postmaster below %s", dir)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("pgrep", "-P", first).Output()
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for child := range strings.FieldsSeq(string(out)) {
		if pid, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
