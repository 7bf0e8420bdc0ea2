package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/secret"
)

// sealedPlaces are all columns that are sealed with SECRET_KEY and outlive a form. TestEverySealedColumnIsKnown holds the list.
func sealedPlaces() []secret.Place {
	return []secret.Place{factor.Sealed, inbound.SealedMails, inbound.SealedFiles}
}

// keyOutlives is how long an older key is still needed after everything was sealed again: the link that takes a change of address back is
// written into mails for seven days, with the key that made it; forms that were open in a browser are signed for one.
const keyOutlives = 8 * 24 * time.Hour

var errNoKey = errors.New("SECRET_KEY is not set: give this command the same one as the web servers and workers")

// runSecrets seals again with the newest key what an older one sealed.
func runSecrets(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("secrets", "reseal [--data DIR]")
	data := dataFlag(fs)
	var verb string
	if err := parse(fs, args, &verb); err != nil {
		return err
	}
	if verb != "reseal" {
		fs.Usage()
		return errUsage
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	if len(cfg.SecretKeys) == 0 {
		return errNoKey
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	shut, err := reseal(ctx, t, db, cfg.SecretKeys)
	if err != nil {
		return err
	}
	if shut > 0 {
		return fmt.Errorf("%d values are sealed with a key that SECRET_KEY does not hold: put that key back, behind the others, and run this again", shut)
	}
	return nil
}

// reseal gives how many values stay shut.
func reseal(ctx context.Context, t terminal, db *pgxpool.Pool, keys [][]byte) (shut int, err error) {
	for _, p := range sealedPlaces() {
		bar := newBar(t, p.Name)
		done, err := p.Reseal(ctx, db, keys, func(r secret.Resealed) { bar.show(-1, fmt.Sprintf("%s: %d sealed again", p.Name, r.Again)) })
		bar.end()
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(t.out, "%s: %d sealed again\n", p.Name, done.Again)
		shut += done.Shut
	}
	for _, key := range keys[1:] {
		id, err := secret.ID(key)
		if err != nil {
			return 0, err
		}
		tickets := 0
		bar := newBar(t, "reply addresses")
		err = inbound.KeepReplyAddresses(ctx, db, key, func(n int) {
			tickets += n
			bar.show(-1, fmt.Sprintf("reply addresses: %d", tickets))
		})
		bar.end()
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(t.out, "reply addresses of key %s: %d kept\n", id, tickets)
		if shut > 0 {
			continue
		}
		_, err = db.Exec(ctx, `
			INSERT INTO secret_key AS k (id, resealed_at) VALUES ($1, now())
			ON CONFLICT (id) DO UPDATE SET resealed_at = COALESCE(k.resealed_at, now())`, id[:])
		if err != nil {
			return 0, fmt.Errorf("note that key %s is done: %w", id, postgres.Failure(err))
		}
	}
	return shut, nil
}

// checkKeys counts what each key seals, and says when an older one may go.
func checkKeys(ctx context.Context, cfg config.Config) (string, error) {
	if len(cfg.SecretKeys) == 0 {
		return "", advice(errNoKey.Error(), nil)
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 1)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	counts := make([]secret.Count, 0, len(sealedPlaces()))
	shut := map[string]int{}
	for _, p := range sealedPlaces() {
		c, err := p.Count(ctx, db, cfg.SecretKeys)
		if err != nil {
			return "", err
		}
		counts = append(counts, c)
		for id, n := range c.Lost {
			shut[fmt.Sprintf("%s of key %s", p.Name, id)] += n
		}
		if c.Unnamed > 0 {
			shut[p.Name+" of an unknown key"] += c.Unnamed
		}
	}
	if len(shut) > 0 {
		return "", advice("SECRET_KEY lacks a key: put it back behind the others, run askwell secrets reseal. What nobody can open: "+listed(shut)+".", nil)
	}
	var lines []string
	for i, key := range cfg.SecretKeys {
		line, err := aboutKey(ctx, db, i, key, counts)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	keyed, err := keyedCodes(ctx, db)
	if keyed != "" {
		lines = append(lines, keyed)
	}
	return strings.Join(lines, "\n                   "), err
}

// aboutKey is what one key seals, and for an older one what has to be done before it goes.
func aboutKey(ctx context.Context, db *pgxpool.Pool, at int, key []byte, counts []secret.Count) (string, error) {
	id, err := secret.ID(key)
	if err != nil {
		return "", err
	}
	sealed := map[string]int{}
	for _, c := range counts {
		if n := c.ByKey[id]; n > 0 {
			sealed[c.Place.Name] = n
		}
	}
	about := fmt.Sprintf("key %s seals %s", id, listed(sealed))
	if at == 0 {
		return about, nil
	}
	var done *time.Time
	var over bool
	err = db.QueryRow(ctx, `
		SELECT at, COALESCE(at + $2 < now(), false)
		FROM (SELECT (SELECT resealed_at FROM secret_key WHERE id = $1) AS at) AS k`, id[:], keyOutlives).Scan(&done, &over)
	switch {
	case err != nil:
		return "", fmt.Errorf("look up key %s: %w", id, postgres.Failure(err))
	case len(sealed) > 0 || done == nil:
		return about + ": run askwell secrets reseal before it goes", nil
	case !over:
		return about + ": it may go from " + done.Add(keyOutlives).UTC().Format("2006-01-02 15:04") + " UTC", nil
	}
	return about + ": it may go", nil
}

// keyedCodes tells of recovery codes that were hashed with a key, before they were hashed without: no row says with which.
func keyedCodes(ctx context.Context, db *pgxpool.Pool) (string, error) {
	var codes, accounts int
	err := db.QueryRow(ctx, `
		SELECT count(*), count(DISTINCT account_id)
		FROM account_recovery_code
		WHERE salt IS NULL AND used_at IS NULL`).Scan(&codes, &accounts)
	if err != nil || codes == 0 {
		return "", postgres.Failure(err)
	}
	return fmt.Sprintf("%d recovery codes of %d accounts are of the old kind and end with the key that was first when they were made; "+
		"their owners are asked to make new ones", codes, accounts), nil
}

// listed writes counts in the order of their names.
func listed(counts map[string]int) string {
	if len(counts) == 0 {
		return "nothing"
	}
	parts := make([]string, 0, len(counts))
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, name))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
