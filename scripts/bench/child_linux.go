package main

import "syscall"

// bound makes a child end when the thread that starts it ends, which the caller keeps for as long.
func bound() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
