package meili

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// maxSharedMatches is how many queries' matches are kept: those of the people who type at this moment.
const maxSharedMatches = 8

// sharedMatches keeps what the last queries matched in an index. A page of the application asks for hits and for counts at the same
// time, with the same words: they are matched once.
type sharedMatches struct {
	mu   sync.Mutex
	all  map[matchKey]*sharedMatch
	ages []matchKey // the oldest first
}

// A matchKey says what a match depends on: a state of the index, its settings, and the words.
type matchKey struct {
	snapshot *scorch.IndexSnapshot
	updated  time.Time
	text     string
	named    string // the attributes to search
}

// A sharedMatch is whole once done is closed; err is why it never came about.
type sharedMatch struct {
	done chan struct{}
	matcher
	err error
}

func newSharedMatches() *sharedMatches { return &sharedMatches{all: map[matchKey]*sharedMatch{}} }

// get returns the match of a key, found by run if nobody has found it yet. Whoever waits for another's run and sees it fail, because
// that one's client went away, runs it himself.
func (s *sharedMatches) get(ctx context.Context, key matchKey, run func() (matcher, error)) (matcher, error) {
	for {
		match, mine := s.claim(key)
		if mine {
			match.matcher, match.err = run()
			if match.err != nil {
				s.forget(key)
			}
			close(match.done)
			return match.matcher, match.err
		}
		select {
		case <-match.done:
			if !errors.Is(match.err, context.Canceled) {
				return match.matcher, match.err
			}
		case <-ctx.Done():
			return matcher{}, ctx.Err()
		}
	}
}

// claim returns the match of a key, and whether the caller is the one to find it.
func (s *sharedMatches) claim(key matchKey) (*sharedMatch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if match := s.all[key]; match != nil {
		return match, false
	}
	if len(s.ages) == maxSharedMatches {
		delete(s.all, s.ages[0])
		s.ages = slices.Delete(s.ages, 0, 1)
	}
	match := &sharedMatch{done: make(chan struct{})}
	s.all[key] = match
	s.ages = append(s.ages, key)
	return match, true
}

func (s *sharedMatches) forget(key matchKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, key)
	s.ages = slices.DeleteFunc(s.ages, func(k matchKey) bool { return k == key })
}
