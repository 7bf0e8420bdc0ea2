package devstack

import (
	"os/exec"
	"syscall"
)

// startBound starts the command so that it gets the signal when the calling thread ends; the caller has locked its
// goroutine to that thread. The returned function is called when the command has ended.
func startBound(cmd *exec.Cmd, orphan syscall.Signal) (release func(), err error) {
	cmd.SysProcAttr.Pdeathsig = orphan
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {}, nil
}
