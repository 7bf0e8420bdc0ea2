package search

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/askwell/askwell/internal/failure"
)

const (
	askPatience = 400 * time.Millisecond // a person waits
	// databasePatience is what PostgreSQL may take by itself, on a machine that is busy.
	databasePatience = 5 * time.Second
	// failuresToOpen in a row stop all questions to Meilisearch for restFor; then one question is a trial.
	failuresToOpen = 3
	restFor        = 5 * time.Second
	// settingsFor is how long a look at the indexes' version holds.
	settingsFor = 10 * time.Second
)

var errOtherSettings = errors.New("the indexes are of another version of the settings")

// newBreaker keeps requests quick while Meilisearch is unavailable or slow: after some failures nobody waits for it any more.
func newBreaker(log *slog.Logger, rest time.Duration) *gobreaker.CircuitBreaker[answer] {
	return gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		Name:        "meilisearch",
		Timeout:     rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		// Who has gone away in the meantime says nothing about Meilisearch, good or bad.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) || refused(err) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			log.Warn("who answers searches changes", slog.String("breaker", to.String()), slog.String("before", from.String()))
		},
	})
}

// ask asks Meilisearch, and PostgreSQL when Meilisearch does not answer in time. It says who answered, and why when that was
// PostgreSQL. Errors: unavailable.
func (e *Engine) ask(ctx context.Context, p plan, w window) (found answer, engine, why string, err error) {
	found, err = e.breaker.Execute(func() (answer, error) {
		ctx, cancel := context.WithTimeout(ctx, e.patience)
		defer cancel()
		if err := e.current(ctx); err != nil {
			return answer{}, err
		}
		return e.meili(ctx, p, w)
	})
	if err == nil {
		e.why.Store("")
		return found, EngineMeilisearch, "", nil
	}
	if ctx.Err() != nil {
		return answer{}, "", "", failure.Unavailable("Search is unavailable.", ctx.Err())
	}
	why = e.reason(err)
	// What Meilisearch took is not PostgreSQL's: an answer late is better than none.
	own, cancel := context.WithTimeout(ctx, e.database)
	defer cancel()
	found, fullErr := e.fulltext(own, p, w)
	if fullErr != nil {
		return answer{}, "", "", errors.Join(fullErr, err)
	}
	return found, EnginePostgreSQL, why, nil
}

// reason says why Meilisearch did not answer. While nobody asks it, the last reason holds.
func (e *Engine) reason(err error) string {
	why := WhyAway
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		if last, _ := e.why.Load().(string); last != "" {
			return last
		}
	case errors.Is(err, errOtherSettings):
		why = WhySettings
	case refused(err):
		e.log.Error("Meilisearch refuses a query", slog.Any("error", err))
		return WhyRefused
	case errors.Is(err, context.DeadlineExceeded):
		why = WhySlow
	}
	if e.why.Swap(why) != why {
		e.log.Warn("Meilisearch does not answer searches; PostgreSQL does", slog.String("why", why), slog.Any("error", err))
	}
	return why
}
