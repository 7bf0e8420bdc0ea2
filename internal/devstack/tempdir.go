package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	tempPattern = "askwell-test-*"
	// tempOwner is a file in the folder that the process which made it holds locked, so that others can tell whether
	// it still runs.
	tempOwner = "owner.lock"
	// tempGrace is how long a folder stays after it was last changed: its servers may still be leaving.
	tempGrace = time.Minute
)

// TempDir makes a folder for a test's services: its path is short, so that unix sockets fit (107 bytes), and every
// folder above it can be passed by the account PostgreSQL runs under, which t.TempDir does not promise to root. Folders
// that processes left behind when they ended without cleanup are removed on the way.
func TempDir() (dir string, cleanup func(), err error) {
	parent := os.TempDir()
	for _, candidate := range []string{"/tmp", "/var/tmp", parent} {
		if passable(candidate) == nil {
			parent = candidate
			break
		}
	}
	return tempDirIn(parent)
}

// MemoryDir is TempDir in memory, where the system has enough of it: for a server that makes and drops a database for each test. On ext4
// that takes longer than the tests themselves, because it looks for inodes that were not deleted a moment ago, file by file.
func MemoryDir() (dir string, cleanup func(), err error) {
	const memory, enough = "/dev/shm", 4 << 30
	var fs syscall.Statfs_t
	if syscall.Statfs(memory, &fs) != nil || uint64(fs.Bavail)*uint64(fs.Bsize) < enough || passable(memory) != nil { //nolint:gosec,unconvert // types differ by system
		return TempDir()
	}
	return tempDirIn(memory)
}

func tempDirIn(parent string) (dir string, cleanup func(), err error) {
	sweepTemp(parent, time.Now())
	if dir, err = os.MkdirTemp(parent, tempPattern); err != nil {
		return "", nil, fmt.Errorf("make a folder for tests: %w", err)
	}
	owner, err := lockFile(filepath.Join(dir, tempOwner), 0)
	if err == nil && os.Geteuid() == 0 {
		err = os.Chmod(dir, 0o711)
	}
	resolved, resolveErr := filepath.EvalSymlinks(dir)
	cleanup = func() {
		owner.Close()
		os.RemoveAll(dir)
	}
	if err := errors.Join(err, resolveErr); err != nil {
		cleanup()
		return "", nil, fmt.Errorf("open the folder for tests: %w", err)
	}
	return resolved, cleanup, nil
}

// sweepTemp removes the folders whose process has ended. What cannot be removed, another account's for one, stays.
func sweepTemp(parent string, now time.Time) {
	found, _ := filepath.Glob(filepath.Join(escapeGlob(parent), tempPattern))
	for _, dir := range found {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || now.Sub(info.ModTime()) < tempGrace {
			continue
		}
		owner, err := os.Open(filepath.Join(dir, tempOwner))
		if err != nil {
			continue
		}
		if syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		owner.Close()
	}
}
