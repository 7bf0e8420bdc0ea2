package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// CaseStep is a status that a case got.
type CaseStep struct {
	CaseID int64
	At     time.Time
	Status string
}

// CaseSteps gives the history of each of an account's cases, by the case's ID, the latest first.
func (s Store) CaseSteps(ctx context.Context, accountID int64) (map[int64][]CaseStep, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT h.case_id, h.at, h.status
		FROM account_case_status h
		JOIN account_case c ON c.id = h.case_id
		WHERE c.account_id = $1
		ORDER BY h.at DESC`, accountID)
	if err != nil {
		return nil, fmt.Errorf("list the history of the cases of account %d: %w", accountID, postgres.Failure(err))
	}
	steps, err := pgx.CollectRows(rows, pgx.RowToStructByName[CaseStep])
	if err != nil {
		return nil, fmt.Errorf("list the history of the cases of account %d: %w", accountID, postgres.Failure(err))
	}
	byCase := map[int64][]CaseStep{}
	for _, step := range steps {
		byCase[step.CaseID] = append(byCase[step.CaseID], step)
	}
	return byCase, nil
}
