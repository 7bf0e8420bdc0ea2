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
	Shape         int    `json:"shape"`
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
	OpenedAt      int64  `json:"opened_at"`
	Hidden        bool   `json:"hidden"`
}

// accountDocument holds neither date of birth, nor address, e-mail or A-Number.
type accountDocument struct {
	ID      int64  `json:"id"`
	Version int64  `json:"version"`
	Shape   int    `json:"shape"`
	Number  string `json:"number"`
	Name    string `json:"name"`
}

func readTickets(ctx context.Context, db postgres.Querier, ids []int64) ([]ticketDocument, error) {
	rows, err := db.Query(ctx, `
		SELECT t.id, t.version, $2::int AS shape, t.reference, t.subject, left(COALESCE(m.body, ''), $3) AS body,
			t.applicant_name, t.status, t.category, q.code AS queue, t.link_state, t.language,
			COALESCE(t.assignee_id, 0) AS assignee, EXTRACT(EPOCH FROM t.opened_at)::bigint AS opened_at,
			t.excluded_reason IS NOT NULL AS hidden
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		CROSS JOIN LATERAL (
			SELECT string_agg(body, E'\n\n' ORDER BY kind = 'inquiry' DESC, id DESC) AS body
			FROM message
			WHERE ticket_id = t.id AND delivery <> 'withdrawn'
		) AS m
		WHERE t.id = ANY ($1)`, ids, shape, maxBody)
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
		SELECT id, version, $2::int AS shape, number, name FROM account WHERE id = ANY ($1)`, ids, shape)
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
