package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockName is the file in the data folder that a running `askwell up` holds locked. The kernel lets go of it when the
// process ends, however it ends, so that a lock is never stale.
const lockName = "lock"

// lockPatience is how long Lock tries: ReadRunning holds the lock for an instant when it looks whether it is free.
const lockPatience = 300 * time.Millisecond

// ErrInUse is what errors.Is finds in the error of Lock when another process holds the folder; errors.As with an
// *InUseError tells which one.
var ErrInUse = errors.New("the folder is in use")

// InUseError names the process that holds a folder. PID is 0 when that process has not written it yet.
type InUseError struct {
	Dir string
	PID int
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the folder %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("the folder %s is in use by process %d", e.Dir, e.PID)
}

// Is makes errors.Is(err, ErrInUse) true.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// Lock is held by the one process that may run services on a data folder.
type Lock struct {
	dir  string
	file *os.File
}

// LockFolder makes the data folder, if need be, and takes it for this process. It fails with an *InUseError when
// another process has it.
func LockFolder(dir string) (*Lock, error) {
	dir, err := PrepareFolder(dir)
	if err != nil {
		return nil, err
	}
	f, err := lockFile(filepath.Join(dir, lockName), lockPatience)
	if err != nil {
		return nil, err
	}
	return &Lock{dir: dir, file: f}, nil
}

// Dir is the data folder: absolute, without symbolic links.
func (l *Lock) Dir() string { return l.dir }

// Release gives the folder back and removes what said that something runs on it.
func (l *Lock) Release() error {
	err := os.Remove(filepath.Join(l.dir, runningName))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}

// lockFile locks the file at path and writes this process's number into it. Closing the file unlocks it.
func lockFile(path string, patience time.Duration) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if time.Now().After(deadline) {
			f.Close()
			return nil, &InUseError{Dir: filepath.Dir(path), PID: lockOwner(path)}
		}
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write the lock: %w", err)
	}
	return f, nil
}

// lockOwner reads which process wrote the lock at path; 0 when it cannot be told.
func lockOwner(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// locked says whether a process holds the lock at path. A lock that was never taken is free.
func locked(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
