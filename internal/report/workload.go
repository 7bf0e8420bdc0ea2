package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// WorkloadDays is the length of the period when none is asked for, its last day included: whole weeks, so that every weekday
// counts as often as the others.
const WorkloadDays = 28

// OldestShown is how many of those who have waited longest a workload names.
const OldestShown = 10

// AgeDays are the beginnings of the ages of a backlog, in days of the desk since the day of opening: today, yesterday, 2 to 4
// days ago, and so on.
func AgeDays() []int { return []int{0, 1, 2, 5, 10, 15} }

// Workload is the work in hand as it stands, and what came and was answered in a period. A ticket is in hand while it is neither
// solved nor closed, neither excluded nor in quarantine.
type Workload struct {
	WorkloadQuery
	At       time.Time // the moment that the backlog is of
	Queues   []Backlog // in the order of the desk; those without work too
	All      Backlog
	Days     []DayFlow
	Hours    [7][24]Flow // by weekday, Sunday first, and hour of the desk
	Oldest   []Waiting
	Forecast Forecast
}

// Backlog is the work in hand of a queue, by the ages of AgeDays.
type Backlog struct {
	Queue      string // its code; "" for all
	Unanswered []int  // without a first response
	Unsolved   []int  // with or without
}

// Flow is how many inquiries arrived and how many first responses were given.
type Flow struct{ Arrivals, Responses int }

// DayFlow is the flow of one day of the desk.
type DayFlow struct {
	Day time.Time
	Flow
}

// Waiting is a ticket whose applicant waits for an answer.
type Waiting struct {
	Reference, Subject string
	Queue              string    // its code
	Assignee           string    // "" for nobody
	Since              time.Time // the first of the applicant's messages that has no answer
}

// UnansweredTotal is the backlog without a first response.
func (b Backlog) UnansweredTotal() int { return sum(b.Unanswered) }

// UnsolvedTotal is the backlog.
func (b Backlog) UnsolvedTotal() int { return sum(b.Unsolved) }

func sum(ages []int) (n int) {
	for _, a := range ages {
		n += a
	}
	return n
}

// Ages gives the first and the last day of opening of each age, as days of the desk; the last age has no first day.
func (w Workload) Ages() (from, to []time.Time) {
	zone := w.From.Location()
	days := AgeDays()
	for i, first := range days {
		to = append(to, dayOf(w.At, zone, -first))
		if i+1 < len(days) {
			from = append(from, dayOf(w.At, zone, 1-days[i+1]))
		} else {
			from = append(from, time.Time{})
		}
	}
	return from, to
}

// Workload reads the work in hand. What it costs follows the backlog and the period, however old the desk is. Errors: unavailable.
func (s *Service) Workload(ctx context.Context, q WorkloadQuery) (Workload, error) {
	w := Workload{WorkloadQuery: q, At: s.now().Truncate(time.Second)}
	zone := q.From.Location()
	today := dayOf(w.At, zone, 0)
	// The forecast has a period of its own: the last whole days before today.
	first := earliest(q.From, dayOf(today, zone, -ForecastDays))
	flow := newFlowCount(zone)
	err := pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := w.readBacklog(ctx, tx); err != nil {
			return err
		}
		if err := w.readOldest(ctx, tx); err != nil {
			return err
		}
		if err := flow.readArrivals(ctx, tx, q.Filter, first, w.At); err != nil {
			return err
		}
		return flow.readResponses(ctx, tx, q.Filter, first, w.At)
	})
	if err != nil {
		return Workload{}, fmt.Errorf("read the work in hand: %w", postgres.Failure(err))
	}
	for day := q.From; !day.After(q.To); day = dayOf(day, zone, 1) {
		w.Days = append(w.Days, DayFlow{day, flow.day(day)})
		for hour, f := range flow.hours(day) {
			w.Hours[day.Weekday()][hour].add(f)
		}
	}
	var lately []Flow
	for day := dayOf(today, zone, -ForecastDays); day.Before(today); day = dayOf(day, zone, 1) {
		lately = append(lately, flow.day(day))
	}
	w.Forecast = NewForecast(w.All.UnansweredTotal(), lately)
	return w, nil
}

func (f *Flow) add(other Flow) {
	f.Arrivals += other.Arrivals
	f.Responses += other.Responses
}

// inHand is the condition of the indexes of work in hand, word for word.
const inHand = `t.status IN ('new', 'open', 'pending', 'on_hold') AND t.excluded_reason IS NULL AND t.suspected_of = '{}'`

// readBacklog counts by queue and age. The age is where the opening stands among the beginnings of days.
func (w *Workload) readBacklog(ctx context.Context, tx pgx.Tx) error {
	ages := len(AgeDays())
	from, _ := w.Ages()
	var begins []time.Time // of all ages but the last, the oldest day first
	for _, day := range slices.Backward(from[:ages-1]) {
		begins = append(begins, day.UTC())
	}
	args := pgx.NamedArgs{"begins": begins}
	rows, err := tx.Query(ctx, `
		SELECT q.code, COALESCE(b.age, 0) AS age, COALESCE(b.unanswered, 0) AS unanswered, COALESCE(b.unsolved, 0) AS unsolved
		FROM queue q
		LEFT JOIN (
			SELECT t.queue_id, width_bucket(t.opened_at, @begins::timestamptz[]) AS age,
				count(*) FILTER (WHERE t.first_responded_at IS NULL) AS unanswered, count(*) AS unsolved
			FROM ticket t
			WHERE `+inHand+w.Filter.narrow(args)+`
			GROUP BY 1, 2
		) AS b ON b.queue_id = q.id
		ORDER BY q.position, q.code, age DESC`, args)
	if err != nil {
		return err
	}
	empty := func(queue string) Backlog { return Backlog{queue, make([]int, ages), make([]int, ages)} }
	w.All = empty("")
	var code string
	var age, unanswered, unsolved int
	_, err = pgx.ForEachRow(rows, []any{&code, &age, &unanswered, &unsolved}, func() error {
		if n := len(w.Queues); n == 0 || w.Queues[n-1].Queue != code {
			w.Queues = append(w.Queues, empty(code))
		}
		at := ages - 1 - age // the database counts from the oldest
		for _, b := range []*Backlog{&w.Queues[len(w.Queues)-1], &w.All} {
			b.Unanswered[at] += unanswered
			b.Unsolved[at] += unsolved
		}
		return nil
	})
	return err
}

// readOldest finds who has waited longest, along the index of those who wait.
func (w *Workload) readOldest(ctx context.Context, tx pgx.Tx) error {
	args := pgx.NamedArgs{"limit": OldestShown}
	rows, err := tx.Query(ctx, `
		SELECT t.reference, t.subject, q.code AS queue, COALESCE(s.name, '') AS assignee, t.awaiting_since AS since
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		LEFT JOIN staff s ON s.id = t.assignee_id
		WHERE t.awaiting_since IS NOT NULL AND `+inHand+w.Filter.narrow(args)+`
		ORDER BY t.awaiting_since, t.id
		LIMIT @limit`, args)
	if err != nil {
		return err
	}
	w.Oldest, err = pgx.CollectRows(rows, pgx.RowToStructByName[Waiting])
	return err
}
