package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// State says which of a group's tickets a list holds.
type State string

// The states. StateCounted are those that a group's figures count.
const (
	StateCounted  State = "counted" // answered and waiting
	StateAnswered State = "answered"
	StateWaiting  State = "waiting"
	StateExcluded State = "excluded"
)

// Part is the tickets behind one number of a report.
type Part struct {
	Query
	Group  Group
	State  State
	Reason string // of those excluded: the reason of ticket.ExcludedReasons; "" for every one
}

// ParsePart reads the group, the state and the reason; empty means GroupAll, StateCounted and every reason. Errors: invalid with
// the fields group, state and reason.
func ParsePart(q Query, group, state, reason string) (Part, error) {
	p := Part{Query: q, Group: Group(cmp.Or(group, string(GroupAll))), State: State(cmp.Or(state, string(StateCounted))), Reason: reason}
	var wrong []failure.Field
	if !p.Group.among(q) {
		wrong = append(wrong, failure.Field{Name: "group", Code: "unknown", Text: "This report has no such group."})
	}
	switch p.State {
	case StateCounted, StateAnswered, StateWaiting, StateExcluded:
	default:
		wrong = append(wrong, failure.Field{Name: "state", Code: "unknown", Text: "The state is counted, answered, waiting or excluded."})
	}
	if reason != "" && (p.State != StateExcluded || !slices.Contains(ticket.ExcludedReasons(), reason)) {
		wrong = append(wrong, failure.Field{Name: "reason", Code: "unknown", Text: "Excluded tickets alone have a reason: one of the list."})
	}
	return p, failure.InvalidFields(wrong...)
}

// among reports whether a query may have the group. A code that nobody has finds nothing.
func (g Group) among(q Query) bool {
	switch {
	case g == GroupAll:
		return true
	case q.By == ByNumber:
		return slices.Contains([]Group{GroupWith, GroupUnusable, GroupWithout}, g)
	case q.By == ByWeek:
		_, err := time.Parse(dateLayout, string(g))
		return err == nil
	}
	return len(g) <= 60
}

// Row is a ticket behind a number, as it stood at the cut-off.
type Row struct {
	ID             int64
	Reference      string
	Subject        string
	Category       string // as triaged
	CategoryLabel  string // in English; another language's is the message "category.<code>"
	NumberGroup    Group
	OpenedAt       time.Time
	EndedAt        *time.Time // answered or solved, as the measure says; nil: not by the cut-off
	ExcludedReason string     // "" when it counts
}

// Waited is how long the ticket was or has been waited for.
func (r Row) Waited(asOf time.Time) time.Duration {
	if r.EndedAt != nil {
		return r.EndedAt.Sub(r.OpenedAt)
	}
	return asOf.Sub(r.OpenedAt)
}

// Page is a part of a list, and how long the whole is. Next is the zero Cursor on the last page.
type Page struct {
	Rows  []Row
	Total int
	Next  ticket.Cursor
}

// pageSize is how many tickets a page of a list holds.
const pageSize = 50

// inCohort is the condition that Query describes; a list of tickets and its figures must agree on it. A figure counts whole
// seconds, so the cut-off is the end of one.
const inCohort = `t.opened_at >= @from AND t.opened_at < @before AND t.opened_at < @end`

func (p Part) args() pgx.NamedArgs {
	args := pgx.NamedArgs{
		"from": p.From.UTC(), "before": p.Before().UTC(), "end": p.AsOf.UTC().Add(time.Second), "group": p.Group,
		"reason": p.Reason,
	}
	if week, err := time.ParseInLocation(dateLayout, string(p.Group), p.From.Location()); err == nil {
		args["week"], args["week_end"] = week.UTC(), dayOf(week, week.Location(), 7).UTC()
	}
	return args
}

// groupCondition says in SQL which tickets are a group's.
var groupCondition = map[By]string{
	ByNumber: `t.number_group = @group`, ByCategory: `t.category = @group`, ByLanguage: `t.language = @group`,
	ByQueue: `t.queue_id = (SELECT id FROM queue WHERE code = @group)`,
	ByWeek:  `t.opened_at >= @week AND t.opened_at < @week_end`,
}

// narrow is the condition of a filter and its arguments, for the table ticket as t.
func (f Filter) narrow(args pgx.NamedArgs) string {
	in := ""
	for _, c := range []struct{ name, value, condition string }{
		{"category", f.Category, `t.category = @category`}, {"queue", f.Queue, `t.queue_id = (SELECT id FROM queue WHERE code = @queue)`},
		{"language", f.Language, `t.language = @language`}, {"channel", f.Channel, `t.channel = @channel`},
	} {
		if c.value != "" {
			in += ` AND ` + c.condition
			args[c.name] = c.value
		}
	}
	return in
}

// condition says in SQL what the part is, and adds what that needs to the arguments.
func (p Part) condition(args pgx.NamedArgs) string {
	in := inCohort + p.Filter.narrow(args)
	if p.Group != GroupAll {
		in += ` AND ` + groupCondition[p.By]
	}
	const excluded = `t.excluded_at IS NOT NULL AND t.excluded_at < @end`
	ended := p.Measure.ended() + ` IS NOT NULL AND ` + p.Measure.ended() + ` < @end`
	counted := in + ` AND NOT (` + excluded + `)`
	switch p.State {
	case StateExcluded:
		in += ` AND ` + excluded
		if p.Reason != "" {
			in += ` AND t.excluded_reason = @reason`
		}
		return in
	case StateAnswered:
		return counted + ` AND ` + ended
	case StateWaiting:
		return counted + ` AND NOT (` + ended + `)`
	default:
		return counted
	}
}

// List gives one page of the tickets behind a number, the newest first, and their number: the one that the report shows. For
// staff who may read reports. Errors: unavailable.
func (s *Service) List(ctx context.Context, p Part, after ticket.Cursor) (Page, error) {
	args := p.args()
	args["limit"] = pageSize + 1
	in := p.condition(args)
	var page Page
	batch := &pgx.Batch{}
	batch.Queue(`SELECT count(*) FROM ticket t WHERE `+in, args).QueryRow(func(row pgx.Row) error { return row.Scan(&page.Total) })
	if after.ID != 0 {
		in += ` AND (t.opened_at, t.id) < (@after_at, @after_id)`
		args["after_at"], args["after_id"] = after.At, after.ID
	}
	batch.Queue(`
		SELECT t.id, t.reference, t.subject, t.category, c.label AS category_label, t.number_group, t.opened_at,
			CASE WHEN `+p.Measure.ended()+` < @end THEN `+p.Measure.ended()+` END AS ended_at,
			CASE WHEN t.excluded_at < @end THEN t.excluded_reason ELSE '' END AS excluded_reason
		FROM ticket t
		JOIN category c ON c.code = t.category
		WHERE `+in+`
		ORDER BY t.opened_at DESC, t.id DESC
		LIMIT @limit`, args).Query(func(rows pgx.Rows) (err error) {
		page.Rows, err = pgx.CollectRows(rows, pgx.RowToStructByName[Row])
		return err
	})
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return Page{}, fmt.Errorf("list the tickets behind a report: %w", postgres.Failure(err))
	}
	if len(page.Rows) > pageSize {
		page.Rows = page.Rows[:pageSize]
		last := page.Rows[pageSize-1]
		page.Next = ticket.Cursor{At: last.OpenedAt, ID: last.ID}
	}
	return page, nil
}
