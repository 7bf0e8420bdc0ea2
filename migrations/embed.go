// Package migrations holds the database's schema, step by step, and brings a database up to it.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that goose migrates through
	"github.com/pressly/goose/v3"
)

//go:embed *.sql
var files embed.FS

// State is where a database stands: Current and Latest are migration versions; Applied are the files that Up applied.
type State struct {
	Current, Latest int64
	Applied         []string
}

// Up applies what is missing. Two processes may call it at once: one waits for the other.
func Up(ctx context.Context, url string) (State, error) {
	if err := checkDatabase(ctx, url); err != nil {
		return State{}, err
	}
	return with(url, func(p *goose.Provider) (State, error) {
		results, err := p.Up(ctx)
		if err != nil {
			return State{}, fmt.Errorf("migrate the database: %w", err)
		}
		state, err := read(ctx, p)
		for _, r := range results {
			state.Applied = append(state.Applied, r.Source.Path)
		}
		return state, err
	})
}

// Read says where the database stands and changes nothing.
func Read(ctx context.Context, url string) (State, error) {
	return with(url, func(p *goose.Provider) (State, error) { return read(ctx, p) })
}

func read(ctx context.Context, p *goose.Provider) (State, error) {
	current, latest, err := p.GetVersions(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read the database's version: %w", err)
	}
	return State{Current: current, Latest: latest}, nil
}

func with(url string, fn func(*goose.Provider) (State, error)) (state State, err error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return State{}, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// A session lock makes a second process wait instead of migrating at the same time.
	locker, err := newLocker()
	if err != nil {
		return State{}, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return State{}, fmt.Errorf("read the migrations: %w", err)
	}
	return fn(provider)
}

// Latest is the version that this program's database has. Error: the embedded files cannot be read.
func Latest() (int64, error) {
	names, err := files.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	var latest int64
	for _, entry := range names {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return 0, fmt.Errorf("read the migrations: %w", err)
		}
		latest = max(latest, version)
	}
	return latest, nil
}
