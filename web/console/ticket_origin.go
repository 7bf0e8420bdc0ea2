package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// origin is the list or the search that the reader of a ticket came from. It travels in the ticket's address as the list's own
// query, or as searchOrigin and the search's, so that two tabs can work through two lists; the zero value is no list in
// particular.
type origin string

const (
	searchOrigin = "search?"
	// longestOrigin is the most bytes of a list as a ticket's address holds it: a longer one, as of a search for hundreds of characters that are no
	// Latin letters, would make addresses that proxies refuse, and the ticket is read out of no list.
	longestOrigin = 1800
)

// originOf reads the list from a ticket's address and leaves out what no list understands.
func originOf(c *gin.Context) origin {
	raw := c.Query("from")
	if raw == "" || len(url.QueryEscape(raw)) > longestOrigin {
		return ""
	}
	rest, isSearch := strings.CutPrefix(raw, searchOrigin)
	q, err := url.ParseQuery(rest)
	switch {
	case err != nil:
		return ""
	case isSearch:
		return readSearchQuery(q).origin()
	default:
		return readListQuery(q).origin()
	}
}

// origin is the list with the place in it.
func (l listQuery) origin() origin {
	q := l.values()
	if l.After != "" {
		q.Set("after", l.After)
	}
	return origin(q.Encode())
}

// origin is the search with the place in its results.
func (q searchQuery) origin() origin { return origin(searchOrigin + q.values().Encode()) }

func (o origin) query() listQuery {
	q, _ := url.ParseQuery(string(o)) // Encode wrote it
	return readListQuery(q)
}

// search gives the search; false for a list.
func (o origin) search() (searchQuery, bool) {
	rest, isSearch := strings.CutPrefix(string(o), searchOrigin)
	q, _ := url.ParseQuery(rest) // Encode wrote it
	return readSearchQuery(q), isSearch
}

// list is the way back.
func (o origin) list() string {
	if q, isSearch := o.search(); isSearch {
		return q.url()
	}
	if o == "" {
		return ticketsPath
	}
	return ticketsPath + "?" + string(o)
}

// start is the list from its first ticket on.
func (o origin) start() string {
	if q, isSearch := o.search(); isSearch {
		return q.at(0)
	}
	return origin(o.query().values().Encode()).list()
}

// back is the way back to a ticket's place in the list.
func (o origin) back(reference string) string {
	if _, isSearch := o.search(); isSearch {
		return o.list() + "#" + rowOf(search.Hit{Reference: reference})
	}
	return o.list()
}

// ticket is the address of a ticket that is read out of this list; further are name, value pairs of its query.
func (o origin) ticket(reference string, further ...string) string {
	return ticketsPath + "/" + reference + o.suffix(further...)
}

func (o origin) suffix(further ...string) string {
	q := url.Values{}
	if o != "" && len(url.QueryEscape(string(o))) <= longestOrigin {
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
	next, then, err := a.following(ctx, member, from, reference)
	if err != nil {
		return err
	}
	if _, err := a.Tickets.SetStatus(ctx, actor(c, member.ID), reference, ticket.StatusSolved); err != nil {
		return a.again(c, err, func(p *ticketPage) { p.stopped(c, err) })
	}
	say, to := "console.ticket.solved_next", then.ticket(next)
	if next == "" {
		say, to = "console.ticket.solved_last", from.start()
	}
	if from == "" {
		say, to = "console.ticket.solved_next", ticketsPath
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T(say, "reference", reference))
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// following gives the reference of the ticket after this one in the list, "" for none, and the list with its place. A ticket
// that has left the list meanwhile, as one without a waiting applicant leaves those that wait, is followed by the list's first.
func (a *Area) following(ctx context.Context, member staff.Member, from origin, reference string) (string, origin, error) {
	t, err := a.Tickets.ByReference(ctx, reference)
	if err != nil || from == "" {
		return "", from, err
	}
	if q, isSearch := from.search(); isSearch {
		return a.followingHit(ctx, member, q, reference)
	}
	next, err := a.followingRow(ctx, member, from, t)
	return next, from, err
}

func (a *Area) followingRow(ctx context.Context, member staff.Member, from origin, t ticket.Ticket) (string, error) {
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

// followingHit is following for a search: the ticket that comes next on the page of results or at the head of the page after
// it. While search is unavailable none does.
func (a *Area) followingHit(ctx context.Context, member staff.Member, q searchQuery, reference string) (string, origin, error) {
	request := q.request(member, a.Pages.Location)
	request.Facets, request.Limit = false, 2*pageOfHits
	found, err := a.find(ctx, q, request)
	if failure.Is(err, failure.KindUnavailable) {
		return "", q.origin(), nil
	}
	if err != nil {
		return "", q.origin(), err
	}
	after := slices.IndexFunc(found.Hits, func(h search.Hit) bool { return h.Reference == reference }) + 1
	for i, h := range found.Hits {
		if i < after || h.Kind != search.KindTicket {
			continue
		}
		if i >= pageOfHits && q.Offset+pageOfHits <= search.MaxOffset {
			q.Offset += pageOfHits
		}
		return h.Reference, q.origin(), nil
	}
	return "", q.origin(), nil
}
