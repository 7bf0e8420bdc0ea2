// Package devstack starts the services that `askwell up` and the tests were given no address for.
package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// loopback is the only address anything started here listens on.
const loopback = "127.0.0.1"

// portAttempts bounds how often a server is started again because another program took the port between its choice
// and the server's bind.
const portAttempts = 5

// errPortTaken says that a server found its port in use.
var errPortTaken = errors.New("the port is taken")

func loggerOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// freePort returns a loopback port that was free a moment ago. Whoever uses it must be ready to find it taken.
func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, fmt.Errorf("choose a port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// secret returns the password kept in the file at path, made at the first call. Only its owner can read the file.
func secret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if s := strings.TrimSpace(string(text)); s != "" {
			return s, nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	s := rand.Text()
	return s, writeFile(path, []byte(s+"\n"))
}

// writeFile replaces the file at path as one step, readable by its owner alone.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
