package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
)

// SECRET_KEY has changed, and the former key is gone, before a link's mail left: the mail that goes out holds a link that works, of the present
// key, and that link alone. A mail that is tried again holds the same one.
func TestALinkWhoseKeyIsGoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	_, db, ana, _ := desk(t)
	requests := func(keys ...string) account.Requests {
		r := account.Requests{DB: db, Now: time.Now}
		for _, key := range keys {
			r.Keys = append(r.Keys, []byte(key))
		}
		return r
	}
	const former, present = "the key before, which was long enough", "the key now, which is long enough, too"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(requests(former).Ask(t.Context(), account.Request{Kind: account.RequestPassword, Email: "ana@mail.example", Language: "en"}))
	var id, task int64
	must(db.QueryRow(t.Context(), `SELECT id FROM mail_request`).Scan(&id))
	must(db.QueryRow(t.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('answer_request', $1, now(), now()) RETURNING id`, id).Scan(&task))
	mailed := func(r account.Requests, answer error) (token string) {
		t.Helper()
		err := r.Answer(t.Context(), task, id, func(_ context.Context, _ pgx.Tx, in *account.Request, link string) (func(context.Context) error, error) {
			in.AccountID, token = &ana, link
			return func(context.Context) error { return answer }, nil
		})
		if (err != nil) != (answer != nil) {
			t.Fatalf("answer: %v", err)
		}
		return token
	}
	before := mailed(requests(former), failure.Unavailable("Later.", nil))
	kept := mailed(requests(present, former), failure.Unavailable("Later.", nil)) // rotated by the book: the link stays
	if kept != before {
		t.Error("the link changes although its key is there")
	}
	made := mailed(requests(present), failure.Unavailable("Later.", nil))
	if made == before {
		t.Fatal("the link is of a key that is gone")
	}
	if again := mailed(requests(present), nil); again != made {
		t.Error("the mail that is tried again holds another link")
	}
	now := requests(present)
	if _, err := now.Peek(t.Context(), account.RequestPassword, before); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("the former link: %v, want not_found", err)
	}
	if _, err := now.Peek(t.Context(), account.RequestEmail, made); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("as a link of another kind: %v, want not_found", err)
	}
	got, err := now.Peek(t.Context(), account.RequestPassword, made)
	if err != nil || got.AccountID == nil || *got.AccountID != ana {
		t.Errorf("the link is for %+v (%v), want account %d", got, err, ana)
	}
}
