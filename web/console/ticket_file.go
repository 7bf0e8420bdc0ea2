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
	return page.FileDoor{Store: a.Files, Scanner: a.Scanner, Tickets: a.Tickets}.Hand(c, found)
}

// FileRelease lets a file through that the scanner could not look into.
func (a *Area) FileRelease(c *gin.Context) error {
	return a.changeFile(c, "console.ticket.file_let_through", func(by ticket.Actor, reference string, id int64) error {
		return a.Tickets.ReleaseFile(c.Request.Context(), by, reference, id, c.PostForm("reason"))
	})
}

// FileRescan has a file scanned once more.
func (a *Area) FileRescan(c *gin.Context) error {
	return a.changeFile(c, "console.ticket.file_scanned_again", func(by ticket.Actor, reference string, id int64) error {
		return a.Tickets.RescanFile(c.Request.Context(), by, reference, id)
	})
}

func (a *Area) changeFile(c *gin.Context, done string, change func(by ticket.Actor, reference string, id int64) error) error {
	id, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such file.")
	}
	return a.act(c, done, func(by ticket.Actor, reference string) error { return change(by, reference, id) })
}
