package workers_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
)

// People open a link the moment that its mail is there: by then it works.
func TestALinkWorksWhenItsMailIsThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "redis://127.0.0.1:1") // nothing runs beside this
	ctx := t.Context()
	if err := d.accounts.Ask(ctx, account.Request{Kind: account.RequestStatus, Email: "ana@mail.example", Language: "en", Reference: "ASK-2222-2222"}); err != nil {
		t.Fatal(err)
	}
	var request, task int64
	err := d.db.QueryRow(ctx, `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at)
		SELECT 'answer_request', id, now(), now() FROM mail_request
		RETURNING id, subject_id`).Scan(&task, &request)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	answer := func(_ context.Context, _ pgx.Tx, _ *account.Request, token string) (func(context.Context) error, error) {
		return func(ctx context.Context) error {
			sent++
			_, err := d.accounts.Peek(ctx, account.RequestStatus, token)
			return err
		}, nil
	}
	for range 2 { // a second time there is no such task
		if err := d.accounts.Answer(ctx, task, request, answer); err != nil {
			t.Errorf("while the mail goes out its link does not work: %v", err)
		}
	}
	if sent != 1 {
		t.Errorf("%d mails, want 1", sent)
	}
}
