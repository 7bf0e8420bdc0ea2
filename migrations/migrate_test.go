package migrations_test

import (
	"sync"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/migrations"
)

func TestUpTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	address := testkit.EmptyDatabaseURL(t)
	if before, err := migrations.Read(t.Context(), address); err != nil || before.Current != 0 || before.Latest < 1 {
		t.Fatalf("an empty database is at %+v (%v)", before, err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := migrations.Up(t.Context(), address); err != nil {
				t.Errorf("up: %v", err)
			}
		})
	}
	wg.Wait()
	state, err := migrations.Up(t.Context(), address)
	if err != nil || state.Current != state.Latest || len(state.Applied) != 0 {
		t.Errorf("afterwards: %+v (%v)", state, err)
	}
}
