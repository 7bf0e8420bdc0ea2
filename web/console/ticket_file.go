package console

import (
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
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
	return page.Download(c, a.Files, found.StorageKey, found.Name, found.MediaType)
}
