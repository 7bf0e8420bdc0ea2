package workers

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
)

// answerRequest mails what somebody asked for, if it is theirs to have. The page that took the request knew nothing: here is where it
// is looked up.
func (w *Workers) answerRequest(ctx context.Context, task outbox.Task) error {
	return w.Accounts.Answer(ctx, task.ID, task.Subject, func(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
		answers := map[account.RequestKind]account.Answer{
			account.RequestRegistration: w.answerRegistration,
			account.RequestPassword:     w.answerPassword,
			account.RequestEmail:        w.answerEmail,
			account.RequestStatus:       w.answerStatus,
			account.RequestNumber:       w.answerNumber,
		}
		answer, known := answers[in.Kind]
		if !known {
			return nil, failure.New(failure.KindInvalid, "Nobody answers this kind of request.", fmt.Errorf("kind %q", in.Kind))
		}
		return answer(ctx, tx, in, token)
	})
}

// notice is a mail in answer to a request, in its language and to the address that was typed.
func notice(in *account.Request, what, name, path string) mail.Notice {
	return mail.Notice{To: in.Email, Name: name, Language: in.Language, What: what, Path: path, ID: strconv.FormatInt(in.ID, 10)}
}

// noticeOf lets a notice's bounces be the account's.
func noticeOf(a account.Account, n mail.Notice) mail.Notice {
	n.About = mail.About{Account: a.ID}
	return n
}

func (w *Workers) sendNotice(n mail.Notice) func(context.Context) error {
	return func(ctx context.Context) error { return w.Mail.Notify(ctx, n) }
}

// answerRegistration mails the link that confirms the address, or says that there is an account already.
func (w *Workers) answerRegistration(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
	known, err := account.Store{DB: tx}.ByEmail(ctx, in.Email)
	switch {
	case failure.Is(err, failure.KindNotFound):
		return w.sendNotice(notice(in, "register", "", "register/confirm/"+token)), nil
	case err != nil:
		return nil, err
	}
	return w.sendNotice(noticeOf(known, notice(in, "register_known", known.Name, "account/sign-in"))), nil
}

// answerPassword mails the link that sets a password. An address without an account gets no mail: nobody may have us write to strangers.
func (w *Workers) answerPassword(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
	known, err := w.whosePassword(ctx, tx, in)
	if failure.Is(err, failure.KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	in.AccountID = &known.ID
	in.Email = known.Email // as it is on file, however it was typed
	return w.sendNotice(noticeOf(known, notice(in, "password", known.Name, "account/password/"+token))), nil
}

// whosePassword finds the account that a password was asked for, by its address or its number; not_found also for one that is held.
func (w *Workers) whosePassword(ctx context.Context, tx pgx.Tx, in *account.Request) (known account.Account, err error) {
	if in.Number != "" {
		known, err = account.Store{DB: tx}.ByNumber(ctx, in.Number)
	} else {
		known, err = account.Store{DB: tx}.ByEmail(ctx, in.Email)
	}
	if err == nil && known.Held {
		return account.Account{}, failure.NotFound("This account is held.")
	}
	return known, err
}

// answerEmail mails the link that confirms another address of an account, unless that address has an account of its own: then it says
// so, there and nowhere else.
func (w *Workers) answerEmail(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
	known, err := account.Store{DB: tx}.ByEmail(ctx, in.Email)
	switch {
	case failure.Is(err, failure.KindNotFound):
		return w.sendNotice(notice(in, "new_email", "", "account/email/"+token)), nil
	case err != nil:
		return nil, err
	}
	return w.sendNotice(noticeOf(known, notice(in, "new_email_known", known.Name, "account/sign-in"))), nil
}
