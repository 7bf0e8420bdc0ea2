package console

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// TaskQueues asks the task queue how it stands; the workers package answers. An error means that it is unavailable.
type TaskQueues interface {
	TaskQueues(ctx context.Context) ([]outbox.TaskQueue, error)
}

// taskPage is what the workers have before them and what they are stuck on.
type taskPage struct {
	page.Frame
	Backlog  []backlogLine
	Stuck    []stuckLine
	Mails    []mailLine
	Boxes    []inbound.Mailbox
	Held     instance.Held // mail that does not leave, because the desk looks like a copy
	Queues   []outbox.TaskQueue
	Away     bool // the task queue cannot be reached: work waits in the database and is not lost
	MayRetry bool
	Empty    page.Empty
}

type backlogLine struct {
	outbox.Waiting
	Label string
}

type stuckLine struct {
	outbox.Stuck
	Label string
}

// mailLine is a mail that has not left.
type mailLine struct {
	unsentLine
	Label     string
	Reference string // of its ticket, where a reply is sent again; "" otherwise
}

const (
	taskQueuesPath = "/console/task-queues"
	stuckAfter     = 3 // attempts
	shownStuck     = 100
	queuePatience  = 2 * time.Second
)

// TaskQueueShow shows what waits, what is stuck and why.
func (a *Area) TaskQueueShow(c *gin.Context) error {
	ctx := c.Request.Context()
	member, err := me(c)
	if err != nil {
		return err
	}
	d := &taskPage{MayRetry: member.Role.Can(staff.RetryTasks)}
	backlog, err := outbox.Backlog(ctx, a.DB)
	if err != nil {
		return err
	}
	stuck, err := outbox.ListStuck(ctx, a.DB, stuckAfter, shownStuck)
	if err != nil {
		return err
	}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return err
	}
	p := d.Printer
	label := func(kind string) string {
		if kind == "" {
			return p.T("console.tasks.kind.events")
		}
		return p.Find("console.tasks.kind."+kind, kind)
	}
	for _, w := range backlog {
		d.Backlog = append(d.Backlog, backlogLine{w, label(w.Kind)})
	}
	for _, s := range stuck {
		d.Stuck = append(d.Stuck, stuckLine{s, label(s.Kind)})
	}
	if err := a.fillMails(ctx, d, label); err != nil {
		return err
	}
	if d.Boxes, err = inbound.Mailboxes(ctx, a.DB); err != nil {
		return err
	}
	d.Held, d.MailHeld = d.MailHeld, instance.Held{} // in more words than on every other page
	a.askQueues(ctx, d)
	d.Title, d.Path = p.T("console.tasks.title"), taskQueuesPath
	d.Empty = page.Empty{Icon: "check_circle", Title: p.T("console.tasks.none.title"), Text: p.T("console.tasks.none.text")}
	return a.Pages.HTML(c, http.StatusOK, "console/task_queues", d)
}

// MailRelease releases mail that is held because the database may be a copy of the desk.
func (a *Area) MailRelease(c *gin.Context) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	if err := instance.Release(c.Request.Context(), a.DB); err != nil {
		return err
	}
	a.Logger.Warn("held mail released", slog.Int64("staff", member.ID))
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("console.tasks.mail_released"))
	c.Redirect(http.StatusSeeOther, taskQueuesPath)
	return nil
}

// fillMails tells of the mails that have not left.
func (a *Area) fillMails(ctx context.Context, d *taskPage, label func(string) string) error {
	mails, err := outbox.ListUnsent(ctx, a.DB, shownStuck)
	if err != nil {
		return err
	}
	tell := teller{p: d.Printer}
	for _, m := range mails {
		l := mailLine{unsentLine: tell.unsent(m), Label: label(m.Kind)}
		if ticket.ReplyOf(m) != 0 {
			t, err := a.Tickets.ByID(ctx, m.Ticket)
			if err != nil && !failure.Is(err, failure.KindNotFound) {
				return err
			}
			l.Reference = t.Reference
		}
		d.Mails = append(d.Mails, l)
	}
	return nil
}

// MailSendAgain has a mail sent again that is not tried again by itself.
func (a *Area) MailSendAgain(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("mail"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such mail.")
	}
	p := a.Pages.Printer(c)
	switch err := outbox.SendAgain(c.Request.Context(), a.DB, id); {
	case failure.Is(err, failure.KindNotFound):
		a.Pages.Flash(c, "info", p.T("console.tasks.gone"))
	case err != nil:
		return err
	default:
		a.Pages.Flash(c, "success", p.T("console.tasks.mail_again"))
	}
	c.Redirect(http.StatusSeeOther, taskQueuesPath)
	return nil
}

// askQueues must not hold the page up: what waits in the database shows in any case.
func (a *Area) askQueues(ctx context.Context, d *taskPage) {
	if a.TaskQueues == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, queuePatience)
	defer cancel()
	var err error
	if d.Queues, err = a.TaskQueues.TaskQueues(ctx); err != nil {
		a.Logger.Warn("the task queue is unavailable", slog.Any("error", err))
		d.Away = true
	}
}

// TaskRetry makes a stuck task due at once.
func (a *Area) TaskRetry(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("task"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such task.")
	}
	p := a.Pages.Printer(c)
	switch err := outbox.Retry(c.Request.Context(), a.DB, id); {
	case failure.Is(err, failure.KindNotFound):
		a.Pages.Flash(c, "info", p.T("console.tasks.gone"))
	case err != nil:
		return err
	default:
		a.Pages.Flash(c, "success", p.T("console.tasks.retried"))
	}
	c.Redirect(http.StatusSeeOther, taskQueuesPath)
	return nil
}
