package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestBreakerLetsNobodyWaitForWhatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := newBreaker(slog.New(slog.DiscardHandler), restFor)
		ask := func(answered error) int {
			before := asked
			_, _ = b.Execute(func() (answer, error) {
				asked++
				return answer{}, answered
			})
			return asked - before
		}
		gone, away := fmt.Errorf("ask: %w", context.Canceled), errors.New("away")
		for i, step := range []struct {
			answered error
			wait     time.Duration
			want     int // times that Meilisearch is asked
		}{
			{answered: away, want: 1}, {answered: away, want: 1},
			{answered: gone, want: 1}, // says nothing: the next failure is the third in a row
			{answered: away, want: 1},
			{answered: nil, want: 0},
			{answered: nil, wait: restFor - time.Millisecond, want: 0},
			{answered: away, wait: 2 * time.Millisecond, want: 1}, // the trial fails
			{answered: nil, want: 0},
			{answered: gone, wait: restFor + time.Millisecond, want: 1}, // who tries goes away; the next one tries
			{answered: nil, want: 1},
			{answered: away, want: 1}, {answered: away, want: 1}, {answered: nil, want: 1}, // two failures are no three
			{answered: away, want: 1}, {answered: away, want: 1}, {answered: away, want: 1}, {answered: nil, want: 0},
		} {
			time.Sleep(step.wait) // of the bubble's own clock
			if got := ask(step.answered); got != step.want {
				t.Fatalf("step %d: Meilisearch is asked %d times, want %d", i, got, step.want)
			}
		}
	})
}
