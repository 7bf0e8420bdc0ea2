package meili

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/meilisearch/meilisearch-go"
)

func TestSharedMatchesAreFoundOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, runs := newSharedMatches(), atomic.Int64{}
		release := make(chan struct{})
		run := func() (matcher, error) {
			runs.Add(1)
			<-release
			return matcher{attributes: []int{7}}, nil
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				m, err := shared.get(t.Context(), matchKey{text: "green card"}, run)
				if err != nil || len(m.attributes) != 1 {
					t.Errorf("got %+v, %v", m, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		if got := runs.Load(); got != 1 {
			t.Errorf("matched %d times, want once", got)
		}
		for i := range 3 * maxSharedMatches {
			_, _ = shared.get(t.Context(), matchKey{text: string(rune('a' + i))}, func() (matcher, error) { return matcher{}, nil })
		}
		if len(shared.all) != maxSharedMatches || len(shared.ages) != maxSharedMatches {
			t.Errorf("%d matches are kept, want %d", len(shared.all), maxSharedMatches)
		}
	})
}

// The one who matched first goes away: the other one, who waited for it, gets an answer all the same.
func TestSharedMatchOfAClientThatLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := newSharedMatches()
		first, leave := context.WithCancel(t.Context())
		go func() {
			_, err := shared.get(first, matchKey{}, func() (matcher, error) {
				<-first.Done()
				return matcher{}, first.Err()
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left: %v", err)
			}
		}()
		synctest.Wait()
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			m, err := shared.get(t.Context(), matchKey{}, func() (matcher, error) { return matcher{attributes: []int{1}}, nil })
			if err != nil || len(m.attributes) != 1 {
				t.Errorf("the one who stayed: %+v, %v", m, err)
			}
		}()
		synctest.Wait()
		leave()
		<-answered
	})
}

// A search whose client went away stops before it has looked at anything.
func TestSearchStopsWithItsClient(t *testing.T) {
	t.Parallel()
	s, client := startServer(t, "")
	fill(t, client, "tickets", nil, []doc{{"id": 1, "title": "green card"}})
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, q := range []string{"green", `"green card"`, "gren cart", ""} {
		if found, err := s.search(gone, "tickets", searchRequest{Q: &q}); !errors.Is(err, context.Canceled) {
			t.Errorf("%q: found %+v, %v; want an end", q, found, err)
		}
	}
	if len(s.searching) != 0 {
		t.Errorf("%d searches never end", len(s.searching))
	}
}

// Searches that share a match differ in what they may leave out.
func TestSharedMatchesLeaveOutTheirOwn(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "tickets", nil, []doc{
		{"id": 1, "title": "green card"}, {"id": 2, "title": "green"}, {"id": 3, "title": "green"}, {"id": 4, "title": "card"},
	})
	want := map[meilisearch.MatchingStrategy][]string{
		meilisearch.All: {"1"}, meilisearch.Last: {"1", "2", "3"}, meilisearch.Frequency: {"1", "4"},
	}
	var all sync.WaitGroup
	for range 20 {
		for strategy, expected := range want {
			all.Go(func() {
				got := ids(t, index, "green card", meilisearch.SearchRequest{MatchingStrategy: strategy})
				if !slices.Equal(got, expected) {
					t.Errorf("%s: got %v, want %v", strategy, got, expected)
				}
			})
		}
	}
	all.Wait()
}
