package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// maxBody bounds a document's text in characters: the inquiry first, then the newest messages. Meilisearch looks at the first
// 65,535 words of an attribute.
const maxBody = 60_000

// ticketDocument is what searching needs of a ticket and no more: no e-mail address and no number of the applicant's, which
// are looked up exactly. Version is the ticket's, so that a document tells how old it is.
type ticketDocument struct {
	ID            int64  `json:"id"`
	Version       int64  `json:"version"`
	Reference     string `json:"reference"`
	Subject       string `json:"subject"`
	Body          string `json:"body"`
	ApplicantName string `json:"applicant_name"`
	Status        string `json:"status"`
	Category      string `json:"category"`
	Queue         string `json:"queue"`
	LinkState     string `json:"link_state"`
	Language      string `json:"language"`
	Assignee      int64  `json:"assignee"` // 0 for nobody
	Account       int64  `json:"account"`  // the account's row, 0 for none
	Sender        int64  `json:"sender"`   // the first ticket from the same address, which stands for the address
	OpenedAt      int64  `json:"opened_at"`
	OpenedMonth   string `json:"opened_month"` // 2026-01, in UTC
	Hidden        bool   `json:"hidden"`
}

// accountDocument holds neither date of birth, nor address, e-mail or A-Number.
type accountDocument struct {
	ID       int64  `json:"id"`
	Version  int64  `json:"version"`
	Number   string `json:"number"`
	Name     string `json:"name"`
	OpenedAt int64  `json:"opened_at"` // when it was made: tickets and accounts are sorted by one attribute
}

func readTickets(ctx context.Context, db postgres.Querier, ids []int64) ([]ticketDocument, error) {
	rows, err := db.Query(ctx, `
		SELECT t.id, t.version, t.reference, t.subject, left(COALESCE(m.body, ''), $2) AS body,
			t.applicant_name, t.status, t.category, q.code AS queue, t.link_state, t.language,
			COALESCE(t.assignee_id, 0) AS assignee, COALESCE(t.account_id, 0) AS account,
			CASE WHEN t.applicant_email = '' THEN 0 ELSE (
				SELECT f.id FROM ticket f WHERE lower(f.applicant_email) = lower(t.applicant_email) ORDER BY f.id LIMIT 1
			) END AS sender,
			EXTRACT(EPOCH FROM t.opened_at)::bigint AS opened_at, to_char(t.opened_at AT TIME ZONE 'UTC', 'YYYY-MM') AS opened_month,
			t.excluded_reason IS NOT NULL AS hidden
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		CROSS JOIN LATERAL (
			SELECT string_agg(body, E'\n\n' ORDER BY kind = 'inquiry' DESC, id DESC) AS body
			FROM message
			WHERE ticket_id = t.id AND delivery <> 'withdrawn'
		) AS m
		WHERE t.id = ANY ($1)`, ids, maxBody)
	if err != nil {
		return nil, fmt.Errorf("read tickets to index: %w", postgres.Failure(err))
	}
	documents, err := pgx.CollectRows(rows, pgx.RowToStructByName[ticketDocument])
	if err != nil {
		return nil, fmt.Errorf("read tickets to index: %w", postgres.Failure(err))
	}
	return documents, nil
}

func readAccounts(ctx context.Context, db postgres.Querier, ids []int64) ([]accountDocument, error) {
	rows, err := db.Query(ctx, `
		SELECT id, version, number, name, EXTRACT(EPOCH FROM created_at)::bigint AS opened_at FROM account WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read accounts to index: %w", postgres.Failure(err))
	}
	documents, err := pgx.CollectRows(rows, pgx.RowToStructByName[accountDocument])
	if err != nil {
		return nil, fmt.Errorf("read accounts to index: %w", postgres.Failure(err))
	}
	return documents, nil
}

func (d ticketDocument) key() int64  { return d.ID }
func (d accountDocument) key() int64 { return d.ID }
