package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// MaxRatingWords is the length of the words of a rating in characters.
const MaxRatingWords = 2_000

// Rating is what an applicant thinks of the answers. Words may be empty.
type Rating struct {
	Helpful bool
	Words   string
	At      time.Time
}

// code is the rating in an event, which holds no words of a person.
func (r Rating) code() string {
	if r.Helpful {
		return "helpful"
	}
	return "not_helpful"
}

// Rate keeps what the applicant thinks of the answers; the last word counts. The same click again, without words, is no new word: it
// leaves those that came with the first. The caller has masked what must not be stored (identifier.MaskSensitive). For the reader
// alone. Errors: invalid (words), not_found, conflict while there is no answer to rate.
func (s *Service) Rate(ctx context.Context, by Reader, reference string, r Rating) error {
	if n := utf8.RuneCountInString(r.Words); n > MaxRatingWords {
		return failure.Invalid("words", "too_long", fmt.Sprintf("This can have up to %d characters; it has %d.", MaxRatingWords, n))
	}
	_, err := s.changeOwn(ctx, "rate", by, reference, func(c *change) error {
		answered, err := c.answeredFor(ctx, by)
		if err != nil {
			return err
		}
		if !answered {
			return failure.Conflict("There is no answer to rate yet.")
		}
		before, err := rating(ctx, c.tx, c.ID)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return err
		case before.Helpful == r.Helpful && (r.Words == "" || r.Words == before.Words):
			return nil
		}
		c.quiet = true
		c.batch.Queue(`
			INSERT INTO ticket_rating (ticket_id, helpful, words, at)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (ticket_id) DO UPDATE SET helpful = excluded.helpful, words = excluded.words, at = excluded.at`,
			c.ID, r.Helpful, r.Words, c.now)
		c.event(EventRated, Data{To: r.code()})
		return nil
	})
	return err
}

// answeredFor reports whether the reader sees an answer.
func (c *change) answeredFor(ctx context.Context, by Reader) (bool, error) {
	rows, err := c.tx.Query(ctx, `
		SELECT kind, delivery, COALESCE(recipient, ''), deliver_at FROM message WHERE ticket_id = $1 AND kind = 'reply'`, c.ID)
	if err != nil {
		return false, err
	}
	var m Message
	answered := false
	_, err = pgx.ForEachRow(rows, []any{&m.Kind, &m.Delivery, &m.Recipient, &m.DeliverAt}, func() error {
		answered = answered || by.reads(*c.Ticket, m, c.now)
		return nil
	})
	return answered, err
}

func rating(ctx context.Context, db postgres.Querier, ticketID int64) (Rating, error) {
	rows, err := db.Query(ctx, `SELECT helpful, words, at FROM ticket_rating WHERE ticket_id = $1`, ticketID)
	if err != nil {
		return Rating{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Rating])
}

// Rating reads what the applicant thinks of a ticket's answers. For staff who may answer tickets. Errors: not_found when there is no
// rating.
func (s *Service) Rating(ctx context.Context, ticketID int64) (Rating, error) {
	r, err := rating(ctx, s.db, ticketID)
	if err != nil {
		return Rating{}, fmt.Errorf("read the rating of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	return r, nil
}
