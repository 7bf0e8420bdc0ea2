package meili

import (
	"slices"
	"unicode/utf8"
)

// A typoAutomaton accepts the words within a number of typos of a word: letters put in, left out, exchanged for another, or
// swapped with their neighbour. With prefix, the words of which a beginning is. It works its states out as a dictionary is walked,
// for few of them are ever reached; so it belongs to one goroutine.
type typoAutomaton struct {
	word   []rune
	typos  uint8
	prefix bool
	start  int

	states []typoState
	known  map[string]int
	next   map[uint64]int // by state and byte
	key    []byte
	row    []uint8
}

// A typoState is what remains of the letters read so far: the distances of the word's beginnings to them, the same without the last
// letter, that letter, and the bytes of a letter that is not whole yet.
type typoState struct {
	row, before []uint8
	last        rune
	pending     string
}

// The states that all automata share.
const (
	typoDead  = iota // no word that begins like this is near enough
	typoDone         // every word that begins like this is
	typoFirst        // the first of those that were reached
)

func newTypoAutomaton(word string, typos int, prefix bool) *typoAutomaton {
	a := &typoAutomaton{
		word: []rune(word), typos: uint8(typos), prefix: prefix, known: map[string]int{}, next: map[uint64]int{},
		states: make([]typoState, typoFirst, 64),
	}
	row := make([]uint8, len(a.word)+1)
	for i := range row {
		row[i] = a.capped(i)
	}
	a.row = make([]uint8, len(row))
	a.start = a.state(typoState{row: row, before: row})
	if prefix && row[len(a.word)] <= a.typos {
		a.start = typoDone
	}
	return a
}

// capped bounds a distance: beyond the typos let through one is like the other.
func (a *typoAutomaton) capped(distance int) uint8 { return uint8(min(distance, int(a.typos)+1)) }

func (a *typoAutomaton) Start() int { return a.start }

func (a *typoAutomaton) IsMatch(state int) bool {
	if state <= typoDone {
		return state == typoDone
	}
	s := &a.states[state]
	return s.pending == "" && s.row[len(a.word)] <= a.typos
}

func (a *typoAutomaton) CanMatch(state int) bool        { return state != typoDead }
func (a *typoAutomaton) WillAlwaysMatch(state int) bool { return state == typoDone }

func (a *typoAutomaton) Accept(state int, b byte) int {
	if state <= typoDone {
		return state
	}
	at := uint64(state)<<8 | uint64(b)
	to, ok := a.next[at]
	if !ok {
		to = a.step(a.states[state], b)
		a.next[at] = to
	}
	return to
}

func (a *typoAutomaton) step(s typoState, b byte) int {
	letter := rune(b)
	if b >= utf8.RuneSelf {
		s.pending += string([]byte{b})
		if !utf8.FullRuneInString(s.pending) {
			return a.state(typoState{row: s.row, before: s.before, last: s.last, pending: s.pending})
		}
		letter, _ = utf8.DecodeRuneInString(s.pending)
	}
	row, nearest := a.row, a.capped(int(s.row[0])+1)
	row[0] = nearest
	for i, want := range a.word {
		distance := min(row[i], s.row[i+1]) + 1
		if want == letter {
			distance = min(distance, s.row[i])
		} else {
			distance = min(distance, s.row[i]+1)
		}
		if i > 0 && want == s.last && a.word[i-1] == letter {
			distance = min(distance, s.before[i-1]+1)
		}
		row[i+1] = a.capped(int(distance))
		nearest = min(nearest, row[i+1])
	}
	switch {
	case a.prefix && row[len(a.word)] <= a.typos:
		return typoDone
	case nearest > a.typos && a.tooFar(s.row, letter):
		return typoDead
	}
	if !slices.Contains(a.word, letter) {
		letter = 0 // no swap begins with it
	}
	return a.state(typoState{row: row, before: s.row, last: letter})
}

// tooFar says whether a swap that the next letter would end cannot save the word either.
func (a *typoAutomaton) tooFar(before []uint8, letter rune) bool {
	for i, want := range a.word {
		if i > 0 && want == letter && before[i-1] < a.typos {
			return false
		}
	}
	return true
}

// state returns the number of a state, a new one if it was never reached before.
func (a *typoAutomaton) state(s typoState) int {
	a.key = append(append(a.key[:0], s.row...), s.before...)
	a.key = utf8.AppendRune(a.key, s.last)
	a.key = append(a.key, s.pending...)
	if number, ok := a.known[string(a.key)]; ok {
		return number
	}
	rows := append(append(make([]uint8, 0, len(s.row)+len(s.before)), s.row...), s.before...)
	s.row, s.before = rows[:len(s.row):len(s.row)], rows[len(s.row):]
	a.states = append(a.states, s)
	a.known[string(a.key)] = len(a.states) - 1
	return len(a.states) - 1
}
