package console

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// TicketFile hands an applicant's file to staff: only as a download, never as a page of ours, and only once it is known to
// carry no virus.
func (a *Area) TicketFile(c *gin.Context) error {
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such file.")
	}
	ctx := c.Request.Context()
	found, err := a.Tickets.Attachment(ctx, reference, id)
	if err != nil {
		return err
	}
	switch {
	case found.Scan == ticket.ScanInfected:
		return failure.Forbidden("A virus was found in this file. It stays locked.")
	case !found.Offered():
		return failure.Conflict("This file is still being scanned for viruses. Try again in a moment.")
	}
	file, err := a.Files.Open(ctx, found.StorageKey)
	if err != nil {
		return fmt.Errorf("open file %d of %s: %w", id, reference, err)
	}
	defer file.Close() //nolint:errcheck // read only
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": found.Name}))
	h.Set("Content-Type", found.MediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, file)
	return nil
}
