package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// DefaultFolder returns where `askwell up` keeps its data when it was not told: /var/lib/askwell for root, because
// PostgreSQL runs under another account that cannot reach into /root, else the place the platform keeps such things.
func DefaultFolder() (string, error) {
	return defaultFolder(runtime.GOOS, os.Geteuid(), os.Getenv)
}

func defaultFolder(system string, uid int, getenv func(string) string) (string, error) {
	if uid == 0 {
		return "/var/lib/askwell", nil
	}
	home := getenv("HOME")
	if system == "darwin" && home != "" {
		return filepath.Join(home, "Library", "Application Support", "askwell"), nil
	}
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "askwell"), nil
	}
	if home == "" {
		return "", errors.New("HOME is not set: name a data folder with --data DIR")
	}
	return filepath.Join(home, ".local", "share", "askwell"), nil
}

// PrepareFolder makes the data folder, if it is not there, and returns its absolute path without symbolic links. For
// root other accounts may pass through it, not list it, so that PostgreSQL reaches its own folder; what lies in it is
// closed file by file.
func PrepareFolder(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no data folder was named")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	_, err = os.Stat(dir)
	made := errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	if made {
		// The umask may have taken bits away. A folder that was there keeps what its owner chose.
		if err := os.Chmod(dir, mode); err != nil {
			return "", fmt.Errorf("open the data folder to its services: %w", err)
		}
	}
	return filepath.EvalSymlinks(dir)
}

// passable says whether every account may pass through dir and the folders above it; if not, the error names the
// first that is closed.
func passable(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("the folder %s is closed to other accounts", dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
