package workers

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/mail"
)

// answerNumber mails an account's number to the address on file. An address without an account gets no mail: else anybody could have us
// write to strangers, as often as they like. Who waits in vain reads on the page, which is the same for all, what to do then.
func (w *Workers) answerNumber(ctx context.Context, tx pgx.Tx, in *account.Request, _ string) (func(context.Context) error, error) {
	known, err := account.Store{DB: tx}.ByEmail(ctx, in.Email)
	if failure.Is(err, failure.KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	in.AccountID = &known.ID
	n := notice(in, "number", known.Name, "account/sign-in")
	n.To = known.Email // as it is on file, however it was typed
	n.About = mail.About{Account: known.ID}
	n.Number = identifier.FormatAccountNumber(known.Number)
	return w.sendNotice(n), nil
}
