package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Place is a column that holds sealed values, or nothing (NULL or no bytes). Its fields stand in SQL: they are constants of the program.
type Place struct {
	Name    string // as doctor and reseal print it: "app codes"
	Purpose string // of the Box
	Table   string
	ID      string // a bigint column that is unique
	Column  string // bytea
	Owner   string // an SQL expression of type bytea that gives what the value is bound to: "int8send(account_id)"
	Bare    int    // the length of values sealed before key IDs, in bytes; 0 when there are none
}

// Count is how many values of a place each key sealed. Lost are those that none of the keys opens, by the key that they name; Unnamed
// is the lost ones that name none.
type Count struct {
	Place   Place
	ByKey   map[KeyID]int
	Lost    map[KeyID]int
	Unnamed int
}

// Total is how many values the place holds.
func (c Count) Total() int {
	n := c.Unnamed
	for _, of := range c.ByKey {
		n += of
	}
	for _, of := range c.Lost {
		n += of
	}
	return n
}

// Shut is how many of them none of the keys opens.
func (c Count) Shut() int {
	n := c.Unnamed
	for _, of := range c.Lost {
		n += of
	}
	return n
}

// Count counts the values of a place by key. It opens none but those that name no key. Errors: unavailable.
func (p Place) Count(ctx context.Context, db postgres.Querier, keys [][]byte) (c Count, err error) {
	c = Count{Place: p, ByKey: map[KeyID]int{}, Lost: map[KeyID]int{}}
	known := map[KeyID]bool{}
	for _, key := range keys {
		id, err := ID(key)
		if err != nil {
			return c, err
		}
		known[id] = true
	}
	rows, err := db.Query(ctx, `
		SELECT substr(`+p.Column+`, 1, 5), count(*)
		FROM `+p.Table+`
		WHERE length(`+p.Column+`) > 0 AND length(`+p.Column+`) <> $1
		GROUP BY 1`, p.Bare)
	if err != nil {
		return c, fmt.Errorf("count %s: %w", p.Name, postgres.Failure(err))
	}
	var head []byte
	var n int
	_, err = pgx.ForEachRow(rows, []any{&head, &n}, func() error {
		switch id, ok := KeyOf(head); {
		case !ok:
			c.Unnamed += n
		case known[id]:
			c.ByKey[id] += n
		default:
			c.Lost[id] += n
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("count %s: %w", p.Name, postgres.Failure(err))
	}
	if p.Bare > 0 {
		err = p.countBare(ctx, db, keys, &c)
	}
	return c, err
}

func (p Place) countBare(ctx context.Context, db postgres.Querier, keys [][]byte, c *Count) error {
	var ids []KeyID
	var boxes []*Box
	for _, key := range keys {
		id, err := ID(key)
		if err != nil {
			return err
		}
		box, err := NewBox(p.Purpose, [][]byte{key})
		if err != nil {
			return err
		}
		ids, boxes = append(ids, id), append(boxes, box)
	}
	rows, err := db.Query(ctx, `SELECT `+p.Column+`, `+p.Owner+` FROM `+p.Table+` WHERE length(`+p.Column+`) = $1`, p.Bare)
	if err != nil {
		return fmt.Errorf("count %s: %w", p.Name, postgres.Failure(err))
	}
	var sealed, owner []byte
	_, err = pgx.ForEachRow(rows, []any{&sealed, &owner}, func() error {
		for i, box := range boxes {
			if _, err := box.OpenBare(sealed, owner); err == nil {
				c.ByKey[ids[i]]++
				return nil
			}
		}
		c.Unnamed++
		return nil
	})
	if err != nil {
		return fmt.Errorf("count %s: %w", p.Name, postgres.Failure(err))
	}
	return nil
}

// Resealed is what Reseal did: how many values were sealed again, and how many no key opens, which stay as they are.
type Resealed struct{ Again, Shut int }

// resealBatch is how many values are read at once: a sealed mail may have tens of megabytes.
const resealBatch = 20

// Reseal seals every value with the newest key that another one sealed. It can be stopped at any time and goes on where it was, and is
// safe while the desk serves: a value that changes meanwhile keeps its change. done is called after each batch. Errors: unavailable.
func (p Place) Reseal(ctx context.Context, db postgres.Querier, keys [][]byte, done func(Resealed)) (r Resealed, err error) {
	box, err := NewBox(p.Purpose, keys)
	if err != nil {
		return r, err
	}
	for after := int64(-1 << 63); ; {
		batch, err := p.stale(ctx, db, box, after)
		if err != nil || len(batch) == 0 {
			return r, err
		}
		for _, v := range batch {
			if err := p.resealOne(ctx, db, box, v, &r); err != nil {
				return r, err
			}
		}
		after = batch[len(batch)-1].ID
		done(r)
	}
}

type staleValue struct {
	ID            int64
	Sealed, Owner []byte
}

// stale reads the next values that the newest key did not seal.
func (p Place) stale(ctx context.Context, db postgres.Querier, box *Box, after int64) ([]staleValue, error) {
	newest := append([]byte{version}, box.keys[0].id[:]...)
	rows, err := db.Query(ctx, `
		SELECT `+p.ID+` AS id, `+p.Column+` AS sealed, `+p.Owner+` AS owner
		FROM `+p.Table+`
		WHERE `+p.ID+` > $1 AND length(`+p.Column+`) > 0 AND (substr(`+p.Column+`, 1, 5) <> $2 OR length(`+p.Column+`) = $3)
		ORDER BY `+p.ID+`
		LIMIT $4`, after, newest, p.Bare, resealBatch)
	if err != nil {
		return nil, fmt.Errorf("reseal %s: %w", p.Name, postgres.Failure(err))
	}
	batch, err := pgx.CollectRows(rows, pgx.RowToStructByName[staleValue])
	if err != nil {
		return nil, fmt.Errorf("reseal %s: %w", p.Name, postgres.Failure(err))
	}
	return batch, nil
}

func (p Place) resealOne(ctx context.Context, db postgres.Querier, box *Box, v staleValue, r *Resealed) error {
	plain, err := p.open(box, v)
	if errors.Is(err, ErrKey) {
		r.Shut++
		return nil
	}
	tag, err := db.Exec(ctx, `UPDATE `+p.Table+` SET `+p.Column+` = $2 WHERE `+p.ID+` = $1 AND `+p.Column+` = $3`,
		v.ID, box.Seal(plain, v.Owner), v.Sealed)
	if err != nil {
		return fmt.Errorf("reseal %s: %w", p.Name, postgres.Failure(err))
	}
	r.Again += int(tag.RowsAffected())
	return nil
}

func (p Place) open(box *Box, v staleValue) ([]byte, error) {
	if p.Bare > 0 && len(v.Sealed) == p.Bare {
		return box.OpenBare(v.Sealed, v.Owner)
	}
	return box.Open(v.Sealed, v.Owner)
}
