package report

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/survival"
)

// MostSearches is the last number of searches that is counted by itself; more are counted together.
const MostSearches = 3

// Why tells what finding the account cost the agents, by number at submission: a reason why answers without a number may take
// longer. The cohort is that of a report; measure, clock and comparison of the query do not count.
type Why struct {
	Query
	GeneratedAt time.Time
	Groups      []Finding // with, unusable, without, all
	Difference  *Average  // of the searches an inquiry takes: without less with a number; nil where one of them is withheld
}

// Finding is a group's. Pointers are nil, and intervals with them, where there are fewer than MinimumSize tickets.
type Finding struct {
	Group    Group
	Tickets  int // that count, as in a report
	Looked   int // of these an agent had before them while the account was not found
	Found    int // of those looked for, by an agent, by the cut-off
	Searches []int
	Mean     Average // searches an inquiry takes; where nobody had to look it takes none
	Median   Time    // of the seconds from the first look to the account, where an agent had to look
	P90      Time
	OfFound  Time // the median of those that were found alone, where there are as many; most who give no number have no account
	Withheld bool // fewer than MinimumSize tickets
	Few      bool // fewer than MinimumSize were looked for: no times
}

// Average is a mean with its 95 % interval: the mean and 1.96 standard errors to either side. A number of searches that cannot
// be below 0 has no end below 0.
type Average struct{ Value, Low, High *float64 }

// lookup is the search for one ticket's account.
type lookup struct {
	group    Group
	searches int
	seconds  float64
	found    bool
}

// Why answers a query. What it costs follows the tickets of the period. For staff who may read reports. Errors: unavailable.
func (s *Service) Why(ctx context.Context, q Query) (Why, error) {
	w := Why{Query: q, GeneratedAt: s.now().UTC()}
	tickets := map[Group]int{}
	var lookups []lookup
	err := pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"from": q.From.UTC(), "before": q.Before().UTC(), "end": q.AsOf.UTC().Add(time.Second)}
		counted := inCohort + ` AND (t.excluded_at IS NULL OR t.excluded_at >= @end)` + q.Filter.narrow(args)
		if err := countTickets(ctx, tx, counted, args, tickets); err != nil {
			return err
		}
		var err error
		lookups, err = readLookups(ctx, tx, counted, args)
		return err
	})
	if err != nil {
		return Why{}, fmt.Errorf("read how accounts were found: %w", postgres.Failure(err))
	}
	for _, g := range []Group{GroupWith, GroupUnusable, GroupWithout, GroupAll} {
		n := tickets[g]
		if g == GroupAll {
			n = tickets[GroupWith] + tickets[GroupUnusable] + tickets[GroupWithout]
		}
		w.Groups = append(w.Groups, finding(g, n, lookups))
	}
	w.Difference = averageDifference(w.Groups[2], w.Groups[0])
	return w, nil
}

func countTickets(ctx context.Context, tx pgx.Tx, counted string, args pgx.NamedArgs, into map[Group]int) error {
	rows, err := tx.Query(ctx, `SELECT t.number_group, count(*) FROM ticket t WHERE `+counted+` GROUP BY 1`, args)
	if err != nil {
		return err
	}
	var group Group
	var n int
	_, err = pgx.ForEachRow(rows, []any{&group, &n}, func() error {
		into[group] = n
		return nil
	})
	return err
}

// readLookups reads the searches for accounts as they stood at the cut-off. One that was not found was given up when the ticket
// was solved, or goes on.
func readLookups(ctx context.Context, tx pgx.Tx, counted string, args pgx.NamedArgs) ([]lookup, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.number_group, found.at IS NOT NULL,
			EXTRACT(EPOCH FROM COALESCE(found.at, LEAST(t.solved_at, @end)) - looked.at)::float8,
			(
				SELECT count(*) FROM account_lookup searched
				WHERE searched.ticket_id = t.id AND searched.what = 'searched' AND searched.at < @end
					AND (found.at IS NULL OR searched.at <= found.at)
			)
		FROM ticket t
		JOIN account_lookup looked ON looked.ticket_id = t.id AND looked.what = 'looked' AND looked.at < @end
		LEFT JOIN account_lookup found ON found.ticket_id = t.id AND found.what = 'found' AND found.at < @end
		WHERE `+counted, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l lookup, err error) {
		err = row.Scan(&l.group, &l.found, &l.seconds, &l.searches)
		l.seconds = max(l.seconds, 0)
		return l, err
	})
}

// finding computes one group.
func finding(g Group, tickets int, lookups []lookup) Finding {
	f := Finding{Group: g, Tickets: tickets, Searches: make([]int, MostSearches+1)}
	var times, found []survival.Observation
	sum, squares := 0.0, 0.0
	for _, l := range lookups {
		if g != GroupAll && l.group != g {
			continue
		}
		f.Looked++
		if l.found {
			f.Found++
			found = append(found, survival.Observation{Duration: l.seconds, Observed: true})
		}
		f.Searches[min(l.searches, MostSearches)]++
		n := float64(l.searches)
		sum, squares = sum+n, squares+n*n
		times = append(times, survival.Observation{Duration: l.seconds, Observed: l.found})
	}
	f.Withheld, f.Few = tickets < MinimumSize, f.Looked < MinimumSize
	if !f.Withheld {
		f.Mean = average(float64(tickets), sum, squares)
	}
	if f.Found >= MinimumSize {
		f.OfFound = quantile(told(survival.KaplanMeier(found), MinimumWatched).Quantile(0.5))
	}
	if !f.Few {
		curve := told(survival.KaplanMeier(times), MinimumWatched)
		f.Median, f.P90 = quantile(curve.Quantile(0.5)), quantile(curve.Quantile(0.9))
	}
	return f
}

const twoSided = 1.959964 // the 97.5 % point of the normal distribution

func average(n, sum, squares float64) Average {
	mean := sum / n
	half := twoSided * math.Sqrt(max(squares/n-mean*mean, 0)/(n-1))
	low, high := max(mean-half, 0), mean+half
	return Average{&mean, &low, &high}
}

// averageDifference is the difference of two means with the interval of independent samples: their variances add up.
func averageDifference(a, b Finding) *Average {
	if a.Mean.Value == nil || b.Mean.Value == nil {
		return nil
	}
	value := *a.Mean.Value - *b.Mean.Value
	half := math.Hypot(*a.Mean.High-*a.Mean.Value, *b.Mean.High-*b.Mean.Value)
	low, high := value-half, value+half
	return &Average{&value, &low, &high}
}
