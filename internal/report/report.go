// Package report tells how long answers take: cohorts of tickets, and the figures on a page.
//
// What reports need of each ticket is packed by the day it was opened (report_day), in whole seconds. Workers pack a day again
// when one of its tickets has changed; a report reads days, and the tickets themselves only of days that are not packed yet.
package report

import (
	"runtime"
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

// Clock says which seconds count.
type Clock string

// The clocks.
const (
	ClockWall     Clock = "wall"     // all of them
	ClockBusiness Clock = "business" // those in which the desk's calendar works
)

// Clocks lists every clock.
func Clocks() []Clock { return []Clock{ClockWall, ClockBusiness} }

// By says what groups are compared.
type By string

// The ways to compare.
const (
	ByNumber   By = "number" // the number at submission; what is linked later changes none
	ByCategory By = "category"
	ByQueue    By = "queue"
	ByLanguage By = "language"
	ByWeek     By = "week" // of the opening, from Monday, in the agency's time zone
)

// Bys lists every way to compare.
func Bys() []By { return []By{ByNumber, ByCategory, ByQueue, ByLanguage, ByWeek} }

// Group names a group: a number's group, the code of a category, queue or language, the Monday of a week; or GroupAll.
type Group string

// The groups by number, and that of all tickets.
const (
	GroupWith     = Group(identifier.GroupWith)
	GroupUnusable = Group(identifier.GroupUnusable)
	GroupWithout  = Group(identifier.GroupWithout)
	GroupAll      = Group("all")
)

// MinimumSize is the fewest tickets of a group whose times are shown; the counts of a smaller one are shown all the same.
const MinimumSize = 20

// StratumSize is the fewest tickets that each of two groups must have in a category for it to count in what is standardised.
const StratumSize = 10

// MinimumWatched is how many must still be watched at a time for anything to be said of it; StratumWatched is that for a category within
// a group, in what is standardised.
const (
	MinimumWatched = 10
	StratumWatched = 5
)

// SmallGroup is below how many tickets intervals are made for small groups: on a log-log scale, and by Student's t.
const SmallGroup = 100

// leastCovered is the smallest share of both groups' tickets that a standardised difference must speak for to be told in a sentence.
const leastCovered = 0.5

// errorBudget is how often at most a report without any difference may claim one.
const errorBudget = 0.05

// TrendWeeks is how many weeks with a median the test of a trend needs: its normal approximation is poor with fewer.
const TrendWeeks = 8

// WithinDays are the times, in days of the report's clock, at which a report gives the share that is answered.
func WithinDays() []int { return []int{1, 2, 5, 10, 15} }

// MeanDays is where the restricted mean cuts times off, in days of the report's clock.
const MeanDays = 15

// Report is the answer to a Query.
type Report struct {
	Query
	GeneratedAt       time.Time
	Behind            time.Duration // how long the oldest change has waited to be counted; 0 when nothing waits
	Exact             bool          // false: times were counted in bins and may be 1 % off
	Day               time.Duration // what "a day" is by the report's clock: 24 hours, or the desk's usual working day
	Calendar          int           // the version of the calendar that business time was counted by; 0 for the clock on the wall
	Groups            []Figures     // in the order of a page; the last one is GroupAll
	LeftOut           int           // how many groups after the MostGroups largest are not shown by themselves; they are in GroupAll
	Difference        *Difference   // of the groups with and without a number, or of the only two groups that are shown
	LogRank           *survival.Test
	Stratified        *survival.Test  // the log-rank test within categories, added up
	Trend             *survival.Trend // of the weeks' medians; by week only, from TrendWeeks medians on
	Clear, TrendClear bool            // what a sentence may claim: that the groups differ (LogRank), and that the weeks have a trend
	Weeks             []Week          // by number only
	Mix               []Category      // unless by category
}

// Figures are what is known of one group. Times are in seconds. A pointer is nil where the group is under MinimumSize or the
// data do not reach that far; no figure is ever NaN or infinite.
type Figures struct {
	Group    Group
	Tickets  int            // that count: Answered and Waiting
	Answered int            // by the report's AsOf
	Waiting  int            // not answered by then; they count with the time they have waited
	Excluded map[string]int // by reason of ticket.ExcludedReasons; in no other figure
	Withheld bool           // the group has tickets, but fewer than MinimumSize
	Median   Time
	P90      Time
	Mean     Time           // cut off at MeanDays
	Within   []Share        // one for each of WithinDays
	Curve    survival.Curve // of the share still waiting, while MinimumWatched are watched; empty when withheld
}

// Time is a time in seconds with its 95 % interval. A difference of times may be below 0.
type Time struct {
	Seconds, Low, High *float64
}

// Share is the share, from 0 to 1, that is answered within Days, with its 95 % interval.
type Share struct {
	Days             int
	Value, Low, High *float64
}

// Difference is how much longer Second takes than First; an association, not an effect.
type Difference struct {
	First, Second Group
	Median, Mean  Time // as they are
	// The same with one mix of categories for both: that of the two groups together, over the categories in which each of them
	// has at least StratumSize tickets. They hold Covered, a share of the tickets of both.
	StandardisedMedian, StandardisedMean  Time
	StandardisedFirst, StandardisedSecond Standardised
	Covered                               float64
	// ToldClear says that a sentence may claim Told; together with the Clear of the Report wrong in at most 5 % of the reports on groups
	// that do not differ (Holm 1979).
	ToldClear bool
	// Told is the standardised difference that a sentence tells, of the medians or else (ToldMean) of the means, and Beside the same one
	// as it is. They are empty where the same mix covers less than half of the tickets, or the data do not reach that far.
	Told, Beside Time
	ToldMean     bool
	// Opposed says that Told is clear, and that Beside is not (Hidden) or points the other way.
	Opposed, Hidden bool
}

// Standardised is one group with the mix of categories of both.
type Standardised struct {
	Median Time
	Within []Share
}

// Week is the median of each group of a week's tickets.
type Week struct {
	Begins  time.Time
	Tickets []int  // in the order of Groups
	Median  []Time // the same; nil pointers under MinimumSize
}

// Category is how a category's tickets are spread over the groups.
type Category struct {
	Code    string
	Tickets []int // in the order of Groups
}

// ExcludedTotal is the number of excluded tickets.
func (f Figures) ExcludedTotal() (n int) {
	for _, count := range f.Excluded {
		n += count
	}
	return n
}

// Group gives the figures of one group.
func (r Report) Group(g Group) Figures {
	for _, f := range r.Groups {
		if f.Group == g {
			return f
		}
	}
	return Figures{Group: g}
}

// Service reads reports from the database.
type Service struct {
	db       *pgxpool.Pool
	now      func() time.Time
	exact    int // the largest cohort whose times are sorted one by one
	kept     keptBlocks
	counters chan *counter // those that are free: as many count at once, whoever asks for reports
}

// NewService makes a Service; now defaults to the real clock.
func NewService(db *pgxpool.Pool, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	s := &Service{db: db, now: now, exact: exactUpTo, counters: make(chan *counter, runtime.GOMAXPROCS(0))}
	for range cap(s.counters) {
		s.counters <- &counter{}
	}
	return s
}
