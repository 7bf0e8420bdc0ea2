package testkit

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

var exits struct {
	sync.Mutex
	todo []func() error
}

func atExit(fn func() error) {
	exits.Lock()
	defer exits.Unlock()
	exits.todo = append(exits.todo, fn)
}

// Main runs a package's tests and stops the servers that they started. A package that uses testkit calls it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	runExits()
	os.Exit(code)
}

func runExits() {
	exits.Lock()
	defer exits.Unlock()
	for _, fn := range exits.todo {
		if err := fn(); err != nil {
			fmt.Fprintln(os.Stderr, "testkit:", err)
		}
	}
}
