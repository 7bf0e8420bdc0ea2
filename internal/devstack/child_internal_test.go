package devstack

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestWatchdog runs on every system what ends orphans on those without a parent-death signal.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	// The shell stands for our process: it holds the leash until it is killed, as startWatched's caller does.
	parent := exec.Command("sleep", "600")
	leash, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	parent.ExtraFiles = []*os.File{hold}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	orphan := exec.Command("sleep", "600")
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	dog := exec.Command("/bin/sh", "-c", watchdogScript, "watchdog", strconv.Itoa(int(syscall.SIGQUIT)))
	dog.Stdin = leash
	if err := dog.Start(); err != nil {
		t.Fatal(err)
	}
	leash.Close()
	if _, err := io.WriteString(hold, strconv.Itoa(orphan.Process.Pid)+"\n"); err != nil {
		t.Fatal(err)
	}
	hold.Close()
	if syscall.Kill(orphan.Process.Pid, 0) != nil || syscall.Kill(dog.Process.Pid, 0) != nil {
		t.Fatal("the watchdog did not wait")
	}

	parent.Process.Kill()
	parent.Wait()
	var exit *exec.ExitError
	if err := orphan.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGQUIT {
		t.Errorf("the orphan ended with %v, want SIGQUIT", err)
	}
	if err := dog.Wait(); err != nil {
		t.Errorf("the watchdog ended with %v", err)
	}
}

func TestWatchedProgramEndsByItself(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("true")
	release, err := startWatched(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	release()
	if _, err := startWatched(exec.Command("/nonexistent/program"), syscall.SIGKILL); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestStopInsists(t *testing.T) {
	t.Parallel()
	said, output, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	defer output.Close()
	c, err := startChild(program{
		Path: "/bin/sh", Args: []string{"-c", "trap '' INT QUIT; echo ready; while :; do sleep 1; done"},
		Env: serverEnv(), Output: output, Orphan: syscall.SIGKILL,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := said.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil {
		t.Fatalf("the program did not start: it said %q: %v", line, err)
	}
	short := 50 * time.Millisecond
	if err := c.stop(t.Context(), step{syscall.SIGINT, short}, step{syscall.SIGQUIT, short}); err == nil {
		t.Fatal("stop says that a program has ended that ignores both signals")
	}
	if err := c.stop(t.Context(), step{syscall.SIGINT, short}, step{syscall.SIGKILL, 10 * time.Second}); err != nil {
		t.Errorf("stop: %v", err)
	}
	if !c.ended() {
		t.Error("the program is still there after stop")
	}
}
