package identifier

import (
	"fmt"
	"io"
	"strings"
)

// referenceAlphabet is what a reference is written in: no I, O, Q, Z, 0 and 1, which are read for one another.
const referenceAlphabet = "23456789ABCDEFGHJKLMNPRSTUVWXY"

const (
	referencePrefix = "ASK"
	referenceRandom = 7 // 30^7, 21,870 million: not to be guessed in number, and never sequential
)

// NewReference draws a ticket's reference from r (crypto/rand.Reader outside tests): ASK-XXXX-XXXC, seven random
// characters and a check character. The check is the hybrid system of ISO/IEC 7064 with M = 30, MOD 31,30: starting
// from P = 30, for each value a, S = (P mod 31 + a) mod 30, 30 when 0, and P = 2S mod 31; the check value c makes
// (P + c) mod 30 = 1. It detects every single wrong character and all but a few of a thousand swaps of neighbours.
// Not unique by itself: the caller keeps it so and draws again. An error is r's.
func NewReference(r io.Reader) (string, error) {
	var n int64
	for range referenceRandom {
		v, err := draw(r, len(referenceAlphabet))
		if err != nil {
			return "", fmt.Errorf("draw a reference: %w", err)
		}
		n = n*int64(len(referenceAlphabet)) + int64(v)
	}
	return ReferenceOf(n), nil
}

// References is how many references there are: 30^7.
const References = 21_870_000_000

// ReferenceOf gives the reference whose seven characters write n, 0 <= n < References, in base 30. For whoever makes many
// at once and sees to it that no n comes twice and that they do not follow one another.
func ReferenceOf(n int64) string {
	values := make([]int, referenceRandom)
	body := make([]byte, referenceRandom)
	for i := referenceRandom - 1; i >= 0; i-- {
		values[i] = int(n % int64(len(referenceAlphabet)))
		body[i] = referenceAlphabet[values[i]]
		n /= int64(len(referenceAlphabet))
	}
	return formatReference(string(body) + string(referenceAlphabet[hybridCheck(values, len(referenceAlphabet))]))
}

// ParseReference reads a reference as people type it: any case, spaces or dashes anywhere or nowhere, full-width, in
// brackets, with or without "ASK". It gives the canonical form, and false when the check character says it is none.
func ParseReference(s string) (string, bool) {
	if len(s) > 256 { // a reference in the widest characters with room to spare; anything longer is no reference
		return "", false
	}
	s = strings.Trim(Normalize(s), `()[]<>"',;!?“”‘’«»`)
	if len(s) == len(referencePrefix)+referenceRandom+1 {
		var found bool
		if s, found = strings.CutPrefix(s, referencePrefix); !found {
			return "", false
		}
	}
	values, ok := referenceValues(s)
	if !ok || len(s) != referenceRandom+1 {
		return "", false
	}
	if hybridCheck(values[:referenceRandom], len(referenceAlphabet)) != values[referenceRandom] {
		return "", false
	}
	return formatReference(s), true
}

func formatReference(eight string) string {
	return referencePrefix + "-" + eight[:4] + "-" + eight[4:]
}

// referenceValues gives each character's place in the alphabet, and false at the first that is not in it.
func referenceValues(s string) ([]int, bool) {
	values := make([]int, len(s))
	for i := range len(s) {
		v := strings.IndexByte(referenceAlphabet, s[i])
		if v < 0 {
			return nil, false
		}
		values[i] = v
	}
	return values, true
}
