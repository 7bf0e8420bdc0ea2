//go:build unix

package devstack

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// watchdogScript waits until the other end of its input is closed, which the kernel does when the process that holds
// it dies, and then signals the process named on the first line. $1 is the signal's number.
const watchdogScript = `IFS= read -r pid || exit 0; IFS= read -r _; kill -"$1" "$pid" 2>/dev/null`

// startWatched starts the command beside a shell that signals it when this process dies: what a system without a
// parent-death signal offers. The shell is there first, so that no moment is left unguarded but the one between the
// start and the line that names the process.
func startWatched(cmd *exec.Cmd, orphan syscall.Signal) (release func(), err error) {
	dog := exec.CommandContext(context.Background(), "/bin/sh", "-c", watchdogScript, "askwell-watchdog", strconv.Itoa(int(orphan)))
	dog.Dir = "/"
	dog.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash, err := dog.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := dog.Start(); err != nil {
		leash.Close()
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	release = func() {
		// Killed before its input is closed: the number may belong to another process by now.
		_ = dog.Process.Kill()
		_ = dog.Wait() // says that it was killed
		leash.Close()
	}
	if err := cmd.Start(); err != nil {
		release()
		return nil, err
	}
	if _, err := io.WriteString(leash, strconv.Itoa(cmd.Process.Pid)+"\n"); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
		release()
		return nil, fmt.Errorf("hand the process to the watchdog: %w", err)
	}
	return release, nil
}
