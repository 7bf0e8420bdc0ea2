package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
)

// Schedules keeps who is mailed which report, and when. Zone is the desk's.
type Schedules struct {
	DB   *pgxpool.Pool
	Zone *time.Location
	Now  func() time.Time
}

const scheduleColumns = `s.id, s.staff_id, m.name AS staff_name, s.every, s.weekday, s.month_day, s.hour, s.span, s.measure, s.clock, s.compare_by,
	s.category, s.queue, s.language, s.channel, s.paused_at, s.next_at, s.due_at, s.sent_at, s.problem`

// mine is the condition of the schedules that a member may see and change: their own; administrators every one.
const mine = `(s.staff_id = @me OR @all)`

func whose(who staff.Member, id int64) pgx.NamedArgs {
	return pgx.NamedArgs{"me": who.ID, "all": who.Role == staff.RoleAdministrator, "id": id}
}

// Add makes a schedule for a member. For staff who may read reports. Errors: invalid; conflict when the member has MaxSchedules.
func (s Schedules) Add(ctx context.Context, who staff.Member, added Schedule) error {
	if err := added.check(); err != nil {
		return err
	}
	args := s.args(added)
	args["me"], args["most"] = who.ID, MaxSchedules
	tag, err := s.DB.Exec(ctx, `
		INSERT INTO report_schedule (staff_id, every, weekday, month_day, hour, span, measure, clock, compare_by, category, queue, language, channel, next_at)
		SELECT @me, @every, @weekday, @month_day, @hour, @span, @measure, @clock, @by, @category, @queue, @language, @channel, @next
		WHERE (SELECT count(*) FROM report_schedule WHERE staff_id = @me) < @most`, args)
	if err != nil {
		return fmt.Errorf("schedule a report: %w", postgres.Failure(err))
	}
	if tag.RowsAffected() == 0 {
		return failure.Conflict(fmt.Sprintf("You have %d scheduled reports already. Delete one that you no longer need.", MaxSchedules))
	}
	return nil
}

func (s Schedules) args(a Schedule) pgx.NamedArgs {
	return pgx.NamedArgs{
		"every": a.Every, "weekday": a.Weekday, "month_day": a.MonthDay, "hour": a.Hour, "span": a.Span, "measure": a.Measure, "clock": a.Clock,
		"by": a.CompareBy, "category": a.Category, "queue": a.Queue, "language": a.Language, "channel": a.Channel, "next": a.Next(s.Now(), s.Zone).UTC(),
	}
}

// Change puts another schedule in the place of one of the member's own. For staff who may read reports. Errors: invalid, not_found.
func (s Schedules) Change(ctx context.Context, who staff.Member, id int64, to Schedule) error {
	if err := to.check(); err != nil {
		return err
	}
	args := s.args(to)
	args["me"], args["id"] = who.ID, id
	return s.exec(ctx, `
		UPDATE report_schedule s
		SET every = @every, weekday = @weekday, month_day = @month_day, hour = @hour, span = @span, measure = @measure, clock = @clock,
			compare_by = @by, category = @category, queue = @queue, language = @language, channel = @channel, next_at = @next
		WHERE s.id = @id AND s.staff_id = @me`, args)
}

// Pause stops a schedule's mails until Resume. For the member, and administrators. Errors: not_found.
func (s Schedules) Pause(ctx context.Context, who staff.Member, id int64) error {
	args := whose(who, id)
	args["now"] = s.Now().UTC()
	return s.exec(ctx, `UPDATE report_schedule s SET paused_at = COALESCE(paused_at, @now), due_at = NULL WHERE s.id = @id AND `+mine, args)
}

// Resume goes on with the next moment to come. For the member, and administrators. Errors: not_found.
func (s Schedules) Resume(ctx context.Context, who staff.Member, id int64) error {
	found, err := s.Get(ctx, who, id)
	if err != nil {
		return err
	}
	args := whose(who, id)
	args["next"] = found.Next(s.Now(), s.Zone).UTC()
	return s.exec(ctx, `UPDATE report_schedule s SET paused_at = NULL, problem = '', next_at = @next WHERE s.id = @id AND `+mine, args)
}

// Delete ends a schedule. For the member, and administrators. Errors: not_found.
func (s Schedules) Delete(ctx context.Context, who staff.Member, id int64) error {
	return s.exec(ctx, `DELETE FROM report_schedule s WHERE s.id = @id AND `+mine, whose(who, id))
}

func (s Schedules) exec(ctx context.Context, sql string, args pgx.NamedArgs) error {
	tag, err := s.DB.Exec(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("change a scheduled report: %w", postgres.Failure(err))
	}
	if tag.RowsAffected() == 0 {
		return failure.NotFound("There is no such scheduled report.")
	}
	return nil
}

// SendNow mails a report of the member's own at once, as of now. Errors: not_found.
func (s Schedules) SendNow(ctx context.Context, who staff.Member, id int64) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE report_schedule SET due_at = $3 WHERE id = $1 AND staff_id = $2 AND paused_at IS NULL`, id, who.ID, s.Now().UTC())
		if err != nil {
			return fmt.Errorf("send a scheduled report: %w", postgres.Failure(err))
		}
		if tag.RowsAffected() == 0 {
			return failure.NotFound("There is no such scheduled report, or it is paused.")
		}
		return outbox.Add(ctx, tx, outbox.Event{Kind: OutboxDue, Subject: id})
	})
}

// Get reads one that the member may see. Errors: not_found.
func (s Schedules) Get(ctx context.Context, who staff.Member, id int64) (Schedule, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT `+scheduleColumns+` FROM report_schedule s JOIN staff m ON m.id = s.staff_id WHERE s.id = @id AND `+mine, whose(who, id))
	if err != nil {
		return Schedule{}, fmt.Errorf("read a scheduled report: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Schedule])
	if errors.Is(err, pgx.ErrNoRows) {
		return Schedule{}, failure.NotFound("There is no such scheduled report.")
	}
	return found, postgres.Failure(err)
}

// List reads those that the member may see: their own first.
func (s Schedules) List(ctx context.Context, who staff.Member) ([]Schedule, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT `+scheduleColumns+`
		FROM report_schedule s
		JOIN staff m ON m.id = s.staff_id
		WHERE `+mine+`
		ORDER BY s.staff_id <> @me, m.name, s.id`, whose(who, 0))
	if err != nil {
		return nil, fmt.Errorf("list scheduled reports: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Schedule])
	return found, postgres.Failure(err)
}

// Due hands over those whose moment has come, one mail each, and says how many. For the workers; safe at the same time in several.
func (s Schedules) Due(ctx context.Context) (n int64, err error) {
	now := s.Now().UTC()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+scheduleColumns+`
			FROM report_schedule s
			JOIN staff m ON m.id = s.staff_id
			WHERE s.paused_at IS NULL AND s.next_at <= $1
			FOR UPDATE OF s SKIP LOCKED`, now)
		if err != nil {
			return err
		}
		due, err := pgx.CollectRows(rows, pgx.RowToStructByName[Schedule])
		if err != nil {
			return err
		}
		for _, one := range due {
			_, err := tx.Exec(ctx, `UPDATE report_schedule SET due_at = $2, next_at = $3 WHERE id = $1`,
				one.ID, one.latest(now, s.Zone).UTC(), one.Next(now, s.Zone).UTC())
			if err != nil {
				return err
			}
			if err := outbox.Add(ctx, tx, outbox.Event{Kind: OutboxDue, Subject: one.ID}); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for reports to mail: %w", postgres.Failure(err))
	}
	return n, nil
}

// The codes of Schedule.Problem.
const (
	ProblemNotAllowed = "not_allowed" // the member has left, or may no longer read reports; the schedule is paused
	ProblemRefused    = "refused"     // no other try would succeed, or nobody knows whether it arrived
	ProblemTrying     = "trying"      // it is tried again
)

// Recipient is whom a report is mailed to.
type Recipient struct{ Name, Email string }

// owed is a mail that a schedule owes somebody.
type owed struct {
	Schedule
	to Recipient
}

// Deliver sends the mail that a schedule owes, once. What was paused, deleted or sent meanwhile is owed no longer. send's errors that are
// failure.KindInvalid end it, others are tried again. For the workers.
func (s Schedules) Deliver(ctx context.Context, task, id int64, send func(context.Context, Schedule, Recipient) error) error {
	err := outbox.Mailing[owed]{
		DB: s.DB,
		Claim: func(ctx context.Context, tx pgx.Tx, tasks []outbox.Task) ([]outbox.Letter[owed], error) {
			o, err := s.owed(ctx, tx, id)
			if err != nil || o == nil {
				return nil, err
			}
			key := fmt.Sprintf("report/%d/%d", id, o.DueAt.Unix())
			return []outbox.Letter[owed]{{Task: tasks[0].ID, Key: key, Content: *o}}, nil
		},
		Send: func(ctx context.Context, letters []owed) []error {
			failures := make([]error, len(letters))
			for i, o := range letters {
				failures[i] = send(ctx, o.Schedule, o.to)
			}
			return failures
		},
		Record: func(ctx context.Context, tx pgx.Tx, outcomes []outbox.Outcome[owed]) error {
			for _, o := range outcomes {
				if err := s.delivered(ctx, tx, o.Content.ID, o.State); err != nil {
					return err
				}
			}
			return nil
		},
	}.Run(ctx, outbox.Task{ID: task})
	if err != nil {
		return fmt.Errorf("mail report %d: %w", id, err)
	}
	return nil
}

// delivered writes down what became of a schedule's mail.
func (s Schedules) delivered(ctx context.Context, tx pgx.Tx, id int64, state outbox.MailState) error {
	sql := `UPDATE report_schedule SET due_at = NULL, problem = '` + ProblemRefused + `' WHERE id = $1`
	switch state {
	case outbox.MailSent:
		sql = `UPDATE report_schedule SET sent_at = COALESCE(due_at, sent_at), due_at = NULL, problem = '' WHERE id = $1`
	case outbox.MailWaiting:
		sql = `UPDATE report_schedule SET problem = '` + ProblemTrying + `' WHERE id = $1 AND due_at IS NOT NULL`
	case outbox.MailRefused, outbox.MailExpired, outbox.MailUnconfirmed:
	}
	_, err := tx.Exec(ctx, sql, id)
	return err
}

// owed reads what a schedule owes; nil when that is nothing. A schedule of somebody who may not read it any more is paused.
func (s Schedules) owed(ctx context.Context, tx pgx.Tx, id int64) (*owed, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+scheduleColumns+` FROM report_schedule s JOIN staff m ON m.id = s.staff_id WHERE s.id = $1 AND s.due_at IS NOT NULL FOR UPDATE OF s`, id)
	if err != nil {
		return nil, err
	}
	var o owed
	o.Schedule, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Schedule])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing is owed
	}
	if err != nil {
		return nil, err
	}
	var role staff.Role
	var gone *time.Time
	err = tx.QueryRow(ctx, `SELECT name, email, role, deactivated_at FROM staff WHERE id = $1`, o.StaffID).Scan(&o.to.Name, &o.to.Email, &role, &gone)
	if err != nil {
		return nil, err
	}
	if gone == nil && role.Can(staff.ReadReports) {
		return &o, nil
	}
	_, err = tx.Exec(ctx, `UPDATE report_schedule SET due_at = NULL, problem = $2, paused_at = $3 WHERE id = $1`, id, ProblemNotAllowed, s.Now().UTC())
	return nil, err
}
