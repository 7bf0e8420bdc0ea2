package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// program is a server to run as a child that does not outlive this process.
type program struct {
	Path    string
	Args    []string
	Env     []string
	Stdin   []byte
	Output  *os.File       // both of its outputs; a file, so that waiting for the child waits for no grandchild
	Account *account       // who it runs as; nil for ourselves
	Orphan  syscall.Signal // what it gets when this process dies, SIGKILL included
}

// child is a running program.
type child struct {
	pid      int
	process  *os.Process
	stopping atomic.Bool
	done     chan struct{}
	err      error // how it ended; read after done
}

// startChild runs the program in a process group of its own, so that Ctrl-C in a terminal reaches this process alone,
// which then stops its children in order.
func startChild(p program) (*child, error) {
	// Bound to no context: it outlives the start, and stop ends it.
	cmd := exec.CommandContext(context.Background(), p.Path, p.Args...)
	cmd.Dir = "/" // our own folder may be closed to the child's account
	cmd.Env = p.Env
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	if p.Stdin != nil {
		cmd.Stdin = bytes.NewReader(p.Stdin)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.Account.credential()}
	c := &child{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the thread that forked ends, not the process: keep the thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		release, err := startBound(cmd, p.Orphan)
		if err != nil {
			started <- err
			return
		}
		c.process, c.pid = cmd.Process, cmd.Process.Pid
		started <- nil
		c.err = cmd.Wait()
		release()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(p.Path), err)
	}
	return c, nil
}

// run runs the program to its end.
func (p program) run(ctx context.Context) error {
	c, err := startChild(p)
	if err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		_ = c.process.Kill() // fails only when it has ended already
		<-c.done
		return context.Cause(ctx)
	}
}

// step is a signal of a shutdown and how long to wait for its effect.
type step struct {
	signal syscall.Signal
	wait   time.Duration
}

// stop sends one signal after the other until the child has ended. When ctx ends, the wait for the first, kindest one
// is cut short; the others keep theirs, so that stop returns with nothing left behind.
func (c *child) stop(ctx context.Context, steps ...step) error {
	c.stopping.Store(true)
	for i, s := range steps {
		if err := c.process.Signal(s.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		expired := ctx.Done()
		if i > 0 {
			expired = nil
		}
		timer := time.NewTimer(s.wait)
		select {
		case <-c.done:
			timer.Stop()
			return nil
		case <-expired:
			timer.Stop()
		case <-timer.C:
		}
	}
	return fmt.Errorf("process %d does not end", c.pid)
}

// await returns once the server answers, which it does only when what it kept is loaded, or has ended.
func (c *child) await(ctx context.Context, output *logFile, answers func(context.Context) error) error {
	for {
		err := answers(ctx)
		if err == nil && !c.ended() {
			return nil
		}
		select {
		case <-c.done:
			if strings.Contains(strings.ToLower(output.tail()), "address already in use") {
				return errPortTaken
			}
			return withTail(c.err, output)
		case <-ctx.Done():
			return withTail(fmt.Errorf("%w: %w", context.Cause(ctx), err), output)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ended says whether the child has ended.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
