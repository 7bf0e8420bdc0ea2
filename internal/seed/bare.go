package seed

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// bareTables are the demo's tables without indexes, keys and references, as they are while an empty desk is filled: building an
// index from a full table, and checking a reference for all rows at once, takes a fraction of doing it row by row. All of it
// is in the transaction of the seed, so a desk that is stopped half-way, or whose server dies, never was without them. What
// there is to take off and to put back is read from the catalogue.
type bareTables struct {
	restore []string // statements, in the order in which they must run
}

// has reports whether a table is bare.
func (b *bareTables) has(table string) bool { return b != nil && slices.Contains(demoTables, table) }

// sortMemory is what building one index may use, by all its processes together.
const sortMemory = "512MB"

// bare takes the indexes off and shuts everybody out until the end of the transaction. It gives nil, and does nothing, for a desk
// that has rows in one of the tables, or whose tables belong to another role.
func bare(ctx context.Context, tx pgx.Tx) (*bareTables, error) {
	// All locks at once and in one order, those of the tables referred to as well: their side of a reference goes, too.
	rows, err := tx.Query(ctx, `
		SELECT format('%I.%I', relnamespace::regnamespace, relname), pg_has_role(relowner, 'USAGE')
		FROM pg_class
		WHERE oid = ANY ($1::text[]::regclass[]) OR oid IN (
			SELECT unnest(ARRAY[conrelid, confrelid]) FROM pg_constraint
			WHERE contype = 'f' AND (conrelid = ANY ($1::text[]::regclass[]) OR confrelid = ANY ($1::text[]::regclass[])))
		ORDER BY relname`, demoTables)
	if err != nil {
		return nil, err
	}
	var names []string
	var name string
	var ours bool
	all := true
	if _, err := pgx.ForEachRow(rows, []any{&name, &ours}, func() error {
		names, all = append(names, name), all && ours
		return nil
	}); err != nil || !all {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN ACCESS EXCLUSIVE MODE`); err != nil {
		return nil, err
	}
	for _, table := range demoTables {
		var used bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+table+`)`).Scan(&used); err != nil || used {
			return nil, err
		}
	}
	strip, restore, err := coats(ctx, tx)
	if err != nil {
		return nil, err
	}
	// A table that was emptied in this transaction takes rows that are frozen, so that no vacuum has to write them again; and
	// where nothing copies the write-ahead log, none is written.
	strip = append(strip, `TRUNCATE `+strings.Join(demoTables, ", "))
	if _, err := tx.Exec(ctx, strings.Join(strip, ";\n")); err != nil {
		return nil, fmt.Errorf("take the indexes off: %w", err)
	}
	return &bareTables{restore: restore}, nil
}

// coats gives the statements that take off, and that put back, the tables' references, keys and other indexes.
func coats(ctx context.Context, tx pgx.Tx) (strip, restore []string, err error) {
	rows, err := tx.Query(ctx, `
		SELECT strip, restore FROM (
			SELECT CASE contype WHEN 'f' THEN 3 ELSE 1 END AS rank, conrelid AS of_table, conname AS name,
				format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS strip,
				format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS restore
			FROM pg_constraint
			WHERE conrelid = ANY ($1::text[]::regclass[]) AND contype IN ('p', 'u', 'x', 'f')
				OR confrelid = ANY ($1::text[]::regclass[]) AND contype = 'f'
			UNION ALL
			SELECT 2, indrelid, relname, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
			FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
			WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
		) AS coat
		ORDER BY rank, of_table, name`, demoTables)
	if err != nil {
		return nil, nil, err
	}
	var off, on string
	_, err = pgx.ForEachRow(rows, []any{&off, &on}, func() error {
		strip, restore = append(strip, off), append(restore, on)
		return nil
	})
	slices.Reverse(strip) // references before the keys that they need
	return strip, restore, err
}

// dress puts all back; each index and constraint is checked against every row.
func (b *bareTables) dress(ctx context.Context, tx pgx.Tx, progress Progress) error {
	if b == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, `SET LOCAL maintenance_work_mem = '`+sortMemory+`'`); err != nil {
		return err
	}
	for i, statement := range b.restore {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("put back: %s: %w", statement, err)
		}
		progress(i+1, len(b.restore))
	}
	return nil
}
