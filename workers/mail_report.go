package workers

import (
	"context"
	"strconv"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/report"
)

// mailReport mails a scheduled report to the member who asked for it: the figures as they were known at its moment.
func (w *Workers) mailReport(ctx context.Context, task outbox.Task) error {
	return w.schedules.Deliver(ctx, task.ID, task.Subject, w.sendReport)
}

func (w *Workers) sendReport(ctx context.Context, s report.Schedule, to report.Recipient) error {
	if w.TellReport == nil {
		return failure.New(failure.KindInvalid, "This desk mails no reports.", nil)
	}
	made, err := w.reports.Make(ctx, s.Query(*s.DueAt, w.Zone))
	if err != nil {
		return err
	}
	lists, err := w.reports.Lists(ctx)
	if err != nil {
		return err
	}
	letter := w.TellReport(made, lists)
	letter.To, letter.Name = to.Email, to.Name
	letter.ID = strconv.FormatInt(s.ID, 10) + "/" + strconv.FormatInt(s.DueAt.Unix(), 10)
	return w.Mail.Report(ctx, letter)
}
