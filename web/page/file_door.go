package page

import (
	"context"
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

// Hand gives a file as a download. Errors: forbidden for a locked one, conflict for one that is still to be scanned.
func (d FileDoor) Hand(c *gin.Context, f ticket.Attachment) error {
	if d.outdated(c.Request.Context(), f) {
		f = d.rescan(c.Request.Context(), f)
	}
	switch {
	case f.Scan == ticket.ScanInfected:
		return failure.Forbidden("A virus was found in this file. It stays locked.")
	case f.Scan == ticket.ScanUnscannable:
		return failure.Forbidden("The virus scanner cannot look into this file. It stays locked.")
	case !f.Offered():
		return failure.Conflict("This file is still being scanned for viruses. Try again in a moment.")
	}
	return Download(c, d.Store, f.StorageKey, f.Name, f.MediaType)
}

// outdated reports whether there are signatures that the file was not scanned with.
func (d FileDoor) outdated(ctx context.Context, f ticket.Attachment) bool {
	if d.Scanner == nil || f.Scan != ticket.ScanClean {
		return false
	}
	newest, err := d.Scanner.Signatures(ctx)
	return err == nil && !newest.IsZero() && (f.SignaturesAt == nil || f.SignaturesAt.Before(newest))
}

// rescan has a file looked at by new signatures. Where that cannot be done, what was found before holds.
func (d FileDoor) rescan(ctx context.Context, f ticket.Attachment) ticket.Attachment {
	ctx, cancel := context.WithTimeout(ctx, rescanWithin)
	defer cancel()
	found, err := d.scan(ctx, f)
	if err != nil {
		return f
	}
	if err := d.Tickets.RecordScan(ctx, 0, f.ID, found); err == nil || found.Scan != ticket.ScanClean {
		f.Scan = found.Scan
	}
	return f
}

func (d FileDoor) scan(ctx context.Context, f ticket.Attachment) (ticket.Scanned, error) {
	file, err := d.Store.Open(ctx, f.StorageKey)
	if err != nil {
		return ticket.Scanned{}, fmt.Errorf("open a file: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	verdict, err := d.Scanner.Scan(ctx, file)
	if err != nil {
		return ticket.Scanned{}, err
	}
	found := ticket.Scanned{Scan: ticket.ScanClean, Finding: verdict.Threat}
	if at, err := d.Scanner.Signatures(ctx); err == nil {
		found.SignaturesAt = at
	}
	switch {
	case verdict.Unscannable:
		found.Scan = ticket.ScanUnscannable
	case !verdict.Clean:
		found.Scan = ticket.ScanInfected
	}
	return found, nil
}
