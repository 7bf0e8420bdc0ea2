package devstack

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNoMessage says that there is no such message, or no longer.
var ErrNoMessage = errors.New("no such message")

// Names of messages: the time of arrival, so that they sort by it, and something random.
const (
	messageSuffix = ".eml"
	messageTime   = "20060102T150405.000000000"
)

// mailStore keeps messages in a folder, a file each. Only their names and what a list shows are held in memory.
type mailStore struct {
	dir  string
	keep int

	mu        sync.Mutex
	names     []string // oldest first
	last      time.Time
	arrived   chan struct{} // closed at the next arrival
	summaries map[string]MessageSummary
}

func openMailStore(dir string, keep int) (*mailStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	s := &mailStore{dir: dir, keep: keep, arrived: make(chan struct{}), summaries: map[string]MessageSummary{}}
	for _, e := range entries {
		id, isMessage := strings.CutSuffix(e.Name(), messageSuffix)
		_, known := messageArrival(id)
		switch {
		case isMessage && known:
			s.names = append(s.names, id)
		case strings.HasPrefix(e.Name(), "."): // half-written when an earlier process was killed
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	if len(s.names) > 0 {
		s.last, _ = messageArrival(s.names[len(s.names)-1])
	}
	return s, s.makeRoom()
}

func messageArrival(id string) (time.Time, bool) {
	text, _, _ := strings.Cut(id, "-")
	at, err := time.Parse(messageTime, text)
	return at, err == nil
}

// ids returns the names of the messages, newest first.
func (s *mailStore) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := slices.Clone(s.names)
	slices.Reverse(names)
	return names
}

// arrival returns a channel that is closed when the next message arrives.
func (s *mailStore) arrival() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

func (s *mailStore) add(raw []byte, now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now = now.UTC()
	if !now.After(s.last) { // the order of names is the order of arrival, whatever the clock does
		now = s.last.Add(1)
	}
	id := now.Format(messageTime) + "-" + strings.ToLower(rand.Text()[:8])
	if err := s.write(id, raw); err != nil {
		return "", err
	}
	s.last = now
	s.names = append(s.names, id)
	close(s.arrived)
	s.arrived = make(chan struct{})
	// The message is kept: one that cannot be removed now is tried again at the next arrival.
	_ = s.makeRoom()
	return id, nil
}

// write puts the message in its place as one step. It does not wait for the disk: this is mail nobody is waiting for.
func (s *mailStore) write(id string, raw []byte) error {
	half := filepath.Join(s.dir, "."+id)
	if err := os.WriteFile(half, raw, 0o600); err != nil {
		return errors.Join(err, os.Remove(half))
	}
	return os.Rename(half, s.path(id))
}

// makeRoom removes the oldest messages beyond the number to keep.
func (s *mailStore) makeRoom() error {
	for len(s.names) > s.keep {
		oldest := s.names[0]
		if err := os.Remove(s.path(oldest)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		delete(s.summaries, oldest)
		s.names = slices.Delete(s.names, 0, 1)
	}
	return nil
}

// get reads a message. The id may come from anyone: it names a file only if it is one of ours.
func (s *mailStore) get(id string) (Message, error) {
	s.mu.Lock()
	_, known := slices.BinarySearch(s.names, id)
	s.mu.Unlock()
	if !known {
		return Message{}, ErrNoMessage
	}
	raw, err := os.ReadFile(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return Message{}, ErrNoMessage
	}
	if err != nil {
		return Message{}, fmt.Errorf("read message %s: %w", id, err)
	}
	received, _ := messageArrival(id)
	return parseMessage(id, received, raw), nil
}

// summary returns what a list shows of a message, reading its file the first time only.
func (s *mailStore) summary(id string) (MessageSummary, error) {
	s.mu.Lock()
	known, ok := s.summaries[id]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	msg, err := s.get(id)
	if err != nil {
		return MessageSummary{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, still := slices.BinarySearch(s.names, id); still {
		s.summaries[id] = msg.MessageSummary
	}
	return msg.MessageSummary, nil
}

func (s *mailStore) path(id string) string { return filepath.Join(s.dir, id+messageSuffix) }
