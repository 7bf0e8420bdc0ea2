package identifier

import (
	"crypto/rand"
	"regexp"
	"strings"
	"testing"
)

func TestNewReference(t *testing.T) {
	t.Parallel()
	// The letters and digits that docs/glossary.md leaves: no I, O, Q, Z, 0, 1.
	form := regexp.MustCompile(`^ASK-[2-9A-HJ-NPR-Y]{4}-[2-9A-HJ-NPR-Y]{4}$`)
	seen := map[string]bool{}
	for range 5000 {
		ref, err := NewReference(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(ref) || seen[ref] {
			t.Fatalf("issued %q", ref)
		}
		seen[ref] = true
		if got, ok := ParseReference(ref); !ok || got != ref {
			t.Fatalf("ParseReference(%q) = %q, %t", ref, got, ok)
		}
	}
}

// Worked by hand with the formula in NewReference's comment: seven times the value 0 ("2") takes P from 30 through 29, 27,
// 23, 15, 30, 29 to 27, and (27 + c) mod 30 = 1 makes c 4, which is "6".
const handmade = "ASK-2222-2226"

// lettered holds the alphabet's order, which references already sent depend on.
const lettered = "ASK-A7RC-9FXE"

func TestParseReference(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     bool
	}{
		{"canonical", handmade, true},
		{"of letters, reckoned by another program", lettered, true},
		{"lower case", "ask-2222-2226", true},
		{"without prefix", "2222-2226", true},
		{"without dashes", "ASK22222226", true},
		{"blanks", " ask 2222 2226 ", true},
		{"en dashes", "ASK–2222–2226", true},
		{"full width", "ＡＳＫ－２２２２－２２２６", true},
		{"in brackets", "[ASK-2222-2226]", true},
		{"with a number sign and full stop", "#ASK-2222-2226.", true},
		{"wrong check character", "ASK-2222-2227", false},
		{"too short", "ASK-2222-222", false},
		{"too long", "ASK-2222-22266", false},
		{"another prefix", "BSK-2222-2226", false},
		{"a letter outside the alphabet", "ASK-222O-2226", false},
		{"empty", "", false},
		{"not text", "\xff\xff", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := ParseReference(tt.in)
			want := handmade
			if tt.in == lettered {
				want = lettered
			}
			if ok != tt.want || ok && got != want || !ok && got != "" {
				t.Errorf("ParseReference(%q) = %q, %t, want %t", tt.in, got, ok, tt.want)
			}
		})
	}
}

func TestReferenceCheckFindsSlips(t *testing.T) {
	t.Parallel()
	swaps, missed := 0, 0
	for range 300 {
		ref, err := NewReference(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		code := strings.ReplaceAll(strings.TrimPrefix(ref, "ASK-"), "-", "")
		for i := range code {
			for _, r := range referenceAlphabet {
				if slip := code[:i] + string(r) + code[i+1:]; slip != code {
					if _, ok := ParseReference(slip); ok {
						t.Errorf("%s passes as %s with one character wrong", slip, code)
					}
				}
			}
		}
	}
	// Every pair of neighbours after every state of the sum: all swaps there are, in the middle of a reference.
	for lead := range 30 {
		for a := range 30 {
			for b := range 30 {
				if a == b {
					continue
				}
				swaps++
				if hybridCheck([]int{lead, a, b}, 30) == hybridCheck([]int{lead, b, a}, 30) {
					missed++
				}
			}
		}
	}
	if share := float64(missed) / float64(swaps); share > 0.003 {
		t.Errorf("%d of %d swaps of neighbours pass, %.2f %%, want at most 0.3 %%", missed, swaps, 100*share)
	}
}
