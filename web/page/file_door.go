package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/ticket"
)

// Scanner looks for viruses; files.Clamd is one.
type Scanner interface {
	Scan(ctx context.Context, file io.Reader) (files.Verdict, error)
	Signatures(ctx context.Context) (time.Time, error)
}

// FileDoor hands out files of tickets, once they are known to carry no virus. Scanner is nil where there is none.
type FileDoor struct {
	Store   files.Store
	Scanner Scanner
	Tickets *ticket.Service
}

// rescanWithin is how long a download waits for the scanner. An older scan is an answer, too.
const rescanWithin = 20 * time.Second

// Hand gives a file as a download. Errors: those of Open.
func (d FileDoor) Hand(c *gin.Context, f ticket.Attachment) error {
	file, err := d.Open(c.Request.Context(), f)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	Attachment(c, file, f.Name, f.MediaType)
	return nil
}

// Open gives a file that may be handed out now. Errors: forbidden for a locked one, conflict for one that is still to be scanned.
func (d FileDoor) Open(ctx context.Context, f ticket.Attachment) (files.File, error) {
	if d.outdated(ctx, f) {
		f = d.rescan(ctx, f)
	}
	if err := locked(f); err != nil {
		return nil, err
	}
	file, err := d.Store.Open(ctx, f.StorageKey)
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	// Last of all, for another process may have found something in the meantime.
	now, err := d.Tickets.AttachmentByID(ctx, f.ID)
	if err == nil {
		err = locked(now)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func locked(f ticket.Attachment) error {
	switch {
	case f.Scan == ticket.ScanInfected:
		return failure.Forbidden("A virus was found in this file. It stays locked.")
	case f.Scan == ticket.ScanUnscannable:
		return failure.Forbidden("The virus scanner cannot look into this file. It stays locked.")
	case !f.Offered():
		return failure.Conflict("This file is still being scanned for viruses. Try again in a moment.")
	}
	return nil
}

// outdated reports whether there are signatures that the file was not scanned with.
func (d FileDoor) outdated(ctx context.Context, f ticket.Attachment) bool {
	if d.Scanner == nil || f.Scan != ticket.ScanClean && f.Scan != ticket.ScanReleased {
		return false
	}
	newest, err := d.Scanner.Signatures(ctx)
	return err == nil && !newest.IsZero() && (f.SignaturesAt == nil || f.SignaturesAt.Before(newest))
}

// rescan has a file looked at by new signatures. Where that cannot be done, what was found before holds.
func (d FileDoor) rescan(ctx context.Context, f ticket.Attachment) ticket.Attachment {
	ctx, cancel := context.WithTimeout(ctx, rescanWithin)
	defer cancel()
	verdict, err := d.scan(ctx, f)
	if err != nil {
		return f
	}
	found := ticket.Scanned{Scan: ticket.ScanOf(verdict.Clean, verdict.Unscannable), Finding: verdict.Threat, SignaturesAt: verdict.SignaturesAt}
	if err := d.Tickets.RecordScan(ctx, 0, f.ID, found); (err == nil || found.Scan != ticket.ScanClean) && (f.Scan != ticket.ScanReleased || found.Scan == ticket.ScanInfected) {
		f.Scan = found.Scan
	}
	return f
}

func (d FileDoor) scan(ctx context.Context, f ticket.Attachment) (files.Verdict, error) {
	file, err := d.Store.Open(ctx, f.StorageKey)
	if err != nil {
		return files.Verdict{}, fmt.Errorf("open a file: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	return d.Scanner.Scan(ctx, file)
}
