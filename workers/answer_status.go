package workers

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
)

// answerStatus mails the link behind which a question can be followed, to the address on it and in its language, if the reference and
// the address that were typed belong together. Else there is no mail: nobody may have us write to strangers. A question in quarantine
// is answered like any other, so that its applicant sees no difference; how many such mails one address gets is limited by
// REQUEST_RATE. One that a person took for spam, or deleted, is answered no more.
func (w *Workers) answerStatus(ctx context.Context, tx pgx.Tx, in *account.Request, token string) (func(context.Context) error, error) {
	t, err := w.Tickets.ToFollow(ctx, tx, in.Reference, in.Email)
	if failure.Is(err, failure.KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	in.TicketID = &t.ID
	if t.Link().FollowsAccount() {
		in.AccountID = t.AccountID // with whose credentials the link ends
	}
	n := notice(in, "status", "", "status/"+token)
	n.To, n.Language, n.Args = t.Email, t.Language, []any{"reference", t.Reference}
	n.Category, n.Label = t.Category, t.CategoryName
	n.About = mail.About{Ticket: t.Reference}
	return w.sendNotice(n), nil
}
