// Package report tells how long answers take: cohorts of tickets, and the figures on a page.
package report

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/survival"
)

// Measure says what an inquiry waits for. Its clock starts when the inquiry is accepted.
type Measure string

// The measures.
const (
	FirstResponse Measure = "first_response" // to the first public reply of a person that still counts
	Resolution    Measure = "resolution"     // to the first time that it was solved
)

// Measures lists every measure.
func Measures() []Measure { return []Measure{FirstResponse, Resolution} }

// Valid reports whether the measure is one of Measures.
func (m Measure) Valid() bool { return m == FirstResponse || m == Resolution }

// GroupAll is the name of the group of all tickets.
const GroupAll identifier.Group = "all"

// Groups lists the groups in the order of a report. They are fixed when an inquiry is sent; what is linked later changes none.
func Groups() []identifier.Group {
	return []identifier.Group{identifier.GroupWith, identifier.GroupUnusable, identifier.GroupWithout, GroupAll}
}

// MinimumSize is the fewest tickets of a group whose times are shown; the counts of a smaller one are shown all the same.
const MinimumSize = 20

// WithinDays are the times, in days of 24 hours, at which a report gives the share that is answered.
func WithinDays() []int { return []int{1, 2, 5, 10, 15} }

// Report is the answer to a Query.
type Report struct {
	Query
	GeneratedAt time.Time
	Groups      []Figures // one for each of Groups, in that order
	// Compared is the log-rank test of the groups with and without a number; nil when either is under MinimumSize or the test
	// says nothing.
	Compared *survival.Test
}

// Figures are what is known of one group. Times are in seconds. A pointer is nil where the group is under MinimumSize or the
// data do not reach that far; no figure is ever NaN or infinite.
type Figures struct {
	Group    identifier.Group
	Tickets  int            // that count: Answered and Waiting
	Answered int            // by the report's AsOf
	Waiting  int            // not answered by then; they count with the time they have waited
	Excluded map[string]int // by reason of ticket.ExcludedReasons; in no other figure
	Withheld bool           // the group has tickets, but fewer than MinimumSize
	Median   Time
	P90      Time
	Within   []Share        // one for each of WithinDays
	Curve    survival.Curve // of the share still waiting; empty when withheld
}

// Time is a time in seconds with its 95 % interval.
type Time struct {
	Seconds, Low, High *float64
}

// Share is the share, from 0 to 1, that is answered within Days, with its 95 % interval.
type Share struct {
	Days             int
	Value, Low, High *float64
}

// ExcludedTotal is the number of excluded tickets.
func (f Figures) ExcludedTotal() (n int) {
	for _, count := range f.Excluded {
		n += count
	}
	return n
}

// Group gives the figures of one group.
func (r Report) Group(g identifier.Group) Figures {
	for _, f := range r.Groups {
		if f.Group == g {
			return f
		}
	}
	return Figures{Group: g}
}

// Service reads reports from the database.
type Service struct {
	db  *pgxpool.Pool
	now func() time.Time
}

// NewService makes a Service; now defaults to the real clock.
func NewService(db *pgxpool.Pool, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{db: db, now: now}
}
