package workers

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// sendNumber mails the number of an account that was just registered.
func (w *Workers) sendNumber(ctx context.Context, task outbox.Task) error {
	return w.finishWithMail(ctx, task, func(ctx context.Context, tx pgx.Tx) ([]mail.Notice, error) {
		a, err := account.Store{DB: tx}.ByID(ctx, task.Subject)
		if err != nil {
			return nil, err
		}
		return []mail.Notice{{
			To: a.Email, Name: a.Name, Language: a.Language, What: "registered", Number: identifier.FormatAccountNumber(a.Number),
			Path: "account", ID: strconv.FormatInt(a.ID, 10),
		}}, nil
	})
}

// tellOwner mails the owner of an account what happened to it; about another e-mail address both addresses hear.
func (w *Workers) tellOwner(ctx context.Context, task outbox.Task) error {
	return w.finishWithMail(ctx, task, func(ctx context.Context, tx pgx.Tx) ([]mail.Notice, error) {
		store := account.Store{DB: tx}
		happened, err := store.EventByID(ctx, task.Subject)
		if err != nil {
			return nil, err
		}
		a, err := store.ByID(ctx, happened.AccountID)
		if err != nil {
			return nil, err
		}
		n := mail.Notice{
			To: a.Email, Name: a.Name, Language: a.Language, What: "happened." + string(happened.Kind), Path: "account/security",
			ID: strconv.FormatInt(happened.ID, 10),
		}
		notices := []mail.Notice{n}
		if old := happened.Data.Before["email"]; old != "" {
			n.To, n.ID = old, n.ID+"/old"
			notices = append(notices, n)
		}
		return notices, nil
	})
}

// finishWithMail sends notices and finishes the task, whose row is locked meanwhile. What has gone from the database, and what no mail
// server will ever take, finishes it too; the last attempt's failure is final.
func (w *Workers) finishWithMail(ctx context.Context, task outbox.Task, write func(context.Context, pgx.Tx) ([]mail.Notice, error)) error {
	k, _ := kindOf(task.Kind)
	return postgres.InTx(ctx, w.db, func(tx pgx.Tx) error {
		pending, err := outbox.Pending(ctx, tx, task.ID)
		if err != nil || !pending {
			return err
		}
		notices, err := write(ctx, tx)
		if err != nil && !failure.Is(err, failure.KindNotFound) {
			return err
		}
		for _, n := range notices {
			err := w.Mail.Notify(ctx, n)
			if err != nil && !failure.Is(err, failure.KindInvalid) && (ctx.Err() != nil || !k.exhausted(err, task.Attempts)) {
				return err
			}
		}
		return outbox.Done(ctx, tx, task.ID)
	})
}
