package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// runningName is the file beside the lock that tells other commands where to find the services.
const runningName = "running.json"

// ErrNotRunning is what ReadRunning returns when no `askwell up` runs on the folder.
var ErrNotRunning = errors.New("nothing runs on this folder")

// Running is where the services of a running `askwell up` are. The addresses hold passwords.
type Running struct {
	PID         int    `json:"pid"`
	Web         string `json:"web"`
	DatabaseURL string `json:"database_url"`
	RedisURL    string `json:"redis_url"`
	MeiliURL    string `json:"meili_url"`
	MeiliKey    string `json:"meili_key"`
	SMTPURL     string `json:"smtp_url"`
}

// WriteRunning tells the other commands what this process runs on the data folder, whose Lock it holds; PID is filled
// in. Only the account that wrote it, and root, can read it.
func WriteRunning(dir string, r Running) error {
	r.PID = os.Getpid()
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write what runs: %w", err)
	}
	if err := writeFile(filepath.Join(dir, runningName), append(data, '\n')); err != nil {
		return fmt.Errorf("write what runs: %w", err)
	}
	return nil
}

// ReadRunning finds the `askwell up` that runs on the data folder. It returns ErrNotRunning when none does, or when it
// is still starting.
func ReadRunning(dir string) (Running, error) {
	held, err := locked(filepath.Join(dir, lockName))
	if err != nil {
		return Running{}, fmt.Errorf("see whether %s is in use: %w", dir, err)
	}
	if !held {
		return Running{}, fmt.Errorf("%s: %w", dir, ErrNotRunning)
	}
	data, err := os.ReadFile(filepath.Join(dir, runningName))
	if errors.Is(err, os.ErrNotExist) {
		return Running{}, fmt.Errorf("%s: still starting: %w", dir, ErrNotRunning)
	}
	if err != nil {
		return Running{}, fmt.Errorf("read what runs: %w", err)
	}
	var r Running
	if err := json.Unmarshal(data, &r); err != nil {
		return Running{}, fmt.Errorf("read what runs: %w", err)
	}
	// The file of an `up` that was killed outlives it until the next one writes its own.
	if owner := lockOwner(filepath.Join(dir, lockName)); r.PID != owner {
		return Running{}, fmt.Errorf("%s: still starting: %w", dir, ErrNotRunning)
	}
	return r, nil
}
