package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/devstack/meili"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/web/ops"
)

// Times for the services that `up` runs itself.
const (
	startWithin = time.Minute
	stopWithin  = 4 * time.Second
	restartAt   = 300 * time.Millisecond
)

// service is a server that `up` started.
type service interface {
	Done() <-chan struct{}
	Err() error
	Stop(ctx context.Context) error
}

// stack is the backing services of one `up`: those that were given an address, and those it started itself.
type stack struct {
	dir     string
	log     *slog.Logger
	listens net.Addr     // where the web server is
	mailbox http.Handler // nil when mail goes to a real server
	about   []string     // what runs where, a line each, without passwords

	mu   sync.Mutex
	stop []func(context.Context) error
}

// startStack starts what cfg names no address for and writes the addresses into it.
func startStack(ctx context.Context, dir string, listens net.Addr, cfg *config.Config, log *slog.Logger) (*stack, error) {
	s := &stack{dir: dir, log: log, listens: listens}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	var lines [4]string
	starting, startCtx := errgroup.WithContext(ctx)
	for i, start := range []func(context.Context, *config.Config) (string, error){s.postgres, s.redis, s.search, s.mail} {
		starting.Go(func() (err error) {
			lines[i], err = start(startCtx, cfg)
			return err
		})
	}
	err := starting.Wait()
	s.about = lines[:]
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *stack) postgres(ctx context.Context, cfg *config.Config) (string, error) {
	if cfg.DatabaseURL != "" {
		return "PostgreSQL   from DATABASE_URL", nil
	}
	var running *devstack.Postgres
	start := func(ctx context.Context, port int) (err error) {
		running, err = devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: s.dir, Log: s.log, Port: port})
		return err
	}
	if err := start(ctx, 0); err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	cfg.DatabaseURL = running.URL()
	s.keep("PostgreSQL", portOf(running.URL()), func() service { return running }, start)
	return fmt.Sprintf("PostgreSQL   %d, started here on port %d", running.Version(), portOf(running.URL())), nil
}

func (s *stack) redis(ctx context.Context, cfg *config.Config) (string, error) {
	if cfg.RedisURL != "" {
		return "Redis        from REDIS_URL", nil
	}
	var running *devstack.Redis
	start := func(ctx context.Context, port int) (err error) {
		running, err = devstack.StartRedis(ctx, devstack.RedisConfig{Dir: s.dir, Log: s.log, Port: port})
		return err
	}
	if err := start(ctx, 0); err != nil {
		return "", fmt.Errorf("start Redis: %w", err)
	}
	cfg.RedisURL = running.URL()
	s.keep("Redis", portOf(running.URL()), func() service { return running }, start)
	return fmt.Sprintf("Redis        %s %s, started here on port %d", running.Kind(), running.Version(), portOf(running.URL())), nil
}

func (s *stack) search(ctx context.Context, cfg *config.Config) (string, error) {
	if cfg.MeiliURL != "" {
		return "Search       from MEILI_URL", nil
	}
	key, err := secretKey(s.dir) // the in-process server's master key needs no file of its own
	if err != nil {
		return "", err
	}
	switch program, found, err := devstack.FindMeilisearch(ctx, s.log); {
	case err != nil:
		return "", err
	case found:
		return s.meilisearch(ctx, cfg, program)
	}
	// It lives until it is closed; the context bounds the start alone.
	running, err := meili.Start(context.WithoutCancel(ctx), meili.Config{Dir: filepath.Join(s.dir, "search"), Key: string(key), Logger: s.log})
	if err != nil {
		return "", fmt.Errorf("start the search server: %w", err)
	}
	s.onStop(closer(running))
	cfg.MeiliURL = running.URL()
	if cfg.MeiliKey, err = search.GrantKey(ctx, running.URL(), string(key), ""); err != nil {
		return "", err
	}
	line := fmt.Sprintf("Search       built-in, on port %d", portOf(running.URL()))
	if warning := running.Overgrown(); warning != "" {
		line += "\n             " + warning
	}
	return line, nil
}

// meilisearch starts one that is installed.
func (s *stack) meilisearch(ctx context.Context, cfg *config.Config, program devstack.MeilisearchProgram) (string, error) {
	var running *devstack.Meilisearch
	start := func(ctx context.Context, port int) (err error) {
		running, err = devstack.StartMeilisearch(ctx, devstack.MeilisearchConfig{Program: program, Dir: s.dir, Log: s.log, Port: port})
		return err
	}
	if err := start(ctx, 0); err != nil {
		return "", err
	}
	cfg.MeiliURL = running.URL()
	s.keep("Meilisearch", portOf(running.URL()), func() service { return running }, start)
	var err error
	if cfg.MeiliKey, err = search.GrantKey(ctx, running.URL(), running.Key(), ""); err != nil {
		return "", err
	}
	return fmt.Sprintf("Search       Meilisearch %s, started here on port %d", running.Version(), portOf(running.URL())), nil
}

func (s *stack) mail(ctx context.Context, cfg *config.Config) (string, error) {
	if cfg.SMTPURL != "" {
		return "Mail         through SMTP_URL", nil
	}
	running, err := devstack.StartMailbox(ctx, devstack.MailboxConfig{Dir: s.dir, Log: s.log})
	if err != nil {
		return "", fmt.Errorf("start the mailbox: %w", err)
	}
	cfg.SMTPURL = running.URL()
	s.mailbox = http.StripPrefix("/dev/mail", running.Handler())
	s.onStop(running.Stop)
	return "Mail         " + s.whereMailIsRead(cfg.BaseURL), nil
}

// whereMailIsRead is for whoever sits at this machine; base is for everybody.
func (s *stack) whereMailIsRead(base *url.URL) string {
	own := localURL(s.listens)
	switch {
	case !ops.MayReadMailbox(base):
		return "kept in " + filepath.Join(s.dir, "mail") + "; no page shows it, because BASE_URL is https"
	case !loopback(own):
		return "kept in " + filepath.Join(s.dir, "mail") + "; a page shows it when this desk listens on a loopback address, too"
	}
	return "kept here, read it on this machine at " + own.String() + "/dev/mail"
}

func closer(c io.Closer) func(context.Context) error {
	return func(context.Context) error { return c.Close() }
}

func (s *stack) onStop(fn func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = append(s.stop, fn)
}

// keep starts a server again, on the same port, when it ends by itself: the application finds it where it was.
func (s *stack) keep(name string, port int, current func() service, start func(context.Context, int) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-current().Done():
			}
			s.log.Error("a service ended by itself; starting it again", slog.String("service", name), slog.Any("error", current().Err()))
			for start(ctx, port) != nil {
				select {
				case <-ctx.Done():
					return
				case <-time.After(restartAt):
				}
			}
			s.log.Info("a service runs again", slog.String("service", name))
		}
	}()
	s.onStop(func(stopping context.Context) error {
		cancel()
		<-ended
		return current().Stop(stopping)
	})
}

// Stop stops everything that was started, at once, within stopWithin.
func (s *stack) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	var stopping errgroup.Group
	for _, fn := range s.stop {
		stopping.Go(func() error { return fn(ctx) })
	}
	s.stop = nil
	return stopping.Wait()
}

// filesDir is where applicants' files are kept unless FILES_DIR says otherwise.
func (s *stack) filesDir() (string, error) {
	dir := filepath.Join(s.dir, "files")
	return dir, os.MkdirAll(dir, 0o700)
}
