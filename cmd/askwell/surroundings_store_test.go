//go:build surroundings

package main

import (
	"context"
	"fmt"
	"net"
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
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/redisurl"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/migrations"
	"github.com/askwell/askwell/workers"
)

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

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
					time.Sleep(50 * time.Millisecond)
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
			doctor := func(want string, env ...string) {
				t.Helper()
				if out, _ := try(t, append(env, "DATABASE_URL="+through), "", "doctor"); !strings.Contains(out, want) {
					t.Errorf("the doctor says %s\nwant %q in it", out, want)
				}
			}
			if mode == "statement" {
				doctor("FAIL  PostgreSQL   DATABASE_URL leads to a pooler that pools by statement")
				held(t, "statement mode refused with words")
				return
			}
			const questions = 400
			if n := askFor(t.Context(), t, through, questions); n != questions || countIn(t, direct, `SELECT count(*) FROM ticket`) != questions {
				t.Errorf("%d of %d questions were acknowledged, %d are there", n, questions, countIn(t, direct, `SELECT count(*) FROM ticket`))
			}
			env := []string{"DATABASE_URL=" + through}
			if mode == "transaction" {
				doctor("FAIL  PostgreSQL   DATABASE_URL leads to a pooler that pools by transaction")
				if out, err := try(t, env, "", "migrate"); err == nil || !strings.Contains(out, "DATABASE_LISTEN_URL") {
					t.Errorf("migrate through the pooler: %s (%v)", out, err)
				}
				env = append(env, "DATABASE_LISTEN_URL="+direct)
			} else {
				env = append(env, "DATABASE_LISTEN_URL=")
			}
			doctor("ok    PostgreSQL", env[1])
			work(t, env, direct, questions)
			if n := countIn(t, direct, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`); n != 0 && mode == "transaction" {
				t.Logf("%d locks of sessions", n) // held while indexes are written
			}
			held(t, "%s mode: %d of %d questions acknowledged, there once, linked, indexed and acknowledged by mail", mode, questions, questions)
		})
	}
}

// work runs a worker with these addresses until everything is done.
func work(t *testing.T, env []string, direct string, questions int64) {
	t.Helper()
	search := testkit.Search(t)
	mails := testkit.Mailbox(t)
	p := start(t, append(env, "REDIS_URL="+testkit.RedisURL(t), "MEILI_URL="+search.URL(), "MEILI_KEY="+testkit.SearchKey, "SMTP_URL="+mails.URL(),
		"SECRET_KEY="+strings.Repeat("k", 32), "FILES_DIR="+t.TempDir(), "BASE_URL=http://desk.example"), "work")
	deadline := time.Now().Add(2 * time.Minute)
	for countIn(t, direct, `SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task)`) > 0 || countIn(t, direct, `SELECT count(*) FROM ticket_event WHERE kind = 'acknowledged'`) < questions {
		if time.Now().After(deadline) {
			t.Fatalf("not done in two minutes: %s", tail(p.out.String(), 3000))
		}
		time.Sleep(100 * time.Millisecond)
	}
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
	settings["synchronous_standby_names"] = "" // until there is one
	primary, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: filepath.Join(dir, "primary"), Settings: settings})
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
	run("pg_basebackup", "-d", conninfo, "-D", standby, "-R", "-X", "stream", "-c", "fast")
	p := &process{t: t, cmd: exec.Command(bin+"postgres", "-D", standby, "-c", "port="+port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "hot_standby=on", "-c", "max_connections=200",
		"-c", "primary_conninfo="+conninfo), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr, p.cmd.Dir = &p.out, &p.out, asAccount("postgres"), "/tmp"
	p.run()
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
	late := time.Now().Add(30 * time.Second)
	for following := false; !following; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the standby does not follow")
		}
		if err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming')`).Scan(&following); err != nil {
			t.Fatal(err)
		}
	}
	exec1(admin, `ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'`)
	exec1(admin, `SELECT pg_reload_conf()`)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const questions = 3000
	counted := make(chan int64, 1)
	go func() { counted <- askFor(ctx, t, both.String(), questions) }()
	for late := time.Now().Add(time.Minute); countIn(t, primary.URL(), `SELECT count(*) FROM ticket`) < questions/4; {
		if time.Now().After(late) {
			t.Fatal("no questions are taken")
		}
		time.Sleep(20 * time.Millisecond)
	}
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

// Three Sentinels, as docs/redis.md says, move the primary while tasks are done.
func TestSurroundingsSentinel(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	ports := []string{freePort(t), freePort(t)}
	var servers []*process
	for i, port := range ports {
		args := []string{"--port", port, "--bind", "127.0.0.1", "--requirepass", "secret", "--masterauth", "secret", "--save", "", "--dir", dir}
		if i > 0 {
			args = append(args, "--replicaof", "127.0.0.1 "+ports[0])
		}
		servers = append(servers, neighbor(t, "redis-server", args...))
		listening(t, "tcp", "127.0.0.1:"+port)
	}
	var sentinels []string
	for i := range 3 {
		port := freePort(t)
		conf := docBlock(t, "redis.md", "sentinel", "port 26379", "port "+port+"\nbind 127.0.0.1\ndir "+dir, "10.0.0.11 6379", "127.0.0.1 "+ports[0], "PASSWORD", "secret",
			"down-after-milliseconds mymaster 5000", "down-after-milliseconds mymaster 1000")
		neighbor(t, "redis-server", writeFileAt(t, dir, fmt.Sprintf("sentinel%d.conf", i), conf), "--sentinel")
		listening(t, "tcp", "127.0.0.1:"+port)
		sentinels = append(sentinels, "127.0.0.1:"+port)
	}
	address := "redis-sentinel://:secret@" + strings.Join(sentinels, ",") + "/0?master=mymaster"
	client, err := redisurl.Open(address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	await := func(what string) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err := workers.TryQueue(ctx, client)
			cancel()
			if err == nil {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %v", what, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	await("the first primary takes tasks")
	doctor := func(address, want string) {
		t.Helper()
		if out, _ := try(t, []string{"REDIS_URL=" + address, "DATABASE_URL=postgres://127.0.0.1:1/x"}, "", "doctor"); !strings.Contains(out, want) {
			t.Errorf("the doctor says %s\nwant %q in it", out, want)
		}
	}
	doctor(address, "ok    Redis        takes tasks")
	doctor("redis://"+sentinels[0], "FAIL  Redis        REDIS_URL leads to a Sentinel: write redis-sentinel://")
	doctor("redis-sentinel://:secret@"+sentinels[0]+"/0?master=other", "FAIL  Redis        Sentinel does not answer, or knows no primary of this name")

	// A desk goes on while the primary dies.
	db := testkit.Database(t)
	const questions = 600
	counted := make(chan int64, 1)
	go func() { counted <- askFor(t.Context(), t, db.Config().ConnString(), questions) }()
	search, mails := testkit.Search(t), testkit.Mailbox(t)
	p := start(t, []string{
		"DATABASE_URL=" + db.Config().ConnString(), "REDIS_URL=" + address, "MEILI_URL=" + search.URL(), "MEILI_KEY=" + testkit.SearchKey, "SMTP_URL=" + mails.URL(),
		"SECRET_KEY=" + strings.Repeat("k", 32), "FILES_DIR=" + t.TempDir(), "BASE_URL=http://desk.example",
	}, "work")
	waitFor(t, db, p, `SELECT count(*) >= 100 FROM ticket_event WHERE kind = 'acknowledged'`)
	servers[0].signal(syscall.SIGKILL)
	began := time.Now()
	await("the other one is the primary")
	took := time.Since(began)
	if n := <-counted; n != questions {
		t.Errorf("%d of %d questions were acknowledged", n, questions)
	}
	waitFor(t, db, p, fmt.Sprintf(`SELECT count(*) = %d AND (SELECT count(*) FROM outbox_task) = 0 FROM ticket_event WHERE kind = 'acknowledged'`, questions))
	all, err := mails.Messages()
	if err != nil || len(all) != questions {
		t.Errorf("%d mails went out (%v), want %d", len(all), err, questions)
	}
	held(t, "Redis' primary killed in the middle of %d questions: another took over after %s; every question acknowledged by one mail", questions, took.Round(100*time.Millisecond))
}

func waitFor(t *testing.T, db *pgxpool.Pool, p *process, sql string) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		var yes bool
		err := db.QueryRow(t.Context(), sql).Scan(&yes)
		if err == nil && yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never was so: %s (%v)\n%s", sql, err, tail(p.out.String(), 3000))
		}
		time.Sleep(100 * time.Millisecond)
	}
}
