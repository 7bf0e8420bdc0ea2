package console

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// origin is the list that the reader of a ticket came from. It travels in the ticket's address as the list's own query, so
// that two tabs can work through two lists; the zero value is no list in particular.
type origin string

// longestOrigin is more than any list's query; a longer one was not made here.
const longestOrigin = 2000

// originOf reads the list from a ticket's address and leaves out what no list understands.
func originOf(c *gin.Context) origin {
	raw := c.Query("from")
	if raw == "" || len(raw) > longestOrigin {
		return ""
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return ""
	}
	return readListQuery(q).origin()
}

// origin is the list with the place in it.
func (l listQuery) origin() origin {
	q := l.values()
	if l.After != "" {
		q.Set("after", l.After)
	}
	return origin(q.Encode())
}

func (o origin) query() listQuery {
	q, _ := url.ParseQuery(string(o)) // Encode wrote it
	return readListQuery(q)
}

// list is the way back.
func (o origin) list() string {
	if o == "" {
		return ticketsPath
	}
	return ticketsPath + "?" + string(o)
}

// ticket is the address of a ticket that is read out of this list; further are name, value pairs of its query.
func (o origin) ticket(reference string, further ...string) string {
	return ticketsPath + "/" + reference + o.suffix(further...)
}

func (o origin) suffix(further ...string) string {
	q := url.Values{}
	if o != "" {
		q.Set("from", string(o))
	}
	for i := 0; i+1 < len(further); i += 2 {
		q.Set(further[i], further[i+1])
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// solveAndNext solves the ticket and opens the one that follows it in the list. Which one that is, is looked up first: once
// solved, a ticket has no place in most lists.
func (a *Area) solveAndNext(c *gin.Context) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	ctx, from := c.Request.Context(), originOf(c)
	next, err := a.following(ctx, member, from, reference)
	if err != nil {
		return err
	}
	if _, err := a.Tickets.SetStatus(ctx, ticket.Staff(member.ID), reference, ticket.StatusSolved); err != nil {
		return a.again(c, err, nil)
	}
	say, to := "console.ticket.solved_next", from.ticket(next)
	if next == "" {
		say, to = "console.ticket.solved_last", origin(from.query().values().Encode()).list()
	}
	if from == "" {
		say, to = "console.ticket.solved_next", ticketsPath
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T(say, "reference", reference))
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// following gives the reference of the ticket after this one in the list, "" for none. A ticket that has left the list
// meanwhile, as one without a waiting applicant leaves those that wait, is followed by the list's first.
func (a *Area) following(ctx context.Context, member staff.Member, from origin, reference string) (string, error) {
	t, err := a.Tickets.ByReference(ctx, reference)
	if err != nil || from == "" {
		return "", err
	}
	known, err := a.known(ctx)
	if err != nil {
		return "", err
	}
	filter, err := a.listFilter(ctx, from.query(), member, known)
	if failure.Is(err, failure.KindNotFound) {
		return "", nil // a list of something that is gone
	}
	if err != nil {
		return "", err
	}
	filter.Limit, filter.After = 2, ticket.Cursor{At: t.OpenedAt, ID: t.ID}
	if filter.Sort == ticket.SortWaiting {
		filter.After = ticket.Cursor{}
		if t.AwaitingSince != nil {
			filter.After = ticket.Cursor{At: *t.AwaitingSince, ID: t.ID}
		}
	}
	found, err := a.Tickets.List(ctx, filter)
	if err != nil {
		return "", err
	}
	for _, row := range found.Rows {
		if row.ID != t.ID {
			return row.Reference, nil
		}
	}
	return "", nil
}
