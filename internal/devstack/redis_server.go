package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// oldestRedis is the first major version of Redis, and of Valkey, that has all we use.
const oldestRedis = 7

// redisProgram is an installed server; its kind is empty when there is none.
type redisProgram struct {
	path    string
	kind    RedisKind
	version string
}

var redisVersion = regexp.MustCompile(`\bv=(\d+)(\.[0-9.]+)?`)

// findRedis returns the first server in the PATH that is new enough.
func findRedis(ctx context.Context, log *slog.Logger) redisProgram {
	for _, kind := range []RedisKind{RedisServer, ValkeyServer} {
		path, err := exec.LookPath(string(kind))
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			log.Warn("redis does not start", slog.String("kind", string(kind)), slog.Any("error", err))
			continue
		}
		m := redisVersion.FindSubmatch(out)
		if m == nil {
			continue
		}
		version := string(m[1]) + string(m[2])
		if major, _ := strconv.Atoi(string(m[1])); major < oldestRedis {
			log.Warn("redis is too old", slog.String("kind", string(kind)), slog.String("version", version))
			continue
		}
		return redisProgram{path: path, kind: kind, version: version}
	}
	return redisProgram{}
}

// redisChild is a server that runs as a child process.
type redisChild struct {
	*child
	output *logFile
}

func (r *Redis) startServer(ctx context.Context, found redisProgram, fast bool) (redisBackend, error) {
	data := filepath.Join(r.dir, "redis")
	who, err := accountFor(data, "redis", "valkey", "postgres", "nobody")
	if err != nil {
		return nil, err
	}
	if err := who.reach(r.dir); err != nil {
		return nil, err
	}
	if err := who.own(data); err != nil {
		return nil, fmt.Errorf("make its folder: %w", err)
	}
	output, err := openLog(r.dir, "redis")
	if err != nil {
		return nil, err
	}
	c, err := startChild(program{
		Path: found.path, Args: []string{"-"}, Stdin: []byte(redisSettings(data, r.port, r.password, fast)),
		Env: serverEnv(), Output: output.File, Account: who,
		Orphan: syscall.SIGKILL, // what it was told is with the kernel by then; a kinder signal it may put off
	})
	if err != nil {
		output.Close()
		return nil, err
	}
	server := &redisChild{child: c, output: output}
	if err := server.await(ctx, output, r.answers); err != nil {
		err = errors.Join(err, server.stop(context.WithoutCancel(ctx)))
		output.Close()
		return nil, err
	}
	return server, nil
}

// redisSettings is the configuration, handed over on standard input: arguments are for everyone on the machine to read.
func redisSettings(data string, port int, password string, fast bool) string {
	lines := []string{
		"bind " + loopback, "port " + strconv.Itoa(port), "protected-mode yes", "requirepass " + password,
		"dir " + strconv.Quote(data), "daemonize no", "supervised no", `logfile ""`, "loglevel notice",
		"always-show-logo no", "maxmemory-policy noeviction", `save ""`,
		"shutdown-on-sigterm now force",
	}
	if fast {
		lines = append(lines, "appendonly no")
	} else {
		lines = append(lines, "appendonly yes", "appendfsync everysec")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *redisChild) stop(ctx context.Context) error {
	return s.child.stop(ctx, step{syscall.SIGTERM, 3 * time.Second}, step{syscall.SIGKILL, time.Second})
}

func (s *redisChild) ended() <-chan struct{} { return s.done }

func (s *redisChild) failure() error {
	defer s.output.Close()
	if s.stopping.Load() {
		return nil
	}
	return fmt.Errorf("Redis ended by itself: %w", withTail(s.err, s.output))
}
