package inbound

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// keepFiles seals what came with a mail and was not taken over, beside the mail: it is kept when the mail's raw form goes. A mail whose
// files are kept already, as of one that was laid aside and is filed now, keeps those.
func (d *Desk) keepFiles(ctx context.Context, tx postgres.Querier, mail int64, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM inbound_file WHERE mail_id = $1)`, mail).Scan(&there); err != nil || there {
		return err
	}
	for i, p := range parts {
		_, err := tx.Exec(ctx, `INSERT INTO inbound_file (mail_id, name, size, sealed) VALUES ($1, $2, $3, $4)`,
			mail, p.called(i), len(p.content), d.vault.sealFile(p.content, mail))
		if err != nil {
			return fmt.Errorf("keep a file of mail %d: %w", mail, err)
		}
	}
	return nil
}

// keptParts opens the files that are kept of a mail.
func (d *Desk) keptParts(ctx context.Context, mail int64) (parts []part, err error) {
	rows, err := d.DB.Query(ctx, `SELECT name, sealed FROM inbound_file WHERE mail_id = $1 ORDER BY id`, mail)
	if err != nil {
		return nil, postgres.Failure(err)
	}
	var name string
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&name, &sealed}, func() error {
		content, err := d.vault.openFile(sealed, mail)
		parts = append(parts, part{name: name, content: content})
		return err
	})
	return parts, err
}

// onlyCopy reports whether the raw form of a mail holds something that stands nowhere else once the mail is filed: no sweep takes it.
func (m *mailed) onlyCopy() bool {
	return m.unread || m.letter.dropped || m.letter.encrypted || m.shown() != masked(m.whole())
}

// batch is how many mails are sealed at once: one may have tens of megabytes.
const batch = 10

// SealClear seals the mails that the version before took in, which stand in the clear, and says how many. Called by the clock; it can be
// stopped at any time. What is found in them on the way is mended as far as it can be: files that were left out are kept beside the
// mail, and a mail that was laid aside as automatic and may be a person's is flagged for somebody to look at.
func (d *Desk) SealClear(ctx context.Context) (n int64, err error) {
	for after := int64(0); ctx.Err() == nil; {
		rows, err := d.DB.Query(ctx, `
			SELECT id FROM inbound_mail
			WHERE raw <> ''::bytea AND state <> 'received' AND id > $1
			ORDER BY id
			LIMIT $2`, after, batch)
		if err != nil {
			return n, fmt.Errorf("look for mails in the clear: %w", postgres.Failure(err))
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(ids) == 0 {
			return n, postgres.Failure(err)
		}
		for _, id := range ids {
			if err := d.sealOne(ctx, id); err != nil {
				return n, fmt.Errorf("seal mail %d: %w", id, err)
			}
			n++
		}
		after = ids[len(ids)-1]
	}
	return n, ctx.Err()
}

func (d *Desk) sealOne(ctx context.Context, id int64) error {
	m, err := d.read(ctx, id)
	if err != nil || m.sealed {
		return err
	}
	if m.letter, err = readLetter(m.Raw); err != nil {
		m.unread = true
	}
	own, err := d.isOwn(ctx, &m)
	if err != nil {
		return err
	}
	if m.Why == WhyAutomatic && !m.letter.automatic(m.EnvelopeFrom) || m.Why == WhyOwn && !own && !m.letter.automatic(m.EnvelopeFrom) {
		m.signs = m.letter.signs()
		if len(m.signs) == 0 {
			m.signs = []Sign{SignBefore}
		}
	}
	return postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error { return d.sealRow(ctx, tx, m) })
}

func (d *Desk) sealRow(ctx context.Context, tx pgx.Tx, m mailed) error {
	prints := d.vault.fingerprints(m.Raw)
	print := prints[0]
	var taken bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM inbound_mail WHERE fingerprint = $2 AND id <> $1)`, m.ID, print).Scan(&taken)
	if err != nil {
		return err
	}
	if taken { // came in again while both versions ran
		print = d.vault.fingerprints(fmt.Append(slices.Clone(m.Raw), m.ID))[0]
	}
	tag, err := tx.Exec(ctx, `
		UPDATE inbound_mail
		SET raw = '', sealed = $2, size = $3, fingerprint = $4, only_copy = $5, signs = CASE WHEN signs = '{}' THEN $6 ELSE signs END
		WHERE id = $1 AND raw <> ''::bytea`,
		m.ID, d.vault.sealMail(m.Raw, print), len(m.Raw), print, m.takes() && m.onlyCopy(), orEmpty(m.signs))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	// The token was made of the hash without a key, and would let contents be tried as that does.
	before, after := token(m.Fingerprint), token(print)
	if _, err := tx.Exec(ctx, `UPDATE message SET token = $2 WHERE token = $1`, before[:], after[:]); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE ticket SET form_token = $2 WHERE form_token = $1`, before[:], after[:]); err != nil {
		return err
	}
	switch m.State {
	case StateFiled, StateIgnored:
		_, left := sorted(m.letter.parts, d.Files != nil && m.takes())
		return d.keepFiles(ctx, tx, m.ID, left)
	case StateReceived, StateQuarantined, StateDiscarded: // undecided, or decided to be of no use
	}
	return nil
}

// takes reports whether the files of a mail became attachments of a message.
func (m *mailed) takes() bool {
	return m.State == StateFiled && m.Why != WhyAutomatic && m.Why != WhyBounce
}

// sweepAtOnce is how many rows one statement of a sweep changes.
const sweepAtOnce = 500

// Sweep removes the raw form of mails that were decided on longer ago than KeepRaw, and says of how many. It stays for as long as
// nobody has decided, or something in it stands nowhere else.
func (d *Desk) Sweep(ctx context.Context) (n int64, err error) {
	for {
		tag, err := d.DB.Exec(ctx, `
			UPDATE inbound_mail
			SET sealed = NULL, swept_at = now()
			WHERE id IN (
				SELECT id FROM inbound_mail
				WHERE sealed IS NOT NULL AND NOT only_copy AND state IN ('filed', 'ignored', 'discarded') AND decided_at < now() - $1::interval
					AND (state <> 'ignored' OR signs = '{}' OR looked_at IS NOT NULL)
				LIMIT $2
				FOR UPDATE SKIP LOCKED
			)`, d.KeepRaw, sweepAtOnce)
		if err != nil {
			return n, fmt.Errorf("sweep mails: %w", postgres.Failure(err))
		}
		if n += tag.RowsAffected(); tag.RowsAffected() < sweepAtOnce {
			return n, nil
		}
	}
}
