package transfer

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// ExportColumns are the columns of an exported file.
func ExportColumns() []string {
	return []string{
		"reference", "opened_at", "category", "account_number_as_given", "number_at_submission", "link_state", "account_number",
		"applicant_name", "applicant_email", "subject", "question", "status", "first_responded_at", "solved_at", "excluded_reason",
		"channel", "queue", "language", "agent",
	}
}

// exported is one ticket on its way out.
type exported struct {
	Reference                    string
	OpenedAt                     time.Time
	Category, Given, Group, Link string
	Number, Name, Email          string
	Subject, Question, Status    string
	FirstRespondedAt, SolvedAt   *time.Time
	ExcludedReason               string
	Channel, Queue, Lang, Agent  string
}

// ExportTickets writes every ticket, the oldest first, from one snapshot, without holding them all. Times are UTC. Unless it is raw, the file is one
// for spreadsheets: with a byte order mark, and cells that would run as formulas made inert, which ImportTickets takes back.
func ExportTickets(ctx context.Context, db postgres.Querier, w io.Writer, raw bool, progress Progress) (int, error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	out := csv.NewWriter(buffered)
	header := ExportColumns()
	if !raw {
		header = append(header, inertColumn)
		if _, err := buffered.WriteString(utf8Mark); err != nil {
			return 0, fmt.Errorf("export tickets: %w", err)
		}
	}
	if err := out.Write(header); err != nil {
		return 0, fmt.Errorf("export tickets: %w", err)
	}
	rows, err := db.Query(ctx, `
		SELECT t.reference, t.opened_at, t.category, t.number_given AS given, t.number_group AS "group", `+ticket.LinkShownSQL+` AS link,
			COALESCE(a.number, '') AS number, t.applicant_name AS name, t.applicant_email AS email, t.subject,
			COALESCE((SELECT m.body FROM message m WHERE m.ticket_id = t.id AND m.kind = 'inquiry' ORDER BY m.id LIMIT 1), '') AS question,
			t.status, t.first_responded_at, t.solved_at, COALESCE(t.excluded_reason, '') AS excluded_reason,
			t.channel, q.code AS queue, t.language AS lang, COALESCE(s.email, '') AS agent
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		LEFT JOIN staff s ON s.id = t.assignee_id
		LEFT JOIN account a ON a.id = t.account_id
		ORDER BY t.opened_at, t.id`)
	if err != nil {
		return 0, fmt.Errorf("export tickets: %w", postgres.Failure(err))
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		e, err := pgx.RowToStructByName[exported](rows)
		if err != nil {
			return n, fmt.Errorf("export tickets: %w", err)
		}
		record := e.record()
		if !raw {
			for i := range record {
				record[i] = Inert(record[i])
			}
			record = append(record, inertMark)
		}
		if err := out.Write(record); err != nil {
			return n, fmt.Errorf("export tickets: %w", err)
		}
		if n++; n%1000 == 0 {
			progress(n)
		}
	}
	if err := rows.Err(); err != nil {
		return n, fmt.Errorf("export tickets: %w", postgres.Failure(err))
	}
	progress(n)
	out.Flush()
	if err := out.Error(); err != nil {
		return n, fmt.Errorf("export tickets: %w", err)
	}
	return n, buffered.Flush()
}

func (e exported) record() []string {
	return []string{
		e.Reference, timeText(&e.OpenedAt), e.Category, e.Given, e.Group, e.Link, e.Number, e.Name, e.Email, e.Subject, e.Question,
		e.Status, timeText(e.FirstRespondedAt), timeText(e.SolvedAt), e.ExcludedReason, e.Channel, e.Queue, e.Lang, e.Agent,
	}
}

func timeText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
