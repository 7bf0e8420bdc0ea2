package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/survival"
)

// cohort is the tickets of a query by group, without GroupAll.
type cohort map[identifier.Group]*counted

type counted struct {
	observations []survival.Observation // in seconds
	answered     int
	excluded     map[string]int
}

// ended is the column that ends each measure's clock.
func (m Measure) ended() string {
	if m == Resolution {
		return "t.solved_at"
	}
	return "t.first_responded_at"
}

// inCohort is the condition that Query describes; a ticket's page and its figures must agree on it.
const inCohort = `t.opened_at >= @from AND t.opened_at < @before AND t.opened_at <= @as_of`

func (q Query) args() pgx.NamedArgs {
	return pgx.NamedArgs{"from": q.From.UTC(), "before": q.Before().UTC(), "as_of": q.AsOf.UTC()}
}

// read streams the cohort. Every ticket is read, because a quantile has no shorter summary; the index ticket_opened_idx
// carries all the columns, so that the wide rows stay untouched. DriverBytes and Timestamptz spare an allocation a ticket
// each.
func (s *Service) read(ctx context.Context, q Query) (cohort, error) {
	rows, err := s.db.Query(ctx, `
		SELECT t.number_group,
			CASE WHEN t.excluded_at <= @as_of THEN t.excluded_reason ELSE '' END AS excluded,
			t.opened_at,
			CASE WHEN `+q.Measure.ended()+` <= @as_of THEN `+q.Measure.ended()+` END AS ended_at
		FROM ticket t
		WHERE `+inCohort, q.args())
	if err != nil {
		return nil, fmt.Errorf("read a cohort: %w", postgres.Failure(err))
	}
	found := cohort{}
	var group, excluded pgtype.DriverBytes
	var opened, ended pgtype.Timestamptz
	_, err = pgx.ForEachRow(rows, []any{&group, &excluded, &opened, &ended}, func() error {
		g := found[identifier.Group(group)]
		if g == nil {
			g = &counted{excluded: map[string]int{}}
			found[identifier.Group(group)] = g
		}
		if !ended.Valid {
			ended.Time = q.AsOf
		}
		g.add(string(excluded), ended.Time.Sub(opened.Time), ended.Valid)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a cohort: %w", postgres.Failure(err))
	}
	return found, nil
}

func (g *counted) add(excluded string, waited time.Duration, answered bool) {
	if excluded != "" {
		g.excluded[excluded]++
		return
	}
	if answered {
		g.answered++
	}
	g.observations = append(g.observations, survival.Observation{Duration: waited.Seconds(), Observed: answered})
}

// all joins the groups.
func (c cohort) all() *counted {
	joined := &counted{excluded: map[string]int{}}
	for _, g := range c {
		joined.answered += g.answered
		joined.observations = append(joined.observations, g.observations...)
		for reason, n := range g.excluded {
			joined.excluded[reason] += n
		}
	}
	return joined
}
