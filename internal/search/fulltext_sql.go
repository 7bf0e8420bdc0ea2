package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// rareEnough is where counting a word ends: how much commoner another one is does not matter.
const rareEnough = 2000

// within runs fn in a transaction whose statements may take patience each. What a word matches is nothing that a plan made
// without the word could know; compiling a plan takes longer than running it, and starting helpers nearly as long.
func (e *Engine) within(ctx context.Context, patience time.Duration, fn func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, e.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true),
				set_config('jit', 'off', true),
				set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '16MB', true)`, strconv.FormatInt(patience.Milliseconds(), 10))
		if err != nil {
			return err
		}
		return fn(tx)
	})
}

// from says where tickets come from that match the words: s has their rows and the time of opening. Without words the tickets
// themselves are that.
func (e *Engine) from(s sought, c *conditions) string {
	words := s.all()
	source := `ticket_search`
	if words == "" {
		source = `ticket`
	}
	if s.newest {
		var in conditions
		in.args = c.args
		s.wherePeriods(&in)
		source = `(SELECT * FROM ` + source + ` t WHERE ` + in.sql() + ` ORDER BY ` + s.byDate("t") + ` LIMIT ` + strconv.Itoa(e.bounds.newest) + `)`
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

// fullTickets finds the tickets up to the end of the window, and counts the values of these fields in the same go.
func (e *Engine) fullTickets(ctx context.Context, s sought, fields []Field) (list, error) {
	c := &conditions{}
	source := e.from(s, c)
	s.where(c, false)
	return e.fullRows(ctx, s, KindTicket, source, c, fields)
}

// fullFacets counts the values of these fields and finds no rows; a single field without its own conditions.
func (e *Engine) fullFacets(ctx context.Context, s sought, fields []Field) (Facets, error) {
	if len(fields) == 1 {
		s.plan = s.without(fields[0])
	}
	s.limit = 0
	got, err := e.fullTickets(ctx, s, fields)
	return got.facets, err
}

// fullAccounts finds the accounts up to the end of the window.
func (e *Engine) fullAccounts(ctx context.Context, s sought) (list, error) {
	c := &conditions{}
	c.say(false, `s.words @@ `+c.bind(s.all())+`::tsquery`)
	return e.fullRows(ctx, s, KindAccount, `account_search s`, c, nil)
}

// The parts of the answer to one statement.
const (
	partHit = iota
	partTotal
	partFacet
)

// fullRows takes the newest bounds.most rows of a condition, counts them, ranks them and gives the first. Ranking reads their
// words again: the sort before it carries none. What the exact look-up has found is counted among the fields alone.
func (e *Engine) fullRows(ctx context.Context, s sought, kind, source string, c *conditions, fields []Field) (list, error) {
	columns := []string{"s.id", "s.opened_at"}
	for _, f := range fields {
		column := facetColumns[f]
		if f == FieldOpened {
			column = fmt.Sprintf(column, c.bind(e.place.String()))
		}
		columns = append(columns, column+"::text AS "+string(f))
	}
	query := `
		WITH matching AS MATERIALIZED (
			SELECT ` + strings.Join(columns, ", ") + ` FROM ` + source + ` WHERE ` + c.sql() + `
			ORDER BY ` + s.byDate("s") + `
			LIMIT ` + strconv.Itoa(e.bounds.most+1) + `
		), others AS (SELECT id, opened_at FROM matching WHERE id <> ALL (` + c.bind(s.ids(kind)) + `))
		SELECT ` + strconv.Itoa(partTotal) + ` AS part, 0::bigint AS id, NULL::timestamptz AS opened_at, '' AS value, count(*) AS n FROM others`
	if s.limit > 0 || len(fields) == 0 {
		query += ` UNION ALL ` + s.ranked(c, kind, min(s.offset+max(s.limit, 1), e.bounds.most))
	}
	if len(fields) > 0 {
		names := joined(fields, func(f Field) string { return string(f) })
		query += `
			UNION ALL
			SELECT ` + strconv.Itoa(partFacet) + `, GROUPING(` + names + `), NULL, COALESCE(` + names + `), count(*)
			FROM matching GROUP BY GROUPING SETS (` + joined(fields, func(f Field) string { return "(" + string(f) + ")" }) + `)`
	}
	var got list
	err := e.within(ctx, s.patience, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, c.args...)
		if err != nil {
			return err
		}
		got, err = readList(rows, kind, fields)
		return err
	})
	if err != nil {
		return list{}, fmt.Errorf("find %ss by their words: %w", kind, err)
	}
	return got, nil
}

// ranked gives the first of the rows, by relevance or by date.
func (s sought) ranked(c *conditions, kind string, limit int) string {
	order := s.byDate("m")
	if s.Sort == SortRelevance && s.some != "" {
		order = `(SELECT ts_rank(w.words, ` + c.bind(s.some) + `::tsquery, 1) FROM ` + kind + `_search w WHERE w.id = m.id) DESC, ` + order
	}
	return `(
		SELECT ` + strconv.Itoa(partHit) + `, m.id, m.opened_at, '', row_number() OVER (ORDER BY ` + order + `) AS n
		FROM others m
		ORDER BY n
		LIMIT ` + c.bind(limit) + `)`
}

func readList(rows pgx.Rows, kind string, fields []Field) (list, error) {
	got := list{facets: Facets{}}
	for _, f := range fields {
		got.facets[f] = map[string]int64{}
	}
	var part int
	var id, n int64
	var openedAt *time.Time
	var value string
	_, err := pgx.ForEachRow(rows, []any{&part, &id, &openedAt, &value, &n}, func() error {
		switch part {
		case partHit:
			got.rows = append(got.rows, placedRow{found{kind: kind, id: id}, *openedAt, n})
		case partTotal:
			got.total = n
		case partFacet: // id has a bit for each field but the one that is counted; the last field's is the lowest
			for i, f := range fields {
				if id&(1<<(len(fields)-1-i)) == 0 {
					got.facets[f][value] = n
				}
			}
		}
		return nil
	})
	slices.SortFunc(got.rows, func(a, b placedRow) int { return cmp.Compare(a.place, b.place) })
	for f, counts := range got.facets {
		got.facets[f] = named(f, counts)
	}
	return got, err
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
