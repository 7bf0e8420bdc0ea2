package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// dataFlag adds --data, by which every command finds a running `up`.
func dataFlag(fs *flag.FlagSet) *string {
	return fs.String("data", "", "the data `folder` of a running askwell up (the usual one when empty)")
}

// target reads the settings for a command that works on a desk: the addresses in the environment, else those of a running
// `up` on the data folder. Both together would be a guess, so --data wins.
func target(t terminal, dataDir string) (config.Config, error) {
	getenv := t.getenv
	if dataDir != "" || getenv("DATABASE_URL") == "" && getenv("DATABASE_URL_FILE") == "" {
		running, err := findUp(dataDir)
		if err != nil {
			return config.Config{}, err
		}
		getenv = running.over(getenv)
	}
	return config.Load(getenv, config.NeedNothing)
}

// openTarget is target with up to most connections to its database.
func openTarget(ctx context.Context, t terminal, dataDir string, most int32) (config.Config, *pgxpool.Pool, error) {
	cfg, err := target(t, dataDir)
	if err != nil {
		return config.Config{}, nil, err
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, most)
	return cfg, db, err
}

// inWords leaves nothing but the words of an error that whoever typed the command can mend.
func inWords(err error) error {
	if failure.Is(err, failure.KindConflict) || failure.Is(err, failure.KindInvalid) {
		return errors.New(failure.Text(err, err.Error()))
	}
	return err
}

type runningUp struct {
	devstack.Running
	dir string
}

func findUp(dataDir string) (runningUp, error) {
	dir := dataDir
	if dir == "" {
		var err error
		if dir, err = devstack.DefaultFolder(); err != nil {
			return runningUp{}, err
		}
	}
	running, err := devstack.ReadRunning(dir)
	if errors.Is(err, devstack.ErrNotRunning) {
		return runningUp{}, fmt.Errorf("no desk is running on %s: start one with `askwell up`, name its folder with --data, or set DATABASE_URL and the other addresses", dir)
	}
	return runningUp{running, dir}, err
}

// over lays the addresses of a running desk over the environment.
func (r runningUp) over(getenv func(string) string) func(string) string {
	addresses := map[string]string{
		"DATABASE_URL": r.DatabaseURL, "REDIS_URL": r.RedisURL, "MEILI_URL": r.MeiliURL, "MEILI_KEY": r.MeiliKey,
		"SMTP_URL": r.SMTPURL, "BASE_URL": r.Web, "FILES_DIR": filepath.Join(r.dir, "files"),
	}
	if getenv("SECRET_KEY") == "" && getenv("SECRET_KEY_FILE") == "" {
		if key, err := os.ReadFile(filepath.Join(r.dir, "secret.key")); err == nil { // up's own; without it commands say that there is none
			addresses["SECRET_KEY"] = strings.TrimSpace(string(key))
		}
	}
	return func(name string) string {
		if address := addresses[name]; address != "" {
			return address
		}
		return getenv(name)
	}
}

// portOf gives the port of a service's address, 0 when it names none.
func portOf(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0
	}
	return port
}

// logger writes text for people and JSON for machines.
func (t terminal) logger(cfg config.Config, json bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogJSON || json && t.getenv("LOG_FORMAT") != "text" {
		return slog.New(slog.NewJSONHandler(t.err, options))
	}
	return slog.New(slog.NewTextHandler(t.err, options))
}

// secretKey reads the key that `up` signs with, and makes one in the data folder at the first start.
func secretKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, "secret.key")
	if key, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(key))) >= 32 {
		return []byte(strings.TrimSpace(string(key))), nil
	}
	raw := make([]byte, 33)
	rand.Read(raw)
	key := []byte(base64.StdEncoding.EncodeToString(raw))
	if err := os.WriteFile(path, append(key, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("keep the secret key: %w", err)
	}
	return key, nil
}
