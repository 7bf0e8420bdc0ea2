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
			Path: "account", ID: strconv.FormatInt(a.ID, 10), About: mail.About{Account: a.ID},
		}}, nil
	})
}

// tellOwner mails the owner of an account what happened to it; about another email address both addresses hear.
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
		return w.noticesOf(ctx, tx, happened, a)
	})
}

// pathsOf are where the link of what happened leads, if not to the page about the account's security.
var pathsOf = map[account.EventKind]string{
	account.EventEmailUndone: "account/password", account.EventHeld: "", account.EventSecondStepFailed: "account/password",
	account.EventSecondStepShut: "account/password",
}

// noticesOf writes the mails about what happened. The one to an address that is to be replaced, or was, holds the link that takes it back; so
// does the one about a second step that was added, for an owner who did not add it cannot sign in any more.
func (w *Workers) noticesOf(ctx context.Context, tx pgx.Tx, happened account.Event, a account.Account) ([]mail.Notice, error) {
	path, other := pathsOf[happened.Kind]
	if !other {
		path = "account/security"
	}
	n := mail.Notice{
		To: a.Email, Name: a.Name, Language: a.Language, What: "happened." + string(happened.Kind), Path: path,
		ID: strconv.FormatInt(happened.ID, 10), About: mail.About{Account: a.ID},
	}
	old := n
	old.To, old.ID = happened.Data.Before["email"], n.ID+"/old"
	undo, err := w.undoOf(ctx, tx, happened, a)
	if err != nil {
		return nil, err
	}
	if undo != 0 {
		email, token, err := w.Accounts.Undo(ctx, tx, undo)
		if err != nil {
			return nil, err // not_found: it was used before this mail went out
		}
		old.To, old.What, old.Path = email, n.What+"_undo", "account/not-me/"+token
	}
	switch {
	case undo != 0 && (happened.Kind == account.EventEmailAsked || happened.Kind == account.EventFactorAdded):
		return []mail.Notice{old}, nil
	case old.To != "":
		return []mail.Notice{n, old}, nil
	}
	return []mail.Notice{n}, nil
}

// undoOf gives the link that takes back what happened; 0 for what has none. A change that the agency imported comes without one.
func (w *Workers) undoOf(ctx context.Context, tx pgx.Tx, happened account.Event, a account.Account) (id int64, err error) {
	switch before := happened.Data.Before["email"]; {
	case happened.Kind == account.EventFactorAdded:
		return w.Accounts.UndoSince(ctx, tx, a, happened.At)
	case happened.Kind == account.EventEmailChanged && happened.Data.Undo == 0 && before != "":
		a.Email = before
		return w.Accounts.UndoSince(ctx, tx, a, happened.At)
	}
	return happened.Data.Undo, nil
}

// finishWithMail sends notices and finishes the task. What has gone from the database finishes it too.
func (w *Workers) finishWithMail(ctx context.Context, task outbox.Task, write func(context.Context, pgx.Tx) ([]mail.Notice, error)) error {
	return outbox.Mailing[func(context.Context) error]{
		DB: w.db,
		Claim: func(ctx context.Context, tx pgx.Tx, _ []outbox.Task) (letters []outbox.Letter[func(context.Context) error], err error) {
			notices, err := write(ctx, tx)
			if err != nil && !failure.Is(err, failure.KindNotFound) {
				return nil, err
			}
			for _, n := range notices {
				letters = append(letters, outbox.Letter[func(context.Context) error]{
					Task: task.ID, Key: "notice/" + n.What + "/" + n.ID, Content: w.sendNotice(n),
				})
			}
			return letters, nil
		},
		Send: outbox.Each,
	}.Run(ctx, task)
}
