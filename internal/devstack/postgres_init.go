package devstack

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// passwordName is the file in the server's folder that keeps its password, so that the two are never parted.
const passwordName = "askwell.password"

// initialise makes the server's folder, if it is not there, and reads its password. The folder gets its name only when
// it is whole: a start that was interrupted leaves nothing that looks like data.
func (p *Postgres) initialise(ctx context.Context) error {
	if _, err := os.Stat(p.data); os.IsNotExist(err) {
		if err := p.initdb(ctx); err != nil {
			return fmt.Errorf("make the database folder: %w", err)
		}
	}
	text, err := os.ReadFile(filepath.Join(p.data, passwordName))
	if err != nil {
		return fmt.Errorf("read the database's password: %w", err)
	}
	p.password = strings.TrimSpace(string(text))
	return nil
}

func (p *Postgres) initdb(ctx context.Context) error {
	work := p.data + ".new"
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := p.account.own(work); err != nil {
		return err
	}
	password, data := filepath.Join(work, "password"), filepath.Join(work, "data")
	if err := writeFile(password, []byte(rand.Text()+"\n")); err != nil {
		return err
	}
	if err := p.account.own(work); err != nil {
		return err
	}
	args := []string{
		"--pgdata", data, "--username", database, "--pwfile", password, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--text-search-config", "simple", "--no-instructions",
	}
	args = append(args, localeArgs(p.install.major, runtime.GOOS)...)
	if p.cfg.Fast {
		args = append(args, "--no-sync")
	}
	p.output.mark()
	err := program{
		Path: p.install.program("initdb"), Args: args, Env: serverEnv(), Output: p.output.File, Account: p.account,
		Orphan: syscall.SIGKILL,
	}.run(ctx)
	if err != nil {
		return withTail(err, p.output)
	}
	if err := os.Rename(password, filepath.Join(data, passwordName)); err != nil {
		return err
	}
	return os.Rename(data, p.data)
}

// localeArgs chooses an order of text that is the same on every machine, with upper and lower case known beyond ASCII.
func localeArgs(major int, system string) []string {
	switch {
	case major >= 17:
		return []string{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}
	case system == "linux":
		return []string{"--locale=C.UTF-8"}
	default:
		return []string{"--locale=en_US.UTF-8"}
	}
}
