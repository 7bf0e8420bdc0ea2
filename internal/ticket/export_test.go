package ticket

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// IDs lists every ticket that the filter holds, in no order.
func (s *Service) IDs(ctx context.Context, f Filter) ([]int64, error) {
	w := f.where()
	rows, err := s.db.Query(ctx, `SELECT t.id FROM ticket t WHERE `+w.sql(), w.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
