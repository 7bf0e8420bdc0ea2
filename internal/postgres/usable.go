package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Fault is why a database that answers cannot do Askwell's work.
type Fault string

// The faults.
const (
	FaultReadOnly  Fault = "read_only"    // a standby, or default_transaction_read_only
	FaultFull      Fault = "disk_full"    // no room for a new page
	FaultRights    Fault = "rights"       // the role may not do what Askwell does
	FaultNoSchema  Fault = "no_schema"    // nothing was migrated
	FaultOldSchema Fault = "older_schema" // migrations are missing
	FaultNewSchema Fault = "newer_schema" // a later version of Askwell has migrated it
	FaultPooler    Fault = "pooler"       // a pooler between, of which no session and no transaction can be had
	FaultEncoding  Fault = "encoding"     // it is not UTF-8
	FaultNoObject  Fault = "no_object"    // something of the schema is not there, or not in the search path
)

// Unusable says that the database has a fault.
type Unusable struct {
	Fault  Fault
	Detail string
	cause  error
}

func (e *Unusable) Error() string {
	text := "database: " + string(e.Fault)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Unusable) Unwrap() error { return e.cause }

// HasFault reports whether err says that the database has this fault.
func HasFault(err error, fault Fault) bool {
	var unusable *Unusable
	return errors.As(err, &unusable) && unusable.Fault == fault
}

// CheckSchema holds the database's schema to the version that this program was made for. Errors: Unusable, or whatever keeps the database
// from answering.
func CheckSchema(ctx context.Context, db Querier, want int64) error {
	var have int64
	err := db.QueryRow(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	switch {
	case state(err) == "42P01" || state(err) == "3F000", err == nil && have == 0:
		return &Unusable{Fault: FaultNoSchema, cause: err}
	case err != nil:
		return fault(err)
	case have < want:
		return &Unusable{Fault: FaultOldSchema, Detail: fmt.Sprintf("version %d of %d", have, want)}
	case have > want:
		return &Unusable{Fault: FaultNewSchema, Detail: fmt.Sprintf("version %d, this program knows %d", have, want)}
	}
	return nil
}

// CheckWrite does what an inquiry needs and takes it back: the role may read and write every table, the session may write, and there is
// room for new pages. The table readiness is emptied first, so that the server has to take new room from its disk, not what an earlier
// check gave back. Errors: Unusable, or whatever keeps the database from answering.
func CheckWrite(ctx context.Context, db Beginner) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fault(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is to be kept
	if err := checkRights(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '1s'`); err != nil {
		return fault(err)
	}
	_, err = tx.Exec(ctx, `SELECT readiness_write()`)
	if state(err) == "55P03" {
		return nil // another process writes there at this very moment
	}
	if err != nil {
		return fault(err)
	}
	return checkNames(ctx, tx)
}

// checkNames calls what search calls beyond Askwell's own schema, and looks at the encoding: what lies outside the search path, or may not be used,
// fails here as it does there.
func checkNames(ctx context.Context, tx pgx.Tx) error {
	var encoding string
	var n int
	err := tx.QueryRow(ctx, `
		SELECT current_setting('server_encoding'), length(unaccent('é')) + length(to_tsvector('simple', unaccent('é'))) + length(gen_random_uuid()::text)`).Scan(&encoding, &n)
	switch code := state(err); {
	case code == "42883", code == "42P01", code == "42704":
		return &Unusable{Fault: FaultNoObject, cause: err}
	case err != nil:
		return fault(err)
	}
	if encoding != "UTF8" {
		return &Unusable{Fault: FaultEncoding, Detail: encoding}
	}
	return nil
}

// checkRights finds the tables that the role may not work with. It changes none of goose's own.
func checkRights(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		SELECT c.relname
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'
			AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
				AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
		ORDER BY c.relname`)
	if err != nil {
		return fault(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fault(err)
	}
	if len(names) > 0 {
		return &Unusable{Fault: FaultRights, Detail: strings.Join(names, ", ")}
	}
	return nil
}

// fault names the fault that err is a sign of, if it is one.
func fault(err error) error {
	code := state(err)
	switch {
	case err == nil:
		return nil
	case code == readOnlySQLSTATE:
		return &Unusable{Fault: FaultReadOnly, cause: err}
	case code == "53100":
		return &Unusable{Fault: FaultFull, cause: err}
	case code == "42501":
		return &Unusable{Fault: FaultRights, cause: err}
	case code == "42P01", code == "42883":
		return &Unusable{Fault: FaultNoSchema, cause: err}
	}
	return err
}

// state is the SQLSTATE of err, "" for none.
func state(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
