package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
)

// runSearchKey makes the key that Askwell uses with Meilisearch, or brings it up to date, and prints it. It is the only command
// that needs the master key.
func runSearchKey(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("search-key", "[--out FILE]")
	out := fs.String("out", "", "write the key to this `file`, which only its owner can read, instead of printing it")
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := config.Load(t.getenv, config.NeedNothing)
	if err != nil {
		return err
	}
	if cfg.MeiliURL == "" || cfg.MeiliMaster == "" {
		return errors.New("MEILI_URL and MEILI_MASTER_KEY (or MEILI_MASTER_KEY_FILE) say where Meilisearch is and what its master key is: set both")
	}
	key, err := search.GrantKey(ctx, cfg.MeiliURL, cfg.MeiliMaster, "")
	switch {
	case failure.Is(err, failure.KindForbidden):
		return fmt.Errorf("no search key was made: %s", failure.Text(err, ""))
	case failure.Is(err, failure.KindInvalid):
		return fmt.Errorf("no search key was made: %s\nsee docs/search.md for the versions of Meilisearch that Askwell works with", failure.Text(err, ""))
	case err != nil:
		return fmt.Errorf("%w\nsee that Meilisearch runs and that MEILI_URL is right", err)
	}
	if *out == "" {
		fmt.Fprintln(t.out, key)
		return nil
	}
	if err := writeSecret(*out, key); err != nil {
		return fmt.Errorf("write the search key: %w", err)
	}
	fmt.Fprintln(t.out, "the search key is in", *out)
	return nil
}

// writeSecret puts a secret into a file of its owner's, whole or not at all: whoever reads it meanwhile sees the old one.
func writeSecret(path, secret string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.WriteString(secret + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
