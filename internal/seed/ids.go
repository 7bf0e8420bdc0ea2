package seed

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
)

// idPools reserve rows' IDs ahead: messages are named by events that are written with them.
type idPools struct{ ticket, message, event, account, accountCase idPool }

// newIDPools is told whether nobody else can add rows until the end.
func newIDPools(db *pgxpool.Pool, o Options, alone bool) idPools {
	pool := func(table string, expected int) idPool {
		return idPool{db: db, table: table, alone: alone, reserve: min(expected, 10_000)}
	}
	return idPools{
		ticket: pool("ticket", o.Tickets), message: pool("message", 3*o.Tickets), event: pool("ticket_event", 8*o.Tickets),
		account: pool("account", o.Accounts), accountCase: pool("account_case", 2*o.Accounts),
	}
}

// idPool takes IDs from a table's sequence, outside of any transaction, many at a time.
type idPool struct {
	db      *pgxpool.Pool
	table   string
	alone   bool
	reserve int
	free    []int64
}

func (p *idPool) next(ctx context.Context) (int64, error) {
	if len(p.free) == 0 {
		if err := p.fill(ctx); err != nil {
			return 0, err
		}
	}
	id := p.free[0]
	p.free = p.free[1:]
	return id, nil
}

func (p *idPool) fill(ctx context.Context) error {
	sql := `SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)`
	if p.alone { // one leap is as good as so many steps
		sql = `
			SELECT generate_series(leap.last - $2 + 1, leap.last)
			FROM (SELECT setval(s, nextval(s) + $2 - 1) AS last FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS s) AS x) AS leap`
	}
	found, err := p.db.Query(ctx, sql, p.table, p.reserve)
	if err != nil {
		return err
	}
	p.free, err = pgx.AppendRows(p.free[:0], found, pgx.RowTo[int64])
	return err
}

// freeReferences gives out references one after the other. On a desk that has tickets it leaves out those that are taken.
type freeReferences struct {
	permutation permutation
	next        uint64
	check       bool
	db          *pgxpool.Pool
}

func (f *freeReferences) take(ctx context.Context, n int) ([]string, error) {
	var free []string
	for len(free) < n {
		var drawn []string
		for range n - len(free) {
			drawn = append(drawn, identifier.ReferenceOf(int64(f.permutation.at(f.next))))
			f.next++
		}
		if f.check {
			found, err := f.db.Query(ctx, `
				SELECT r FROM unnest($1::text[]) WITH ORDINALITY AS d (r, i)
				WHERE NOT EXISTS (SELECT FROM ticket WHERE reference = r)
				ORDER BY i`, drawn)
			if err != nil {
				return nil, err
			}
			if drawn, err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
				return nil, err
			}
		}
		free = append(free, drawn...)
	}
	return free, nil
}
