package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// OutboxAsked is the outbox's event for something that is to be answered by mail; its subject is the request's ID.
const OutboxAsked = "mail.asked"

// RequestKind says what somebody asked to be sent by mail.
type RequestKind string

// The kinds of request.
const (
	RequestRegistration RequestKind = "registration" // confirm the address of a new account
	RequestPassword     RequestKind = "password"     // set another password
	RequestEmail        RequestKind = "email"        // confirm another address of an account
	RequestEmailUndo    RequestKind = "email_undo"   // take that back: to the address before
	RequestNumber       RequestKind = "number"       // the account number; no link
	RequestStatus       RequestKind = "status"       // follow a question without an account
)

// lasts is how long the link of each kind can be used.
var lasts = map[RequestKind]time.Duration{
	RequestRegistration: 24 * time.Hour,
	RequestPassword:     time.Hour,
	RequestEmail:        24 * time.Hour,
	RequestEmailUndo:    7 * 24 * time.Hour,
	RequestNumber:       time.Hour,
	RequestStatus:       10 * time.Minute,
}

// Lasts is how long the link of a kind can be used.
func (k RequestKind) Lasts() time.Duration { return lasts[k] }

// Request is what somebody asked for. Whether the address is known stands nowhere: a worker looks when it answers. Number is a password's,
// where it was typed instead of an address; Reference a status's, as typed; Name to PasswordHash are a registration's.
type Request struct {
	ID           int64
	Kind         RequestKind
	Email        string // as typed; once it is answered, as on file
	Number       string
	Language     string
	AskedAt      time.Time
	ExpiresAt    time.Time
	AccountID    *int64
	Epoch        int64 // of the account when the link was made; 0 for a link that no change of credentials voids
	TicketID     *int64
	Reference    string
	Name         string
	DateOfBirth  *time.Time
	Address      string
	PasswordHash string
}

const requestColumns = `r.id, r.kind, r.email, r.number, r.language, r.asked_at, r.expires_at, r.account_id, COALESCE(r.epoch, 0) AS epoch,
	r.ticket_id, r.reference, r.name, r.date_of_birth, r.address, r.password_hash`

// Requests keeps what is answered by mail, and the links in those mails. Keys are secret; the first one makes links. Wake
// (outbox.Waker's) is called after Ask.
type Requests struct {
	DB   *pgxpool.Pool
	Keys [][]byte
	Now  func() time.Time
	Wake func()
}

// Ask takes a request in, in one statement that is the same whatever is on file. Anybody may call it. Errors: unavailable.
func (r Requests) Ask(ctx context.Context, in Request) error {
	err := r.ask(ctx, r.DB, in)
	if err == nil && r.Wake != nil {
		r.Wake()
	}
	return err
}

func (r Requests) ask(ctx context.Context, db postgres.Querier, in Request) error {
	in.Email = identifier.CleanEmail(in.Email)
	nonce, hash := newLinkToken(r.Keys[0], in.Kind)
	now := r.Now().UTC()
	_, err := db.Exec(ctx, `
		WITH asked AS (
			INSERT INTO mail_request (kind, email, number, language, nonce, token_hash, asked_at, expires_at, account_id, epoch, reference, name,
				date_of_birth, address, password_hash)
			VALUES (@kind, @email, @number, @language, @nonce, @hash, @now, @expires, @account, NULLIF(@epoch, 0), @reference, @name,
				@born, @address, @password)
			RETURNING id
		)
		INSERT INTO outbox (event, subject_id) SELECT @event, id FROM asked`, pgx.NamedArgs{
		"kind": in.Kind, "email": in.Email, "number": in.Number, "language": in.Language, "nonce": nonce, "hash": hash, "now": now,
		"event": OutboxAsked, "expires": now.Add(in.Kind.Lasts()), "account": in.AccountID, "epoch": in.Epoch, "reference": in.Reference,
		"name": in.Name, "born": in.DateOfBirth, "address": in.Address, "password": in.PasswordHash,
	})
	if err != nil {
		return fmt.Errorf("ask for a mail (%s): %w", in.Kind, postgres.Failure(err))
	}
	return nil
}

// Answer is what a worker sends for a request; nil sends nothing. It may set the request's AccountID and TicketID, which are kept: what
// the link is for.
type Answer func(ctx context.Context, tx pgx.Tx, in *Request, token string) (send func(context.Context) error, err error)

// Answer deals with a request: what its link is for is committed before the mail leaves, because people are quick; then the mail goes
// out, once. What has expired meanwhile is dropped. Called by the worker. Errors: those of answer, and of a mail that is tried again.
func (r Requests) Answer(ctx context.Context, task, id int64, answer Answer) error {
	err := outbox.Mailing[func(context.Context) error]{
		DB: r.DB,
		Claim: func(ctx context.Context, tx pgx.Tx, tasks []outbox.Task) ([]outbox.Letter[func(context.Context) error], error) {
			send, err := r.answer(ctx, tx, id, answer)
			if err != nil || send == nil {
				return nil, err
			}
			return []outbox.Letter[func(context.Context) error]{{Task: tasks[0].ID, Key: fmt.Sprintf("request/%d", id), Content: send}}, nil
		},
		Send: outbox.Each,
	}.Run(ctx, outbox.Task{ID: task})
	if err != nil {
		return fmt.Errorf("answer request %d: %w", id, err)
	}
	return nil
}

// answer decides about a request, and keeps what was decided.
func (r Requests) answer(ctx context.Context, tx pgx.Tx, id int64, answer Answer) (send func(context.Context) error, err error) {
	rows, err := tx.Query(ctx, `SELECT `+requestColumns+`, r.nonce, r.token_hash, NOT (`+standing+`) AS void FROM mail_request r WHERE r.id = $1 FOR UPDATE`, id)
	if err != nil {
		return nil, err
	}
	type locked struct {
		Request
		Nonce, TokenHash []byte
		Void             bool
	}
	in, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[locked])
	if failure.Is(postgres.Failure(err), failure.KindNotFound) || err == nil && (!r.Now().Before(in.ExpiresAt) || in.Void) {
		return nil, nil // swept, or its link would be of no use
	}
	if err != nil {
		return nil, err
	}
	token, err := writeLinkToken(r.Keys, in.Kind, in.Nonce, in.TokenHash)
	if errors.Is(err, errKeyGone) {
		token, err = r.remake(ctx, tx, in.Request)
	}
	if err != nil {
		return nil, err
	}
	if send, err = answer(ctx, tx, &in.Request, token); err != nil {
		return nil, err
	}
	tag, err := tx.Exec(ctx, `
		UPDATE mail_request r
		SET answered_at = @now, email = @email, account_id = @account, ticket_id = @ticket, epoch = COALESCE(r.epoch, a.epoch)
		FROM (SELECT @account::bigint AS id) AS known
		LEFT JOIN account a ON a.id = known.id
		WHERE r.id = @id AND (r.epoch IS NOT NULL OR r.kind = @number OR a.epoch_since IS NULL OR r.asked_at >= a.epoch_since)`, pgx.NamedArgs{
		"id": id, "now": r.Now().UTC(), "email": in.Email, "account": in.AccountID, "ticket": in.TicketID, "number": RequestNumber,
	})
	if err != nil || tag.RowsAffected() == 0 {
		return nil, err // its account's credentials have changed since it was asked for
	}
	return send, nil
}

// remake gives a request another link when the key of its own is gone before its mail left.
func (r Requests) remake(ctx context.Context, tx pgx.Tx, in Request) (token string, err error) {
	nonce, hash := newLinkToken(r.Keys[0], in.Kind)
	if _, err := tx.Exec(ctx, `UPDATE mail_request SET nonce = $2, token_hash = $3 WHERE id = $1`, in.ID, nonce, hash); err != nil {
		return "", err
	}
	return writeLinkToken(r.Keys, in.Kind, nonce, hash)
}

// standing holds of a request whose account has the epoch under which it was made, and for which no newer one of its kind was asked for: an
// account has one open link of a kind, and of status links one for each question. What voids no epoch has none.
const standing = `r.epoch IS NULL
	OR r.epoch = (SELECT a.epoch FROM account a WHERE a.id = r.account_id)
		AND NOT EXISTS (
			SELECT FROM mail_request newer
			WHERE newer.account_id = r.account_id AND newer.kind = r.kind AND newer.id > r.id AND newer.ticket_id IS NOT DISTINCT FROM r.ticket_id)`

const usable = `r.kind = $1 AND r.token_hash = $2 AND r.answered_at IS NOT NULL AND r.used_at IS NULL AND r.expires_at > $3 AND (` + standing + `)`

// Peek finds what a link is for and changes nothing: mail scanners open links. Errors: not_found when it is unknown, used, void or too old,
// whichever it is.
func (r Requests) Peek(ctx context.Context, kind RequestKind, token string) (Request, error) {
	return r.find(ctx, r.DB, kind, token, `SELECT `+requestColumns+` FROM mail_request r WHERE `+usable)
}

// Use is Peek that uses the link up, in the caller's transaction: of two at once the second gets not_found.
func (r Requests) Use(ctx context.Context, tx pgx.Tx, kind RequestKind, token string) (Request, error) {
	return r.find(ctx, tx, kind, token, `UPDATE mail_request r SET used_at = $3 WHERE `+usable+` RETURNING `+requestColumns)
}

func (r Requests) find(ctx context.Context, db postgres.Querier, kind RequestKind, token, sql string) (Request, error) {
	hash, _ := readLinkToken(token) // what is none is no row's
	rows, err := db.Query(ctx, sql, kind, hash, r.Now().UTC())
	if err != nil {
		return Request{}, fmt.Errorf("find a link (%s): %w", kind, postgres.Failure(err))
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
	if err != nil {
		return Request{}, fmt.Errorf("find a link (%s): %w", kind, postgres.Failure(err))
	}
	return found, nil
}

// Sweep forgets requests a day after they have expired, and gives how many.
func (r Requests) Sweep(ctx context.Context) (int64, error) {
	tag, err := r.DB.Exec(ctx, `DELETE FROM mail_request WHERE expires_at < $1`, r.Now().UTC().Add(-24*time.Hour))
	if err != nil {
		return 0, fmt.Errorf("forget requests: %w", postgres.Failure(err))
	}
	return tag.RowsAffected(), nil
}
