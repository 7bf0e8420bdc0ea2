//go:build !linux

package main

import "syscall"

// bound puts a child into a group of its own, so that Ctrl-C reaches it through us alone.
func bound() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
