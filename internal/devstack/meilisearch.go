package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// oldestMeilisearch is the first minor version of Meilisearch 1 that is started here.
const oldestMeilisearch = 48

// meilisearchPlaces is where Homebrew puts Meilisearch without adding it to the PATH.
var meilisearchPlaces = []string{
	"/opt/homebrew/opt/meilisearch/bin/meilisearch",
	"/usr/local/opt/meilisearch/bin/meilisearch",
	"/home/linuxbrew/.linuxbrew/opt/meilisearch/bin/meilisearch",
}

// MeilisearchProgram is an installed Meilisearch.
type MeilisearchProgram struct{ Path, Version string }

var meilisearchVersion = regexp.MustCompile(`^meilisearch (1\.(\d+)\.\d+\S*)`)

// FindMeilisearch returns the program that MEILISEARCH_BIN names, else the first of 1.48 or later in the PATH and where Homebrew puts it; false when
// there is none. One that is too old is named in the log and passed over. Errors: what MEILISEARCH_BIN names cannot be used.
func FindMeilisearch(ctx context.Context, log *slog.Logger) (MeilisearchProgram, bool, error) {
	log = loggerOr(log)
	if named := os.Getenv("MEILISEARCH_BIN"); named != "" {
		p, err := meilisearchAt(ctx, named)
		if err != nil {
			return p, false, fmt.Errorf("MEILISEARCH_BIN: %w", err)
		}
		return p, true, nil
	}
	places := meilisearchPlaces
	if path, err := exec.LookPath("meilisearch"); err == nil {
		places = append([]string{path}, places...)
	}
	for _, place := range places {
		if !executable(place) {
			continue
		}
		p, err := meilisearchAt(ctx, place)
		if err == nil {
			return p, true, nil
		}
		log.Warn("meilisearch passed over", slog.String("path", place), slog.Any("error", err))
	}
	return MeilisearchProgram{}, false, nil
}

func meilisearchAt(ctx context.Context, path string) (MeilisearchProgram, error) {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return MeilisearchProgram{}, fmt.Errorf("%s does not run: %w", path, err)
	}
	m := meilisearchVersion.FindStringSubmatch(string(out))
	if m == nil {
		return MeilisearchProgram{}, fmt.Errorf("%s is no Meilisearch 1: it calls itself %q", path, strings.TrimSpace(string(out)))
	}
	if minor, _ := strconv.Atoi(m[2]); minor < oldestMeilisearch {
		return MeilisearchProgram{}, fmt.Errorf("%s is Meilisearch %s: 1.%d or later is needed", path, m[1], oldestMeilisearch)
	}
	return MeilisearchProgram{Path: path, Version: m[1]}, nil
}

// MeilisearchConfig says how to run a Meilisearch.
type MeilisearchConfig struct {
	Program MeilisearchProgram
	Dir     string       // the data folder; the server's own lies in it, one for each version: none opens another's
	Log     *slog.Logger // nil for none
	Key     string       // the master key, 16 bytes or more; "" for one of its own that is kept in the folder
	Port    int          // 0 for a free one, chosen anew at each start
}

// Meilisearch is a running server, reachable on the loopback interface by whoever has a key.
type Meilisearch struct {
	cfg    MeilisearchConfig
	port   int
	lock   *os.File
	child  *child
	output *logFile
	done   chan struct{}
	err    error
}

// StartMeilisearch returns once the server answers. The context bounds the start alone. It fails with an *InUseError when another process runs one
// on the folder.
func StartMeilisearch(ctx context.Context, cfg MeilisearchConfig) (*Meilisearch, error) {
	dir, err := PrepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir, cfg.Log = dir, loggerOr(cfg.Log)
	m := &Meilisearch{cfg: cfg, done: make(chan struct{})}
	if m.lock, err = lockFile(filepath.Join(dir, "meilisearch.lock"), lockPatience); err != nil {
		return nil, err
	}
	begun := time.Now()
	if cfg.Key == "" {
		m.cfg.Key, err = secret(filepath.Join(dir, "meilisearch.key"))
	}
	if err == nil {
		err = m.start(ctx)
	}
	if err != nil {
		m.lock.Close()
		return nil, fmt.Errorf("start Meilisearch: %w", err)
	}
	cfg.Log.Info("meilisearch started", slog.String("version", cfg.Program.Version), slog.Int("port", m.port), slog.Duration("took", time.Since(begun)))
	go m.watch()
	return m, nil
}

// URL is the server's address.
func (m *Meilisearch) URL() string { return "http://" + m.host() }

// Key is the master key.
func (m *Meilisearch) Key() string { return m.cfg.Key }

// Version is the server's version.
func (m *Meilisearch) Version() string { return m.cfg.Program.Version }

// Done is closed when the server has ended.
func (m *Meilisearch) Done() <-chan struct{} { return m.done }

// Err tells why the server ended by itself; nil while it runs and after Stop.
func (m *Meilisearch) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// Stop ends the server, in under 5 seconds.
func (m *Meilisearch) Stop(ctx context.Context) error {
	if err := m.child.stop(ctx, step{syscall.SIGTERM, 3 * time.Second}, step{syscall.SIGKILL, time.Second}); err != nil {
		return fmt.Errorf("stop Meilisearch: %w", err)
	}
	<-m.done
	return nil
}

// Close is Stop without a bound of its own.
func (m *Meilisearch) Close() error { return m.Stop(context.Background()) }

func (m *Meilisearch) host() string { return net.JoinHostPort(loopback, strconv.Itoa(m.port)) }

func (m *Meilisearch) watch() {
	<-m.child.done
	if !m.child.stopping.Load() {
		m.err = fmt.Errorf("Meilisearch ended by itself: %w", withTail(m.child.err, m.output))
		m.cfg.Log.Error("meilisearch ended", slog.Any("error", m.err))
	}
	m.output.Close()
	m.lock.Close()
	close(m.done)
}

func (m *Meilisearch) start(ctx context.Context) (err error) {
	for attempt := 1; ; attempt++ {
		if m.port = m.cfg.Port; m.port == 0 {
			if m.port, err = freePort(ctx); err != nil {
				return err
			}
		}
		if err = m.startServer(ctx); !errors.Is(err, errPortTaken) || m.cfg.Port != 0 || attempt >= portAttempts {
			return err
		}
	}
}

func (m *Meilisearch) startServer(ctx context.Context) error {
	data := filepath.Join(m.cfg.Dir, "meilisearch-"+m.cfg.Program.Version)
	who, err := accountFor(data, "meilisearch", "postgres", "nobody")
	if err != nil {
		return err
	}
	if err := who.reach(m.cfg.Dir); err != nil {
		return err
	}
	if err := who.own(data); err != nil {
		return fmt.Errorf("make its folder: %w", err)
	}
	if m.output, err = openLog(m.cfg.Dir, "meilisearch"); err != nil {
		return err
	}
	m.child, err = startChild(program{
		Path: m.cfg.Program.Path, Env: append(serverEnv(), m.settings(data)...), Output: m.output.File, Account: who, Orphan: syscall.SIGKILL,
	})
	if err != nil {
		m.output.Close()
		return err
	}
	if err := m.child.await(ctx, m.output, m.answers); err != nil {
		err = errors.Join(err, m.child.stop(context.WithoutCancel(ctx), step{syscall.SIGTERM, time.Second}, step{syscall.SIGKILL, time.Second}))
		m.output.Close()
		return err
	}
	return nil
}

// settings go into the environment: arguments are for everyone on the machine to read.
func (m *Meilisearch) settings(data string) []string {
	return []string{
		"MEILI_ENV=production", "MEILI_NO_ANALYTICS=true", "MEILI_MASTER_KEY=" + m.cfg.Key, "MEILI_HTTP_ADDR=" + m.host(), "MEILI_LOG_LEVEL=WARN",
		"MEILI_DB_PATH=" + filepath.Join(data, "data.ms"), "MEILI_DUMP_DIR=" + filepath.Join(data, "dumps"), "MEILI_SNAPSHOT_DIR=" + filepath.Join(data, "snapshots"),
	}
}

// answers says whether the server at our port is the one that knows our master key.
func (m *Meilisearch) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL()+"/version", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+m.cfg.Key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
