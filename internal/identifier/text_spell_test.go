package identifier

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpelledIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"My A-Number is A 012 345 678.":               {"A012345678"},
		"A012345678":                                  {"A012345678"},
		"a-012-345-678, and A#12345678":               {"A012345678", "A12345678"},
		"Alien number: 012345678":                     {"A012345678"},
		"A no. 012345678":                             {"A012345678"},
		"ioe 09-1234-5678, IOE0912345678":             {"IOE0912345678", "IOE0912345678"},
		"receipt IOE 0912 345 678 and 1639 2070 2842": {"IOE0912345678", "163920702842"},
		"1639-2070-2842/163920702842":                 {"163920702842", "163920702842"},
		"A 5 of 2026":                                 nil,
		"in 2026 I paid 1 000 dollars":                nil,
		"call 202 555 0175 or 1 800 375 5283":         nil,
		"4111 1111 1111 1111":                         nil,
	} {
		var got []string
		for _, s := range SpelledIn(text) {
			got = append(got, s.Normal)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
