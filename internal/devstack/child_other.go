//go:build unix && !linux

package devstack

import (
	"os/exec"
	"syscall"
)

// startBound starts the command so that it gets the signal when this process ends. The returned function is called
// when the command has ended.
func startBound(cmd *exec.Cmd, orphan syscall.Signal) (release func(), err error) {
	return startWatched(cmd, orphan)
}
