package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// rareEnough is where counting a word ends: how much commoner another one is does not matter.
const rareEnough = 2000

// within runs fn in a transaction whose statements may take patience each. What a word matches is nothing that a plan made
// without the word could know, and compiling a plan takes longer than running it.
func (e *Engine) within(ctx context.Context, patience time.Duration, fn func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, e.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true),
				set_config('jit', 'off', true), set_config('work_mem', '16MB', true)`, strconv.FormatInt(patience.Milliseconds(), 10))
		if err != nil {
			return err
		}
		return fn(tx)
	})
}

// from says where tickets come from that match the words: s has their rows and the time of opening. Without words the tickets
// themselves are that.
func (s sought) from(c *conditions) string {
	words := s.all()
	source := `ticket_search`
	if words == "" {
		source = `ticket`
	}
	if s.newest {
		var in conditions
		in.args = c.args
		s.wherePeriods(&in)
		source = `(SELECT * FROM ` + source + ` t WHERE ` + in.sql() + ` ORDER BY ` + s.byDate("t") + ` LIMIT ` + strconv.Itoa(fullTextNewest) + `)`
		c.args = in.args
	}
	if words != "" {
		c.say(false, `s.words @@ `+c.bind(words)+`::tsquery`)
	}
	return source + ` s JOIN ticket t ON t.id = s.id JOIN queue q ON q.id = t.queue_id`
}

// byDate is the order in which records are looked through, and found when a date is the wish.
func (s sought) byDate(of string) string {
	if s.Sort == SortOldest {
		return of + `.opened_at, ` + of + `.id`
	}
	return of + `.opened_at DESC, ` + of + `.id DESC`
}

// fullTickets finds the tickets up to the end of the window.
func (e *Engine) fullTickets(ctx context.Context, s sought) (list, error) {
	var c conditions
	source := s.from(&c)
	c.say(false, `t.id <> ALL (`+c.bind(s.ids(KindTicket))+`)`)
	s.where(&c, false)
	return e.fullRows(ctx, s, KindTicket, source, &c)
}

// fullAccounts finds the accounts up to the end of the window.
func (e *Engine) fullAccounts(ctx context.Context, s sought) (list, error) {
	var c conditions
	c.say(false, `s.words @@ `+c.bind(s.all())+`::tsquery`)
	c.say(false, `s.id <> ALL (`+c.bind(s.ids(KindAccount))+`)`)
	return e.fullRows(ctx, s, KindAccount, `account_search s`, &c)
}

// fullRows counts and ranks the newest fullTextMost rows of a condition and gives the first of them. Ranking reads the words
// again, of those rows alone: the sort before it carries no words.
func (e *Engine) fullRows(ctx context.Context, s sought, kind, source string, c *conditions) (list, error) {
	rank, order := `0::real`, s.byDate("m")
	if s.Sort == SortRelevance && s.some != "" {
		rank = `(SELECT ts_rank(w.words, ` + c.bind(s.some) + `::tsquery, 1) FROM ` + kind + `_search w WHERE w.id = m.id)`
		order = `rank DESC, ` + order
	}
	var got list
	err := e.within(ctx, s.patience, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH matching AS MATERIALIZED (
				SELECT s.id, s.opened_at FROM `+source+` WHERE `+c.sql()+`
				ORDER BY `+s.byDate("s")+`
				LIMIT `+strconv.Itoa(fullTextMost+1)+`
			)
			SELECT m.id, m.opened_at, `+rank+` AS rank, (SELECT count(*) FROM matching)
			FROM matching m
			ORDER BY `+order+`
			LIMIT `+c.bind(s.offset+max(s.limit, 1)), c.args...)
		if err != nil {
			return err
		}
		got.rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (placedRow, error) {
			r := placedRow{found: found{kind: kind}}
			err := row.Scan(&r.id, &r.openedAt, &r.rank, &got.total)
			return r, err
		})
		return err
	})
	if err != nil {
		return list{}, fmt.Errorf("find %ss by their words: %w", kind, err)
	}
	return got, nil
}

// fullFacets counts the values of these fields over the newest fullTextMost tickets; a single field without its own conditions.
func (e *Engine) fullFacets(ctx context.Context, s sought, fields []Field) (Facets, error) {
	if len(fields) == 1 {
		s.plan = s.without(fields[0])
	}
	var c conditions
	source := s.from(&c)
	s.where(&c, false)
	columns := strings.Join(mapped(fields, func(f Field) string { return facetColumns[f] + ` AS ` + string(f) }), ", ")
	sets := joined(fields, func(f Field) string { return `(` + string(f) + `)` })
	values := joined(fields, func(f Field) string { return string(f) + `::text` })
	facets := Facets{}
	for _, f := range fields {
		facets[f] = map[string]int64{}
	}
	err := e.within(ctx, s.patience, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH matching AS MATERIALIZED (
				SELECT `+columns+` FROM `+source+` WHERE `+c.sql()+`
				ORDER BY `+s.byDate("s")+`
				LIMIT `+strconv.Itoa(fullTextMost)+`
			)
			SELECT ARRAY[`+values+`], count(*) FROM matching GROUP BY GROUPING SETS (`+sets+`)`, c.args...)
		if err != nil {
			return err
		}
		var row []*string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&row, &n}, func() error {
			for i, value := range row {
				if value != nil {
					facets[fields[i]][*value] = n
				}
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count tickets by their words: %w", err)
	}
	for _, f := range fields {
		facets[f] = named(f, facets[f])
	}
	return facets, nil
}

// countNeeds says how many tickets each of the needs finds by itself, up to rareEnough.
func (e *Engine) countNeeds(ctx context.Context, needs []needed) (counts []int64, err error) {
	err = e.within(ctx, e.thorough, func(tx pgx.Tx) error {
		for _, n := range needs {
			var count int64
			err := tx.QueryRow(ctx, `
				SELECT count(*) FROM (SELECT FROM ticket_search WHERE words @@ $1::tsquery LIMIT $2) AS few`, n.query, rareEnough).Scan(&count)
			if err != nil {
				return err
			}
			counts = append(counts, count)
		}
		return nil
	})
	return counts, err
}
