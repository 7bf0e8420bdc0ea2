package console

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
)

// TaskQueues asks the task queue how it stands; the workers package answers. An error means that it is away.
type TaskQueues interface {
	TaskQueues(ctx context.Context) ([]outbox.TaskQueue, error)
}

// taskPage is what the workers have before them and what they are stuck on.
type taskPage struct {
	page.Frame
	Backlog  []backlogLine
	Stuck    []stuckLine
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
	a.askQueues(ctx, d)
	d.Title, d.Path = p.T("console.tasks.title"), taskQueuesPath
	d.Empty = page.Empty{Icon: "check_circle", Title: p.T("console.tasks.none.title"), Text: p.T("console.tasks.none.text")}
	return a.Pages.HTML(c, http.StatusOK, "console/task_queues", d)
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
		a.Logger.Warn("the task queue is away", slog.Any("error", err))
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
