package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisKind says what answers as Redis.
type RedisKind string

// What may answer, in the order of preference.
const (
	RedisServer  RedisKind = "redis-server"
	ValkeyServer RedisKind = "valkey-server"
	MiniRedis    RedisKind = "miniredis"
)

// RedisConfig says how to run a Redis server.
type RedisConfig struct {
	Dir      string       // the data folder; the server's own lies in it
	Log      *slog.Logger // nil for none
	Fast     bool         // keeps nothing on disk: for tests only
	InMemory bool         // miniredis in this process even when a server is installed
	Port     int          // 0 for a free one, chosen anew at each start
}

// redisBackend is what stands behind a Redis: a child process or miniredis.
type redisBackend interface {
	stop(ctx context.Context) error
	ended() <-chan struct{}
	failure() error // why it ended by itself; read after ended
}

// Redis is a running server that speaks Redis's protocol on the loopback interface to whoever has the password in its
// URL.
type Redis struct {
	log      *slog.Logger
	dir      string
	kind     RedisKind
	version  string
	password string
	port     int
	lock     *os.File
	backend  redisBackend
	done     chan struct{}
	err      error
}

// StartRedis starts redis-server or valkey-server, 7 or later, if one is installed, else miniredis in this process,
// and returns once it answers. The context bounds the start alone. It fails with an *InUseError when another process
// runs one on the folder.
func StartRedis(ctx context.Context, cfg RedisConfig) (*Redis, error) {
	dir, err := PrepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	r := &Redis{log: loggerOr(cfg.Log), dir: dir, done: make(chan struct{})}
	if r.lock, err = lockFile(filepath.Join(dir, "redis.lock"), lockPatience); err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := r.start(ctx, cfg); err != nil {
		r.lock.Close()
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	r.log.Info("redis started", slog.String("kind", string(r.kind)), slog.String("version", r.version),
		slog.Int("port", r.port), slog.Duration("took", time.Since(begun)))
	go r.watch()
	return r, nil
}

// URL is the address of the server's first database, password included.
func (r *Redis) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", r.password), Host: r.host(), Path: "/0"}
	return u.String()
}

// Kind says which server it is.
func (r *Redis) Kind() RedisKind { return r.kind }

// Version is the server's version; empty for miniredis.
func (r *Redis) Version() string { return r.version }

// Done is closed when the server has ended.
func (r *Redis) Done() <-chan struct{} { return r.done }

// Err tells why the server ended by itself; nil while it runs and after Stop.
func (r *Redis) Err() error {
	select {
	case <-r.done:
		return r.err
	default:
		return nil
	}
}

// Stop ends the server, in under 5 seconds, with everything it was told on disk.
func (r *Redis) Stop(ctx context.Context) error {
	if err := r.backend.stop(ctx); err != nil {
		return fmt.Errorf("stop Redis: %w", err)
	}
	<-r.done
	return nil
}

func (r *Redis) host() string { return net.JoinHostPort(loopback, strconv.Itoa(r.port)) }

func (r *Redis) watch() {
	<-r.backend.ended()
	if r.err = r.backend.failure(); r.err != nil {
		r.log.Error("redis ended", slog.Any("error", r.err))
	}
	r.lock.Close()
	close(r.done)
}

func (r *Redis) start(ctx context.Context, cfg RedisConfig) (err error) {
	if r.password, err = secret(filepath.Join(r.dir, "redis.password")); err != nil {
		return fmt.Errorf("keep its password: %w", err)
	}
	var found redisProgram
	if !cfg.InMemory {
		found = findRedis(ctx, r.log)
	}
	r.kind, r.version = found.kind, found.version
	for attempt := 1; ; attempt++ {
		if r.port = cfg.Port; r.port == 0 {
			if r.port, err = freePort(ctx); err != nil {
				return err
			}
		}
		if found.kind == MiniRedis || found.kind == "" {
			r.kind = MiniRedis
			r.backend, err = startMiniredis(r.host(), r.password)
		} else {
			r.backend, err = r.startServer(ctx, found, cfg.Fast)
		}
		if !errors.Is(err, errPortTaken) || cfg.Port != 0 || attempt >= portAttempts {
			return err
		}
	}
}

// answers says whether the server at our port is the one that knows our password.
func (r *Redis) answers(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{
		Addr: r.host(), Password: r.password, DialTimeout: time.Second, MaxRetries: -1, DisableIdentity: true,
	})
	defer client.Close()
	return client.Ping(ctx).Err()
}
