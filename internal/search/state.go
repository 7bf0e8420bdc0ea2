package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/postgres"
)

// OldestServer is the first version of Meilisearch that has all that the indexes' settings ask for: 1.15 brought typo tolerance
// that leaves numbers alone.
const OldestServer = "1.15"

// State is what the search server holds, beside what it should hold.
type State struct {
	Server          string // its version, as "1.50.0"; "" when it is not known
	Version, Needed int    // of the indexes' settings; Version is 0 when there are none
	Tickets         Held
	Accounts        Held
}

// Held counts the documents of an index and the rows they stand for.
type Held struct{ Documents, Rows int64 }

// TooOld reports whether the server is older than OldestServer.
func (s State) TooOld() bool {
	if s.Server == "" {
		return false
	}
	oldMajor, oldMinor := majorMinor(OldestServer)
	major, minor := majorMinor(s.Server)
	return major < oldMajor || major == oldMajor && minor < oldMinor
}

func majorMinor(version string) (major, minor int) {
	parts := strings.SplitN(version+"..", ".", 3)
	major, _ = strconv.Atoi(parts[0]) // what is no number is 0, and too old
	minor, _ = strconv.Atoi(parts[1])
	return major, minor
}

// State looks at the server and the indexes. Errors: unavailable.
func (e *Engine) State(ctx context.Context) (State, error) {
	if err := e.named(ctx); err != nil {
		return State{}, err
	}
	version, err := e.serverVersion(ctx)
	if err != nil {
		return State{}, err
	}
	mark, err := e.stamp(ctx, e.stampIndex())
	if err != nil {
		return State{}, err
	}
	s := State{Server: version, Version: mark.Version, Needed: settingsVersion}
	for uid, held := range map[string]*Held{e.ticketsIndex(): &s.Tickets, e.accountsIndex(): &s.Accounts} {
		stats, err := e.reader.Index(uid).GetStatsWithContext(ctx, nil)
		if err != nil && !isCode(err, "index_not_found") {
			return State{}, failed("count documents", err)
		}
		if err == nil {
			held.Documents = stats.NumberOfDocuments
		}
	}
	err = e.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM account)`).Scan(&s.Tickets.Rows, &s.Accounts.Rows)
	if err != nil {
		return State{}, fmt.Errorf("count rows: %w", postgres.Failure(err))
	}
	return s, nil
}
