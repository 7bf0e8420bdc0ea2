package inbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// Scanner looks for viruses; files.Clamd is one.
type Scanner interface {
	Scan(ctx context.Context, file io.Reader) (files.Verdict, error)
}

// KeptFile is a file that came with a mail and was not taken over.
type KeptFile struct {
	ID   int64
	Name string
	Size int64 // bytes
}

// keptFiles lists the files that are kept of a mail.
func (d *Desk) keptFiles(ctx context.Context, mail int64) ([]KeptFile, error) {
	rows, err := d.DB.Query(ctx, `SELECT id, name, size FROM inbound_file WHERE mail_id = $1 ORDER BY id`, mail)
	if err != nil {
		return nil, postgres.Failure(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[KeptFile])
	return found, postgres.Failure(err)
}

// FetchFile hands a file of a mail to a member of staff, once the scanner, where there is one, has found no virus in it. Who fetched it is
// recorded with the mail, and in the history of its ticket. For staff who may answer tickets. Errors: not_found; forbidden when there is
// a virus in it; unavailable while the scanner is; conflict when no key opens it.
func (d *Desk) FetchFile(ctx context.Context, by, mail, id int64) (KeptFile, []byte, error) {
	var f KeptFile
	var sealed []byte
	var reference string
	err := d.DB.QueryRow(ctx, `
		SELECT f.id, f.name, f.size, f.sealed, COALESCE(t.reference, '')
		FROM inbound_file f
		JOIN inbound_mail m ON m.id = f.mail_id
		LEFT JOIN ticket t ON t.id = m.ticket_id
		WHERE f.mail_id = $1 AND f.id = $2`, mail, id).Scan(&f.ID, &f.Name, &f.Size, &sealed, &reference)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, nil, failure.NotFound("There is no such file.")
	}
	if err != nil {
		return f, nil, fmt.Errorf("fetch a file of mail %d: %w", mail, postgres.Failure(err))
	}
	content, err := d.vault.openFile(sealed, mail)
	if err != nil {
		return f, nil, fmt.Errorf("fetch a file of mail %d: %w", mail, err)
	}
	infected, err := d.scan(ctx, content)
	if infected {
		err = errors.Join(err, d.recordFetch(ctx, by, mail, id, "file_infected", ""))
	}
	if err != nil {
		return f, nil, fmt.Errorf("fetch a file of mail %d: %w", mail, err)
	}
	if err := d.recordFetch(ctx, by, mail, id, "file_fetched", reference); err != nil {
		return f, nil, fmt.Errorf("fetch a file of mail %d: %w", mail, err)
	}
	return f, content, nil
}

func (d *Desk) recordFetch(ctx context.Context, by, mail, file int64, kind, reference string) error {
	_, err := d.DB.Exec(ctx, `INSERT INTO inbound_event (mail_id, kind, file_id, staff_id, at) VALUES ($1, $2, $3, $4, now())`, mail, kind, file, by)
	if err != nil || reference == "" {
		return postgres.Failure(err)
	}
	return d.Tickets.RecordFetched(ctx, ticket.Staff(by), reference, ticket.EventMailFileFetched, mail)
}

// scan looks for viruses in what staff fetch. Errors: forbidden where one was found, which infected says, and where the scanner cannot look
// into it; unavailable.
func (d *Desk) scan(ctx context.Context, content []byte) (infected bool, err error) {
	if d.Scanner == nil {
		return false, nil
	}
	verdict, err := d.Scanner.Scan(ctx, bytes.NewReader(content))
	switch {
	case err != nil:
		return false, err
	case verdict.Unscannable:
		return false, failure.Forbidden("The virus scanner cannot look into this file. It stays locked.")
	case !verdict.Clean:
		return true, failure.Forbidden("A virus was found in this file. It stays locked.")
	}
	return false, nil
}
