package devstack_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/devstack"
)

func TestLockIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	other, running := startHelper(t, dir)
	_, err := devstack.LockFolder(dir)
	var inUse *devstack.InUseError
	if !errors.As(err, &inUse) || !errors.Is(err, devstack.ErrInUse) || inUse.PID != other.Process.Pid {
		t.Fatalf("LockFolder while another process has it: %v, want an InUseError with PID %d", err, other.Process.Pid)
	}
	if !strings.Contains(err.Error(), strconv.Itoa(other.Process.Pid)) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the error %q names neither process nor folder", err)
	}
	if running.PID != other.Process.Pid {
		t.Errorf("running.json names process %d, want %d", running.PID, other.Process.Pid)
	}
}

func TestLockIsTakenUpAfterRelease(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "made", "for it")
	for range 2 {
		lock, err := devstack.LockFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := lock.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	notRunning := func(when string) {
		t.Helper()
		if _, err := devstack.ReadRunning(dir); !errors.Is(err, devstack.ErrNotRunning) {
			t.Errorf("%s: %v, want ErrNotRunning", when, err)
		}
	}
	notRunning("in an empty folder")
	lock, err := devstack.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	notRunning("while starting")
	want := devstack.Running{
		PID: os.Getpid(), Web: "http://localhost:8080", DatabaseURL: "postgres://a:b@127.0.0.1:1/askwell",
		RedisURL: "redis://:c@127.0.0.1:2/0", MeiliURL: "http://127.0.0.1:3", MeiliKey: "d", SMTPURL: "smtp://127.0.0.1:4",
	}
	if err := devstack.WriteRunning(dir, want); err != nil {
		t.Fatal(err)
	}
	got, err := devstack.ReadRunning(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what runs (-want +got):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(dir, "running.json"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("running.json has mode %s, want -rw-------: it holds passwords", info.Mode())
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	notRunning("after the release")
}
