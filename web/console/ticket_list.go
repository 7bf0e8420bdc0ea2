package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// listPage is a list of tickets.
type listPage struct {
	page.Frame
	listQuery
	Heading string
	Count   int // up to ticket.MaxCount
	Rows    []listRow
	Next    string // link to the next page
	First   string // link to the first page, on the others
	Chips   []chip
	Choices listChoices
	Empty   page.Empty
	Sorts   []page.Option
	Live    string // what the page asks for by itself
	Back    string // this list, for forms
	Stale   bool   // the list has changed since it was shown
	Waiting bool   // the time shown is how long the applicant has waited
}

// listRow is one ticket of a list.
type listRow struct {
	ticket.Row
	CategoryLabel string
	URL           string
}

// chip is a filter that is set, with the link that drops it.
type chip struct {
	Label, Value, Drop string
}

// listChoices fill the form of filters.
type listChoices struct {
	Queues, Categories, Assignees []page.Option
	Statuses, Links, Groups       []choice
}

type choice struct {
	page.Option
	Chosen bool
}

// TicketList shows a view, a queue or whatever the filters hold.
func (a *Area) TicketList(c *gin.Context) error {
	data, err := a.listPage(c)
	if err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "console/ticket_list", data)
}

// TicketListLive answers what an open list asks for by itself: nothing while it is as it was shown, else the counts and a hint.
func (a *Area) TicketListLive(c *gin.Context) error {
	data, err := a.listPage(c)
	if err != nil {
		return err
	}
	if c.Query("shown") == data.mark() {
		c.Status(http.StatusNoContent)
		return nil
	}
	data.Stale = true
	return a.Pages.Fragment(c, http.StatusOK, "console/ticket_list", "list-live", data)
}

// mark stands for what a list shows: the same mark, the same list and counts.
func (d *listPage) mark() string {
	h := sha256.New()
	for _, r := range d.Rows {
		fmt.Fprintln(h, r.ID, r.Version)
	}
	for _, g := range d.Views {
		for _, v := range g.Views {
			fmt.Fprintln(h, v.Count)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (a *Area) listPage(c *gin.Context) (*listPage, error) {
	ctx := c.Request.Context()
	member, err := me(c)
	if err != nil {
		return nil, err
	}
	l := readListQuery(c.Request.URL.Query())
	d := &listPage{listQuery: l}
	if d.Frame, err = a.Frame(c, l.current()); err != nil {
		return nil, err
	}
	known, err := a.known(ctx)
	if err != nil {
		return nil, err
	}
	filter, err := a.listFilter(ctx, l, member, known)
	if err != nil {
		return nil, err
	}
	result, err := a.Tickets.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	filter.After = ticket.Cursor{}
	if d.Count, err = a.Tickets.Count(ctx, filter); err != nil {
		return nil, err
	}
	for _, r := range result.Rows {
		d.Rows = append(d.Rows, listRow{Row: r, CategoryLabel: known.category(d.Printer, r.Category), URL: l.origin().ticket(r.Reference)})
	}
	d.dress(known, member, result.Next)
	return d, nil
}

// listFilter adds to the query's filter what must be looked up.
func (a *Area) listFilter(ctx context.Context, l listQuery, member staff.Member, known known) (ticket.Filter, error) {
	f := l.filter(member, known.queues, a.Pages.Location)
	var err error
	if f.After, err = ticket.ParseCursor(l.After); err != nil {
		f.After = ticket.Cursor{} // an old link: from the start
	}
	if l.Account != "" {
		owner, err := a.accounts.ByNumber(ctx, identifier.Normalize(l.Account))
		if err != nil && !failure.Is(err, failure.KindNotFound) {
			return f, err
		}
		f.AccountID = owner.ID
		if owner.ID == 0 {
			f.AccountID = -1
		}
	}
	if l.EmailOf != "" {
		reference, _ := identifier.ParseReference(l.EmailOf)
		t, err := a.Tickets.ByReference(ctx, reference)
		if err != nil {
			return f, err
		}
		f.Emails = []string{t.Email, t.ApplicantEmail}
	}
	return f, nil
}

// dress adds the words and links of the page.
func (d *listPage) dress(k known, member staff.Member, next ticket.Cursor) {
	p := d.Printer
	d.Heading = p.T("console.view." + d.View)
	if d.current() != d.View {
		d.Heading = k.queue(p, d.Queue)
	}
	d.Title = d.Heading
	d.Back = d.url("after", d.After)
	if next.ID != 0 {
		d.Next = d.url("after", next.String())
	}
	if d.After != "" {
		d.First = d.url()
	}
	d.Waiting = d.Sort == ticket.SortWaiting || d.View == "unanswered"
	d.Chips = d.chips(k)
	d.Choices = d.choices(k, member)
	for _, s := range []ticket.Sort{ticket.SortNewest, ticket.SortOldest, ticket.SortWaiting} {
		d.Sorts = append(d.Sorts, page.Option{Value: string(s), Label: p.T("console.sort." + string(s))})
	}
	key := d.View
	if d.narrowed() {
		key = "filtered"
		d.Empty = page.Empty{URL: ticketsPath + "?view=" + d.View, Action: p.T("console.list.clear")}
	}
	d.Empty.Icon, d.Empty.Title, d.Empty.Text = "inbox", p.T("console.empty."+key+".title"), p.T("console.empty."+key+".text")
	live := d.values()
	live.Set("after", d.After)
	live.Set("shown", d.mark())
	d.Live = ticketsPath + "/live?" + live.Encode()
}

func (d *listPage) chips(k known) []chip {
	p := d.Printer
	var chips []chip
	add := func(name, label, value string) {
		chips = append(chips, chip{Label: p.T("console.filter." + name), Value: label, Drop: d.without(name, value)})
	}
	if d.Queue != "" && d.current() == d.View {
		add("queue", k.queue(p, d.Queue), d.Queue)
	}
	for _, s := range d.Status {
		add("status", p.T("status."+s), s)
	}
	for _, s := range d.Link {
		add("link", p.Find("link_state."+s, s), s)
	}
	for _, g := range d.Group {
		add("group", p.T("console.group."+g), g)
	}
	if d.Category != "" {
		add("category", k.category(p, d.Category), d.Category)
	}
	if d.Assignee != "" {
		add("assignee", k.assignee(p, d.Assignee), d.Assignee)
	}
	if d.Account != "" {
		add("account", identifier.FormatAccountNumber(d.Account), d.Account)
	}
	if d.EmailOf != "" {
		add("email_of", d.EmailOf, d.EmailOf)
	}
	if t, err := time.Parse(dayLayout, d.From); err == nil {
		add("from", p.ShortDate(t), d.From)
	}
	if t, err := time.Parse(dayLayout, d.To); err == nil {
		add("to", p.ShortDate(t), d.To)
	}
	if d.Response != "" {
		add("response", p.T("console.filter.response_none"), d.Response)
	}
	if d.Excluded {
		add("excluded", p.T("console.filter.shown"), "1")
	}
	return chips
}

func (d *listPage) choices(k known, member staff.Member) listChoices {
	p := d.Printer
	var ch listChoices
	for _, q := range k.queues {
		ch.Queues = append(ch.Queues, page.Option{Value: q.Code, Label: p.Find("queue."+q.Code, q.Name)})
	}
	for _, cat := range k.categories {
		ch.Categories = append(ch.Categories, page.Option{Value: cat.Code, Label: k.category(p, cat.Code)})
	}
	ch.Assignees = []page.Option{{Value: "me", Label: p.T("console.me")}, {Value: "none", Label: p.T("console.nobody")}}
	for _, m := range k.staff {
		if m.ID != member.ID {
			ch.Assignees = append(ch.Assignees, page.Option{Value: strconv.FormatInt(m.ID, 10), Label: m.Name})
		}
	}
	for _, s := range ticket.Statuses() {
		ch.Statuses = append(ch.Statuses, choice{page.Option{Value: string(s), Label: p.T("status." + string(s))}, contains(d.Status, string(s))})
	}
	for _, s := range ticket.LinkStates() {
		ch.Links = append(ch.Links, choice{page.Option{Value: string(s), Label: p.Find("link_state."+string(s), string(s))}, contains(d.Link, string(s))})
	}
	for _, g := range []string{"with", "unusable", "without"} {
		ch.Groups = append(ch.Groups, choice{page.Option{Value: g, Label: p.T("console.group." + g)}, contains(d.Group, g)})
	}
	return ch
}

// SortURL is the same list in another order.
func (d *listPage) SortURL(sort string) string { return d.url("sort", sort) }

func contains(all []string, s string) bool {
	for _, each := range all {
		if each == s {
			return true
		}
	}
	return false
}
