package meili

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// accepts runs an automaton over a word as a walk through a dictionary does.
func (a *typoAutomaton) accepts(word string) bool {
	state := a.Start()
	for i := range len(word) {
		if !a.CanMatch(state) {
			return false
		}
		state = a.Accept(state, word[i])
	}
	return a.IsMatch(state)
}

// The automaton accepts what the edit distance says, at its edges and on many words that chance makes of few letters, so that they
// are near each other.
func TestTypoAutomatonAcceptsByEditDistance(t *testing.T) {
	t.Parallel()
	letters := []rune("abcñж世")
	random := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		letters := letters[:2+random.IntN(len(letters)-1)]
		out := make([]rune, random.IntN(7))
		for i := range out {
			out[i] = letters[random.IntN(len(letters))]
		}
		return string(out)
	}
	words := []string{"", "a", "ab", "ba", "abc", "acb", "cab", "abcabc", "bacacb", "世界", "界世"}
	for range 250 {
		words = append(words, word())
	}
	slices.Sort(words)
	words = slices.Compact(words)
	for _, from := range words {
		for typos := 0; typos <= 2; typos++ {
			for _, prefix := range []bool{false, true} {
				automaton := newTypoAutomaton(from, typos, prefix)
				for _, to := range words {
					if got, want := automaton.accepts(to), editDistance(from, to, prefix) <= typos; got != want {
						t.Errorf("%q with %d typos (beginning: %v) accepts %q: %v, want %v", from, typos, prefix, to, got, want)
					}
				}
			}
		}
	}
}
