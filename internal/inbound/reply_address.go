package inbound

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/secret"
)

// keptReference finds the ticket whose reply address was kept before its key went (KeepReplyAddresses); "" when there is none.
func (d *Desk) keptReference(ctx context.Context, address string) (string, error) {
	hash, ok := d.Replies.Hash(address)
	if !ok {
		return "", nil
	}
	var reference string
	err := d.DB.QueryRow(ctx, `
		SELECT COALESCE((
			SELECT t.reference
			FROM reply_address a
			JOIN ticket t ON t.id = a.ticket_id
			WHERE a.hash = $1), '')`, hash).Scan(&reference)
	if err != nil {
		return "", fmt.Errorf("look up a reply address: %w", postgres.Failure(err))
	}
	return reference, nil
}

const keepBatch = 5000

// KeepReplyAddresses writes down which ticket each reply address under an older key belongs to, so that answers to old mails are understood
// when the key is gone. It goes on where it was stopped, and is safe while the desk serves. done is called after each batch with how many
// tickets it held. Errors: unavailable.
func KeepReplyAddresses(ctx context.Context, db postgres.Querier, key []byte, done func(tickets int)) error {
	id, err := secret.ID(key)
	if err != nil {
		return err
	}
	for {
		n, err := keepSome(ctx, db, key, id)
		if err != nil {
			return fmt.Errorf("keep reply addresses: %w", postgres.Failure(err))
		}
		if n == 0 {
			return nil
		}
		done(n)
	}
}

func keepSome(ctx context.Context, db postgres.Querier, key []byte, id secret.KeyID) (int, error) {
	rows, err := db.Query(ctx, `
		SELECT id, reference
		FROM ticket
		WHERE id > COALESCE((SELECT replies_through FROM secret_key WHERE id = $1), 0)
		ORDER BY id
		LIMIT $2`, id[:], keepBatch)
	if err != nil {
		return 0, err
	}
	var tickets []int64
	var hashes [][]byte
	var ticket int64
	var reference string
	_, err = pgx.ForEachRow(rows, []any{&ticket, &reference}, func() error {
		tickets, hashes = append(tickets, ticket), append(hashes, mail.ReplyAddressHash(key, reference))
		return nil
	})
	if err != nil || len(tickets) == 0 {
		return 0, err
	}
	_, err = db.Exec(ctx, `
		WITH kept AS (
			INSERT INTO reply_address (hash, ticket_id)
			SELECT h, t FROM unnest($2::bytea[], $3::bigint[]) AS a (h, t)
			ON CONFLICT DO NOTHING
		)
		INSERT INTO secret_key AS k (id, replies_through) VALUES ($1, $4)
		ON CONFLICT (id) DO UPDATE SET replies_through = greatest(k.replies_through, excluded.replies_through)`,
		id[:], hashes, tickets, tickets[len(tickets)-1])
	return len(tickets), err
}
