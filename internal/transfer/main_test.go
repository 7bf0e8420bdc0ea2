package transfer_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// importer is one of the three, without what all calls have in common.
type importer func(ctx context.Context, db *pgxpool.Pool, file string, rejects *transfer.Rejects) (transfer.Result, error)

func nothing(int) {}

func accounts(ctx context.Context, db *pgxpool.Pool, file string, rejects *transfer.Rejects) (transfer.Result, error) {
	return transfer.ImportAccounts(ctx, db, strings.NewReader(file), transfer.AccountOptions{}, rejects, nothing)
}

func cases(ctx context.Context, db *pgxpool.Pool, file string, rejects *transfer.Rejects) (transfer.Result, error) {
	return transfer.ImportCases(ctx, db, strings.NewReader(file), nil, rejects, nothing)
}

func tickets(options transfer.TicketOptions) importer {
	return func(ctx context.Context, db *pgxpool.Pool, file string, rejects *transfer.Rejects) (transfer.Result, error) {
		return transfer.ImportTickets(ctx, db, strings.NewReader(file), options, rejects, nothing)
	}
}

// took runs an import that must succeed, and gives the result and the rows of the file of rejects, without its header.
func took(t *testing.T, db *pgxpool.Pool, run importer, file string) (transfer.Result, [][]string) {
	t.Helper()
	rejects := &transfer.Rejects{Path: filepath.Join(t.TempDir(), "rejected.csv")}
	result, err := run(t.Context(), db, file, rejects)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	if err := rejects.Close(); err != nil {
		t.Fatal(err)
	}
	return result, readRejects(t, rejects.Path)
}

func readRejects(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records[1:]
}

// counts leaves the columns out of a result.
func counts(r transfer.Result) transfer.Result {
	r.Ignored, r.Absent = nil, nil
	return r
}

func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// texts runs a query of one text column.
func texts(t *testing.T, db *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func count(t *testing.T, db *pgxpool.Pool, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
