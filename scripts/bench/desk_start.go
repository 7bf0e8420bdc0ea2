package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	startWithin = 2 * time.Minute
	stopWithin  = 15 * time.Second
)

// desk is a running `askwell up` on a folder of its own.
type desk struct {
	binary, dir string
	running     devstack.Running
	address     string // of its web server, host:port
	db          *pgxpool.Pool
	process     *os.Process
	done        chan struct{}
	err         error // how it ended; read after done
}

// startDesk starts an empty desk and waits for its ready line. Its log goes to a file beside its data.
func (b *bench) startDesk(ctx context.Context, name string) (*desk, error) {
	return b.startDeskIn(ctx, filepath.Join(b.dir, name))
}

// startDeskIn starts the desk in a folder, which may have been one before, with more settings.
func (b *bench) startDeskIn(ctx context.Context, dir string, settings ...string) (*desk, error) {
	d := &desk{binary: b.binary, dir: dir, done: make(chan struct{})}
	log, err := os.Create(dir + ".log")
	if err != nil {
		return nil, err
	}
	// It outlives the start and ends by stop, which lets it finish.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), b.binary, "up", "--no-demo", "--data", d.dir, "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Stderr, cmd.SysProcAttr = append(deskEnv(), settings...), log, bound()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the child is bound to this thread
		defer runtime.UnlockOSThread()
		defer log.Close()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		d.process = cmd.Process
		started <- nil
		watchReady(out, ready)
		d.err = cmd.Wait()
		close(d.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", b.binary, err)
	}
	select {
	case <-ready:
		err = d.connect(ctx)
	case <-d.done:
		return nil, fmt.Errorf("the desk ended before it was ready: %w\n%s", d.err, tail(log.Name()))
	case <-time.After(startWithin):
		err = fmt.Errorf("the desk was not ready within %s\n%s", startWithin, tail(log.Name()))
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

// deskEnv is all that the desk gets of our environment: nothing that would name somebody's real database.
func deskEnv() []string {
	env := []string{"FORM_RATE=off", "FORM_MIN_FILL=0s"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "USER"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// watchReady closes ready at the line that says so, and reads on until the desk ends.
func watchReady(out io.Reader, ready chan<- struct{}) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") && ready != nil {
			close(ready)
			ready = nil
		}
	}
}

func (d *desk) connect(ctx context.Context) (err error) {
	if d.running, err = devstack.ReadRunning(d.dir); err != nil {
		return err
	}
	web, err := url.Parse(d.running.Web)
	if err != nil {
		return err
	}
	d.address = "127.0.0.1:" + web.Port()
	d.db, err = postgres.Open(ctx, d.running.DatabaseURL, 4)
	return err
}

func (d *desk) stop() error {
	if d.db != nil {
		d.db.Close()
	}
	_ = d.process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-d.done:
	case <-time.After(stopWithin):
		_ = d.process.Kill()
		<-d.done
		return fmt.Errorf("the desk did not stop within %s", stopWithin)
	}
	if d.err != nil {
		return fmt.Errorf("the desk ended: %w", d.err)
	}
	return nil
}

// askwell runs another command on the desk.
func (d *desk) askwell(ctx context.Context, stdin string, args ...string) error {
	cmd := exec.CommandContext(ctx, d.binary, append(args, "--data", d.dir)...)
	cmd.Env, cmd.SysProcAttr = deskEnv(), &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("askwell %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// backlog is how much the workers have left to do.
func (d *desk) backlog(ctx context.Context) (left int, err error) {
	err = d.db.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task WHERE given_up_at IS NULL)`).Scan(&left)
	return left, err
}

// drain waits until the workers have nothing left to do. What was given up is a fault of the run.
func (d *desk) drain(ctx context.Context, within time.Duration) error {
	deadline := time.Now().Add(within)
	for {
		left, err := d.backlog(ctx)
		if err != nil {
			return err
		}
		if left == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the workers have %d tasks left after %s", left, within)
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	var givenUp int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM outbox_task`).Scan(&givenUp); err != nil {
		return err
	}
	if givenUp > 0 {
		return fmt.Errorf("the workers gave up %d tasks", givenUp)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// tail gives the end of a log.
func tail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if len(data) > 2000 {
		data = data[len(data)-2000:]
	}
	return string(data)
}
