package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// ticketPage is one ticket: its thread, the forms to answer it and what is known about whose it is.
type ticketPage struct {
	page.Frame
	ticket.Ticket
	URL            string
	From           origin // the list that the reader came from
	Back           string
	CategoryLabel  string
	SubmittedLabel string // the category that the applicant chose, when triage gave another
	QueueLabel     string
	AssigneeName   string
	AssigneeValue  string // as the form of assignees has it
	AssignedToMe   bool
	InHand         bool
	Confirmable    bool
	Suspicions     string
	Unacknowledged *unsentLine    // why the acknowledgement has not left; nil when it has
	Bounced        *bounce        // why the last reply came back; nil when it did not
	Rating         *ticket.Rating // what the applicant thinks of the answers; nil: nothing said
	Thread         []entry
	LastMessage    int64 // what the reader has on screen, for the stop before a stale send
	Undelivered    bool  // a reply waits to be sent, so the page looks again soon
	Live           string
	Assignees      []page.Option
	Statuses       []page.Option // that a person can set
	Draft          draft
	Panel          linkPanel
	Others         []ticket.Row // of the account
	OthersAll      string
	SameEmail      []ticket.Row // of the address, on another account or none
	SameEmailAll   string
	Alert          string    // why the last action was not done
	Question       *question // asked before it is
	Myself         int64
	SeenAssignee   int64 // whose the ticket is on this page, 0 nobody's
	Reasons        []page.Option
	May            permissions
}

// draft is what was typed and not sent.
type draft struct {
	Kind       string // reply or note
	Reply      string
	Note       string
	Status     string
	NoteStatus string
	ToAccount  bool
	Excluded   string // why the ticket was excluded: sending takes that off
	Problem    string
	Stale      bool // messages arrived while it was written
}

type permissions struct{ Release, ReleaseFiles, Rescan bool }

// Do is where a form of the page goes; the answer leads back to the ticket as it was reached.
func (d *ticketPage) Do(action string) string { return d.URL + action + d.From.suffix() }

// Ask is the page that asks before it links or confirms.
func (d *ticketPage) Ask(number string) string { return askPath(d.URL, d.From, number) }

// TicketShow shows a ticket.
func (a *Area) TicketShow(c *gin.Context) error {
	data, err := a.ticketPage(c)
	if err != nil {
		return err
	}
	data.takeUp(c.Query("draft"))
	data.takeBack(c)
	member, err := me(c)
	if err != nil {
		return err
	}
	if !data.Ticket.Link().Found() && data.InHand {
		if err := a.Tickets.LookedForAccount(c.Request.Context(), member.ID, data.ID); err != nil {
			a.Logger.Warn("a look for an account is not counted", slog.Any("error", err))
		}
	}
	if data.Ticket.Link().ShowsFacts() {
		if err := a.accounts.RecordVisit(c.Request.Context(), *data.AccountID, member.ID, data.ID); err != nil {
			return err
		}
	}
	return a.Pages.HTML(c, http.StatusOK, "console/ticket_show", data)
}

// TicketLive answers what an open ticket asks for by itself: nothing while nothing has happened, else the thread and the head.
// The forms are left alone: nobody's typing is disturbed.
func (a *Area) TicketLive(c *gin.Context) error {
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	t, err := a.Tickets.ByReference(c.Request.Context(), reference)
	if err != nil {
		return err
	}
	if c.Query("shown") == strconv.FormatInt(t.Version, 10)+".0" {
		c.Status(http.StatusNoContent)
		return nil
	}
	data, err := a.ticketPage(c)
	if err != nil {
		return err
	}
	if c.Query("shown") == data.mark() {
		c.Status(http.StatusNoContent)
		return nil
	}
	return a.Pages.Fragment(c, http.StatusOK, "console/ticket_show", "ticket-live", data)
}

// mark stands for what the thread shows: the ticket's version, and how many replies can still be taken back.
func (d *ticketPage) mark() string {
	open := 0
	for _, e := range d.Thread {
		if e.Withdrawable {
			open++
		}
	}
	return strconv.FormatInt(d.Version, 10) + "." + strconv.Itoa(open)
}

// referenceOf reads the reference in the path as a person may have typed it.
func referenceOf(c *gin.Context) (string, error) {
	reference, ok := identifier.ParseReference(c.Param("reference"))
	if !ok {
		return "", failure.NotFound("There is no such ticket.")
	}
	return reference, nil
}

// again shows the ticket with what could not be done, keeping what was typed. Failures that the reader cannot mend go on to
// the error page.
func (a *Area) again(c *gin.Context, err error, change func(*ticketPage)) error {
	if !recoverable(err) {
		return err
	}
	data, pageErr := a.ticketPage(c)
	if pageErr != nil {
		return pageErr
	}
	data.Alert = failure.Text(err, data.Printer.T("console.ticket.not_done"))
	data.Error = true
	if change != nil {
		change(data)
	}
	return a.Pages.HTML(c, statusOf[failure.KindOf(err)], "console/ticket_show", data)
}

func (a *Area) ticketPage(c *gin.Context) (*ticketPage, error) {
	ctx := c.Request.Context()
	member, err := me(c)
	if err != nil {
		return nil, err
	}
	reference, err := referenceOf(c)
	if err != nil {
		return nil, err
	}
	d := &ticketPage{URL: ticketsPath + "/" + reference, May: permissions{
		Release: member.Role.Can(staff.ReleaseSuspect), ReleaseFiles: member.Role.Can(staff.ReleaseFiles), Rescan: a.Scanner != nil,
	}}
	if d.Ticket, err = a.Tickets.ByReference(ctx, reference); err != nil {
		return nil, err
	}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return nil, err
	}
	d.From, d.Myself = originOf(c), member.ID
	if d.AssigneeID != nil {
		d.SeenAssignee = *d.AssigneeID
	}
	d.Path, d.Back = d.URL, d.From.back(reference)
	d.Title = d.Reference + " " + d.Subject
	if err := a.fillTicket(ctx, d, member); err != nil {
		return nil, fmt.Errorf("show ticket %s: %w", reference, err)
	}
	return d, nil
}

// fillUnsent tells of the ticket's mails that have not left: of replies at the reply, of others above.
func (a *Area) fillUnsent(ctx context.Context, d *ticketPage, tell teller) error {
	unsent, err := a.Tickets.Unsent(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, u := range unsent {
		line := tell.unsent(u)
		reply := ticket.ReplyOf(u)
		if reply == 0 {
			d.Unacknowledged = &line
			continue
		}
		for i, e := range d.Thread {
			if e.Message != nil && e.Message.ID == reply {
				d.Thread[i].Unsent = &line
			}
		}
	}
	return nil
}

func (a *Area) fillTicket(ctx context.Context, d *ticketPage, member staff.Member) error {
	known, err := a.known(ctx)
	if err != nil {
		return err
	}
	thread, err := a.Tickets.Thread(ctx, d.ID)
	if err != nil {
		return err
	}
	events, err := a.Tickets.Events(ctx, d.ID)
	if err != nil {
		return err
	}
	everybody, err := a.staff.List(ctx)
	if err != nil {
		return err
	}
	named, err := a.accounts.ByIDs(ctx, linkedAccounts(events))
	if err != nil {
		return err
	}
	tell := teller{p: d.Printer, staff: everybody, accounts: named, myself: member.ID}
	now := a.Now()
	d.Thread = weave(thread, events, now, tell.line)
	d.markMine()
	d.Bounced = bounced(thread, events, tell.p)
	tell.markLate(d.Thread, events)
	if err := a.fillUnsent(ctx, d, tell); err != nil {
		return err
	}
	for i, m := range thread {
		if m.Delivery == ticket.DeliveryWaiting && d.Ticket.Link().FollowsAccount() {
			thread[i].Recipient = d.Email // where it will go
		}
		d.LastMessage = max(d.LastMessage, m.ID)
		d.Undelivered = d.Undelivered || m.Delivery == ticket.DeliveryWaiting || m.Delivery == ticket.DeliverySending
	}
	d.words(known, tell, member)
	if slices.ContainsFunc(events, func(e ticket.Event) bool { return e.Kind == ticket.EventRated }) {
		rating, err := a.Tickets.Rating(ctx, d.ID)
		if err != nil {
			return err
		}
		d.Rating = &rating
	}
	if d.Panel, err = a.linkPanel(ctx, d.Ticket, events, tell); err != nil {
		return err
	}
	return a.others(ctx, d)
}

// words adds labels and choices.
func (d *ticketPage) words(k known, tell teller, member staff.Member) {
	p := d.Printer
	d.CategoryLabel = k.category(p, d.Category)
	if d.Category != d.CategorySubmitted {
		d.SubmittedLabel = k.category(p, d.CategorySubmitted)
	}
	for _, q := range k.queues {
		if q.ID == d.QueueID {
			d.QueueLabel = k.queue(p, q.Code)
		}
	}
	d.Suspicions = tell.suspicions(d.SuspectedOf)
	d.InHand, d.Confirmable, d.AssigneeValue = d.Status.InHand(), d.Ticket.Link().Unsure(), "none"
	if d.AssigneeID != nil {
		d.AssigneeValue = strconv.FormatInt(*d.AssigneeID, 10)
		d.AssigneeName = tell.member(d.AssigneeValue)
		d.AssignedToMe = *d.AssigneeID == member.ID
	}
	d.Assignees = []page.Option{{Value: "none", Label: p.T("console.nobody")}}
	for _, m := range k.staff {
		d.Assignees = append(d.Assignees, page.Option{Value: strconv.FormatInt(m.ID, 10), Label: m.Name})
	}
	for _, s := range ticket.Statuses()[1:] {
		d.Statuses = append(d.Statuses, page.Option{Value: string(s), Label: p.T("status." + string(s))})
	}
	for _, r := range []string{"duplicate", "spam"} {
		d.Reasons = append(d.Reasons, page.Option{Value: r, Label: p.T("console.reason." + r)})
	}
	d.Draft = draft{Kind: "reply", Status: string(ticket.StatusPending)}
	d.Live = d.URL + "/live" + d.From.suffix("shown", d.mark())
}

// shownOthers is how many other tickets stand beside a ticket; the rest is a list.
const shownOthers = 5

// others finds what else the account and the address have asked.
func (a *Area) others(ctx context.Context, d *ticketPage) error {
	if d.AccountID != nil && d.Panel.ShowsFacts {
		found, err := a.Tickets.List(ctx, ticket.Filter{AccountID: *d.AccountID, WithExcluded: true, Limit: shownOthers + 1})
		if err != nil {
			return err
		}
		d.Others = d.but(found.Rows)
		d.OthersAll = ticketsPath + "?view=all&account=" + d.Panel.Account.Number
	}
	found, err := a.Tickets.List(ctx, ticket.Filter{Emails: []string{d.Email, d.ApplicantEmail}, WithExcluded: true, Limit: 2 * shownOthers})
	if err != nil {
		return err
	}
	for _, r := range d.but(found.Rows) {
		if !slices.ContainsFunc(d.Others, func(o ticket.Row) bool { return o.ID == r.ID }) {
			d.SameEmail = append(d.SameEmail, r)
		}
	}
	d.SameEmailAll = ticketsPath + "?view=all&email_of=" + d.Reference
	return nil
}

// but drops the ticket itself.
func (d *ticketPage) but(rows []ticket.Row) []ticket.Row {
	rows = slices.DeleteFunc(rows, func(r ticket.Row) bool { return r.ID == d.ID })
	return rows[:min(len(rows), shownOthers)]
}
