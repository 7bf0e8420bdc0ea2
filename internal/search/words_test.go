package search_test

import (
	"testing"

	"github.com/askwell/askwell/internal/search"
)

func TestQueryText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, want string }{
		"a dash right before a word":   {"-no --card – notice e-mail -x-ray", `-no card notice e-mail -"x-ray"`},
		"but not before a common one":  {"-In buying a duplex", "buying duplex"},
		"a lone quote means nothing":   {`lost "emergency fund`, "lost emergency fund"},
		"a phrase stays":               {`"green card" lost`, `"green card" lost`},
		"the last word is unfinished":  {"resid", "resid"},
		"control characters":           {"x\x00b\r\nc", "x b c"},
		"invalid UTF-8":                {"card\xff lost", "card lost"},
		"ten words stay as they are":   {"one two three four five six seven eight nine ten", "one two three four five six seven eight nine ten"},
		"of more the telling ones":     {"I have a question about when they will send the replacement of the travel document that was lost in Guadalajara last winter", "question send replacement travel document lost Guadalajara last winter "},
		"filler where nothing is left": {"so what do I do about this and how do I get out of it", "what do I do about how do I get out "},
		"common words tell nothing":    {"where is the card", "where card"},
		"nor does the last one":        {"card of the", "card "},
		"nor does it before a stop":    {"contesting a will.", "contesting "},
		"but when there are no others": {"to be", "to be"},
		"and inside a name":            {"permiso de trabajo de mi hijo", "permiso de trabajo hijo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := search.QueryText(c.typed)
			if got != c.want {
				t.Errorf("%q becomes %q, want %q", c.typed, got, c.want)
			}
		})
	}
}
