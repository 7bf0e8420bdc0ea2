package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// database names both the database and its owner, a superuser of the server, which serves nothing else.
const database = "askwell"

// PostgresConfig says how to run a PostgreSQL server.
type PostgresConfig struct {
	Dir      string            // the data folder; the server's own lies in it
	Log      *slog.Logger      // nil for none
	Fast     bool              // survives the death of its process, not of the machine: for tests only
	Port     int               // 0 for a free one, chosen anew at each start
	Settings map[string]string // on top of ours, as in postgresql.conf
}

// Postgres is a running PostgreSQL server, reachable on the loopback interface by whoever has the password in its URL.
type Postgres struct {
	cfg      PostgresConfig
	log      *slog.Logger
	install  installation
	account  *account
	data     string
	password string
	port     int
	output   *logFile
	lock     *os.File
	child    *child
	done     chan struct{}
	err      error
}

// StartPostgres starts PostgreSQL on the folder and returns once it answers. The context bounds the start alone. It
// fails with ErrNoPostgres when none is installed, and with an *InUseError when another process runs one there.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	dir, err := PrepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	p := &Postgres{cfg: cfg, log: loggerOr(cfg.Log), done: make(chan struct{})}
	if p.lock, err = lockFile(filepath.Join(dir, "postgres.lock"), lockPatience); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := p.start(ctx); err != nil {
		p.release()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	p.log.Info("postgres started", slog.Int("version", p.install.major), slog.Int("port", p.port),
		slog.Int("pid", p.child.pid), slog.Duration("took", time.Since(begun)))
	go p.watch()
	return p, nil
}

// URL is the address of Askwell's database, password included.
func (p *Postgres) URL() string { return p.address(database) }

// Version is the major version of the server.
func (p *Postgres) Version() int { return p.install.major }

// Done is closed when the server has ended.
func (p *Postgres) Done() <-chan struct{} { return p.done }

// Err tells why the server ended by itself; nil while it runs and after Stop.
func (p *Postgres) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Stop shuts the server down, cutting its connections and finishing its writing, in under 5 seconds. When ctx ends
// early, or the last checkpoint takes too long, the server stops at once and recovers at its next start; nothing
// committed is lost either way.
func (p *Postgres) Stop(ctx context.Context) error {
	err := p.halt(ctx)
	if err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	<-p.done
	return nil
}

func (p *Postgres) halt(ctx context.Context) error {
	return p.child.stop(ctx, step{syscall.SIGINT, 3 * time.Second}, step{syscall.SIGQUIT, 1200 * time.Millisecond},
		step{syscall.SIGKILL, 500 * time.Millisecond})
}

func (p *Postgres) watch() {
	<-p.child.done
	if !p.child.stopping.Load() {
		p.err = fmt.Errorf("PostgreSQL ended by itself: %w", withTail(p.child.err, p.output))
		p.log.Error("postgres ended", slog.Any("error", p.err))
	}
	p.release()
	close(p.done)
}

func (p *Postgres) release() {
	if p.output != nil {
		p.output.Close()
	}
	p.lock.Close()
}

func (p *Postgres) address(name string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(database, p.password),
		Host: net.JoinHostPort(loopback, strconv.Itoa(p.port)), Path: "/" + name, RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (p *Postgres) start(ctx context.Context) error {
	installed, err := findPostgres(ctx, os.Getenv("PATH"))
	if err != nil {
		return err
	}
	if p.install, err = choosePostgres(p.cfg.Dir, installed); err != nil {
		return err
	}
	p.data = filepath.Join(p.cfg.Dir, "postgres-"+strconv.Itoa(p.install.major))
	if p.account, err = accountFor(p.data, "postgres", "nobody"); err != nil {
		return err
	}
	if err := p.account.reach(p.cfg.Dir); err != nil {
		return err
	}
	if p.output, err = openLog(p.cfg.Dir, "postgres"); err != nil {
		return err
	}
	if err := p.initialise(ctx); err != nil {
		return err
	}
	if err := clearStale(ctx, p.data, p.log); err != nil {
		return err
	}
	if err := p.launch(ctx); err != nil {
		return err
	}
	if err := p.createDatabase(ctx); err != nil {
		return errors.Join(err, p.halt(context.WithoutCancel(ctx)))
	}
	return nil
}

// launch starts the server until it stays: another program may take the port first, and the last processes of a server
// that was killed may still be leaving.
func (p *Postgres) launch(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := p.launchOnce(ctx)
		switch {
		case errors.Is(err, errPortTaken) && p.cfg.Port == 0 && attempt < portAttempts:
		case errors.Is(err, errStillLeaving):
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return err
			}
		default:
			return err
		}
	}
}

func (p *Postgres) launchOnce(ctx context.Context) error {
	p.port = p.cfg.Port
	if p.port == 0 {
		var err error
		if p.port, err = freePort(ctx); err != nil {
			return err
		}
	}
	p.output.mark()
	c, err := startChild(program{
		Path: p.install.program("postgres"), Args: p.arguments(), Env: serverEnv(), Output: p.output.File,
		Account: p.account,
		// Immediate shutdown: the server takes every one of its processes and its shared memory with it.
		Orphan: syscall.SIGQUIT,
	})
	if err != nil {
		return err
	}
	p.child = c
	for {
		if postmasterReady(p.data, c.pid) {
			return nil
		}
		select {
		case <-c.done:
			return startFailure(c.err, p.output)
		case <-ctx.Done():
			return withTail(errors.Join(context.Cause(ctx), p.halt(ctx)), p.output)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// arguments are the settings, which win over those in the data folder. Statements and the values in them are kept out
// of the log: they are what applicants wrote.
func (p *Postgres) arguments() []string {
	settings := map[string]string{
		"listen_addresses": loopback, "port": strconv.Itoa(p.port), "unix_socket_directories": "",
		"password_encryption": "scram-sha-256", "cluster_name": database, "max_connections": "200",
		"shared_buffers": "256MB", "max_wal_size": "2GB", "wal_level": "minimal", "max_wal_senders": "0", "jit": "off",
		"timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
		"log_destination": "stderr", "logging_collector": "off", "log_checkpoints": "off",
		"log_line_prefix": "%m [%p] ", "log_error_verbosity": "terse", "log_min_error_statement": "panic",
		"log_min_duration_statement": "-1", "log_statement": "none", "log_parameter_max_length": "0",
		"log_parameter_max_length_on_error": "0", "log_autovacuum_min_duration": "-1",
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
	}
	if p.cfg.Fast {
		// Commits still wait for their write: tests kill the server and expect what it acknowledged.
		maps.Copy(settings, map[string]string{
			"fsync": "off", "full_page_writes": "off", "checkpoint_timeout": "1h",
		})
	}
	maps.Copy(settings, p.cfg.Settings)
	args := []string{"-D", p.data}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// serverEnv is all a server gets of our environment: no password of ours, and none of the variables that would
// change its settings.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "LC_ALL=C"}
}

// createDatabase proves that the server is ours, by its password, and makes Askwell's database if it is not there.
func (p *Postgres) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.address("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	}
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}

// withTail adds what the server last wrote to err.
func withTail(err error, output *logFile) error {
	if err == nil {
		err = errors.New("no error was reported")
	}
	if tail := strings.TrimSpace(output.tail()); tail != "" {
		return fmt.Errorf("%w; its log ends:\n%s", err, tail)
	}
	return err
}
