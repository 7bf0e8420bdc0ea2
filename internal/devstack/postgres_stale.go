package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errStillLeaving says that processes of an earlier server on the same folder have not ended yet.
var errStillLeaving = errors.New("an earlier server is still leaving")

// An earlier server that is leaving, as it does within moments of its parent's death, gets leavePatience to be gone,
// and after each signal signalPatience: a server kills its own processes 5 seconds after it asked them to stop.
const (
	leavePatience  = 2 * time.Second
	signalPatience = 6 * time.Second
)

// postmaster is what a server writes into postmaster.pid, a line each: its process, folder, start, port, socket
// folder, address, shared memory, status.
type postmaster struct {
	pid    int
	status string
}

func readPostmaster(data string) (postmaster, bool) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return postmaster{}, false
	}
	m := postmaster{pid: pid}
	if len(lines) > 7 {
		m.status = strings.TrimSpace(lines[7])
	}
	return m, true
}

// postmasterReady says whether the server with that process number takes connections. Asking the port would not do:
// another server may answer there.
func postmasterReady(data string, pid int) bool {
	m, ok := readPostmaster(data)
	return ok && m.pid == pid && m.status == "ready"
}

// startFailure tells why the server ended while starting.
func startFailure(err error, output *logFile) error {
	text := output.tail()
	switch {
	case strings.Contains(text, "Address already in use"):
		return errPortTaken
	case strings.Contains(text, "pre-existing shared memory block"),
		strings.Contains(text, `lock file "postmaster.pid" already exists`):
		return fmt.Errorf("%w: %w", errStillLeaving, withTail(err, output))
	}
	return withTail(err, output)
}

// clearStale deals with what a server that was killed left behind. The caller holds the folder's lock, so whatever
// still serves it has lost its parent: it is given time to leave and then made to. A number that meanwhile belongs to
// another program would keep PostgreSQL from starting: that file is removed.
func clearStale(ctx context.Context, data string, log *slog.Logger) error {
	m, ok := readPostmaster(data)
	if !ok {
		return nil
	}
	for _, sig := range []syscall.Signal{0, syscall.SIGQUIT, syscall.SIGKILL} {
		if !serves(ctx, m.pid, data) {
			break
		}
		patience := leavePatience
		if sig != 0 {
			patience = signalPatience
			log.Warn("ending an earlier server", slog.Int("pid", m.pid), slog.String("signal", sig.String()))
			if err := syscall.Kill(m.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("%w: signal process %d: %w", errStillLeaving, m.pid, err)
			}
		}
		if err := awaitLeave(ctx, m.pid, data, patience); err != nil {
			return err
		}
	}
	if serves(ctx, m.pid, data) {
		return fmt.Errorf("%w: process %d does not end", errStillLeaving, m.pid)
	}
	// The file may have gone with the server, or be a new one's; only a number in use stands in the way.
	if now, ok := readPostmaster(data); ok && now == m && syscall.Kill(m.pid, 0) != syscall.ESRCH {
		log.Info("removing a stale postmaster.pid", slog.Int("pid", m.pid))
		return os.Remove(filepath.Join(data, "postmaster.pid"))
	}
	return nil
}

// awaitLeave waits, within its patience, until the process no longer serves the folder.
func awaitLeave(ctx context.Context, pid int, data string, patience time.Duration) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && serves(ctx, pid, data); {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", errStillLeaving, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// serves says whether the process is a PostgreSQL server that was started on the folder.
func serves(ctx context.Context, pid int, data string) bool {
	if pid <= 1 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	if line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil {
		return slices.Contains(strings.Split(string(line), "\x00"), data)
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		return false
	}
	line, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && bytes.Contains(line, []byte("-D "+data+" "))
}
