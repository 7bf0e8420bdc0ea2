package transfer

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
)

// settleStaged makes of each staged row what its account is to hold. An empty cell changes nothing. Of an account that its owner has
// opened, name, address, date of birth and language are theirs where they hold something, and so is the address that they sign in with:
// mail to another one would reach somebody else. The agency's own number for them, the A-Number, is the file's.
func settleStaged(ctx context.Context, tx pgx.Tx, overwrite bool, result *Result) error {
	rows, err := tx.Query(ctx, `
		SELECT s.line, array_remove(ARRAY[
			CASE WHEN s.name <> a.name THEN 'name' END,
			CASE WHEN lower(s.email) <> lower(a.email) THEN 'email' END,
			CASE WHEN s.date_of_birth <> a.date_of_birth THEN 'date_of_birth' END,
			CASE WHEN s.address <> '' AND a.address <> '' AND s.address <> a.address THEN 'address' END,
			CASE WHEN s.language <> '' AND s.language <> a.language THEN 'language' END], NULL) AS columns
		FROM stage s
		JOIN account a USING (number)
		JOIN account_credential c ON c.account_id = a.id
		WHERE NOT $1 AND (s.name <> a.name OR lower(s.email) <> lower(a.email) OR s.date_of_birth <> a.date_of_birth
			OR s.address <> '' AND a.address <> '' AND s.address <> a.address OR s.language <> '' AND s.language <> a.language)
		ORDER BY s.line`, overwrite)
	if err != nil {
		return err
	}
	if result.Kept, err = collectKept(rows); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		WITH standing AS (
			SELECT a.*, NOT $1 AND EXISTS (SELECT FROM account_credential c WHERE c.account_id = a.id) AS theirs
			FROM account a
			JOIN stage USING (number)
		)
		UPDATE stage s
		SET name = CASE WHEN a.theirs THEN a.name ELSE s.name END,
			name_words = CASE WHEN a.theirs THEN a.name_words ELSE s.name_words END,
			email = CASE WHEN a.theirs THEN a.email ELSE s.email END,
			date_of_birth = CASE WHEN a.theirs THEN COALESCE(a.date_of_birth, s.date_of_birth) ELSE COALESCE(s.date_of_birth, a.date_of_birth) END,
			address = CASE WHEN a.theirs AND a.address <> '' OR s.address = '' THEN a.address ELSE s.address END,
			a_number = COALESCE(s.a_number, a.a_number),
			language = CASE WHEN a.theirs OR s.language = '' THEN a.language ELSE s.language END
		FROM standing a
		WHERE a.number = s.number`, overwrite)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE stage SET language = 'en' WHERE language = ''`)
	return err
}

// noteAccountChanges keeps in the temporary table "change" what the accounts of the file hold now that is to become something else.
func noteAccountChanges(ctx context.Context, tx pgx.Tx, result *Result) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE change ON COMMIT DROP AS
		SELECT s.line, a.id, EXISTS (SELECT FROM account_credential c WHERE c.account_id = a.id) AS opened,
			CASE WHEN a.email <> s.email THEN a.email END AS email,
			jsonb_strip_nulls(jsonb_build_object(
				'name', CASE WHEN a.name <> s.name THEN a.name END,
				'address', CASE WHEN a.address <> s.address THEN a.address END,
				'date_of_birth', CASE WHEN a.date_of_birth IS DISTINCT FROM s.date_of_birth THEN COALESCE(a.date_of_birth::text, '') END,
				'a_number', CASE WHEN a.a_number IS DISTINCT FROM s.a_number THEN COALESCE(a.a_number, '') END,
				'language', CASE WHEN a.language <> s.language THEN a.language END)) AS before
		FROM stage s
		JOIN account a USING (number)`)
	if err != nil {
		return err
	}
	lines := make([]int, len(result.Kept))
	for i, k := range result.Kept {
		lines[i] = k.Line
	}
	return tx.QueryRow(ctx, `
		SELECT count(*) FROM change WHERE line = ANY ($1) AND email IS NULL AND before = '{}'`, lines).Scan(&result.KeptWhole)
}

// recordAccountChanges writes each change into its account's history and has owners told as of any change. Another address ends every
// session and every link that was mailed to the one before.
func recordAccountChanges(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT id FROM change WHERE email IS NOT NULL ORDER BY id`)
	if err != nil {
		return err
	}
	moved, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range moved {
		if _, err := account.Raise(ctx, tx, id, account.AnyEpoch, time.Now().UTC()); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `
		WITH happened AS (
			INSERT INTO account_event (account_id, kind, at, data)
			SELECT id, 'details_changed', now(), jsonb_build_object('before', before) FROM change WHERE before <> '{}'
			UNION ALL
			SELECT id, 'email_changed', now(), jsonb_build_object('before', jsonb_build_object('email', email)) FROM change WHERE email IS NOT NULL
			RETURNING id, account_id
		)
		INSERT INTO outbox (event, subject_id)
		SELECT 'account.happened', h.id
		FROM happened h
		JOIN change ON change.id = h.account_id
		WHERE change.opened
		ORDER BY h.id`)
	return err
}
