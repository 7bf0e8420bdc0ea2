package devstack_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/devstack"
)

// patience is how long a test waits for what should take a moment.
const patience = 30 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// folder is a data folder that servers can reach, gone after the test.
func folder(t *testing.T) string {
	t.Helper()
	dir, cleanup, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	return dir
}

// await fails the test when the condition does not come true in time.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}

// process is a line of ps.
type process struct {
	pid, parent int
	args        string
}

// processes lists all that live.
func processes(t *testing.T) []process {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args=").Output()
	if err != nil {
		t.Fatalf("list processes: %v", err)
	}
	var all []process
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.HasPrefix(f[2], "Z") {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		parent, err2 := strconv.Atoi(f[1])
		if err := errors.Join(err1, err2); err != nil {
			t.Fatalf("list processes: %v", err)
		}
		all = append(all, process{pid, parent, strings.Join(f[3:], " ")})
	}
	return all
}

// descendants lists the children of a process, their children and so on.
func descendants(t *testing.T, pid int) []process {
	t.Helper()
	all := processes(t)
	family := map[int]bool{pid: true}
	var found []process
	for more := true; more; {
		more = false
		for _, p := range all {
			if family[p.parent] && !family[p.pid] {
				family[p.pid], more = true, true
				found = append(found, p)
			}
		}
	}
	return found
}

// childrenNaming lists our children whose command line has the text in it.
func childrenNaming(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	for _, p := range descendants(t, os.Getpid()) {
		if strings.Contains(p.args, text) {
			found = append(found, p.args)
		}
	}
	return found
}

// The helper process: the test binary started again to run services until it is killed.

const helperEnv = "ASKWELL_DEVSTACK_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		runHelper(dir)
		return
	}
	if os.Getenv(standInEnv) != "" {
		runStandIn()
	}
	os.Exit(m.Run())
}

func runHelper(dir string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lock, err := devstack.LockFolder(dir)
	if err != nil {
		helperFails(err)
	}
	pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: dir, Fast: true})
	if err != nil {
		helperFails(err)
	}
	redis, err := devstack.StartRedis(ctx, devstack.RedisConfig{Dir: dir})
	if err != nil {
		helperFails(err)
	}
	err = devstack.WriteRunning(lock.Dir(), devstack.Running{DatabaseURL: pg.URL(), RedisURL: redis.URL()})
	if err != nil {
		helperFails(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test that holds the other end is gone
}

func helperFails(err error) {
	os.Stderr.WriteString(err.Error() + "\n")
	os.Exit(1)
}

// startHelper runs the services in another process and returns it with their addresses.
func startHelper(t *testing.T, dir string) (*exec.Cmd, devstack.Running) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	output, err := os.Create(filepath.Join(dir, "helper.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd.Stderr = output
	if _, err := cmd.StdinPipe(); err != nil { // open until the helper has ended
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	var running devstack.Running
	await(t, "the helper's services", func() bool {
		select {
		case <-ended:
			text, _ := os.ReadFile(output.Name())
			t.Fatalf("the helper ended: %s", text)
		default:
		}
		running, err = devstack.ReadRunning(dir)
		return err == nil
	})
	return cmd, running
}

// serverPID reads which process PostgreSQL said it is.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(onlyMatch(t, filepath.Join(dir, "postgres-*", "postmaster.pid")))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func onlyMatch(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(pattern)
	if len(found) != 1 {
		t.Fatalf("%s: found %v, want one", pattern, found)
	}
	return found[0]
}

// startSleeper runs a program that has nothing to do with PostgreSQL under the account that owns the folder.
func startSleeper(t *testing.T, dir string) int {
	t.Helper()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "600")
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	cmd.Dir = "/"
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd.Process.Pid
}
