package search_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/search"
)

func TestQueryText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, want string }{
		"dashes mean nothing":          {"-no --card – notice e-mail", "no card notice e-mail"},
		"a lone quote means nothing":   {`my "emergency fund`, "my emergency fund"},
		"a phrase stays":               {`"green card" lost`, `"green card" lost`},
		"the last word is unfinished":  {"resid", "resid"},
		"control characters":           {"a\x00b\r\nc", "a b c"},
		"invalid UTF-8":                {"card\xff lost", "card lost"},
		"ten words stay as they are":   {"one two three four five six seven eight nine ten", "one two three four five six seven eight nine ten"},
		"of more the telling ones":     {"I have a question about when they will send the replacement lost in Guadalajara last winter", "I have question they send replacement lost Guadalajara last winter "},
		"filler where nothing is left": {"so what do I do about this and how do I get out of it", "so what do I about this and how get out "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := search.QueryText(c.typed)
			if name == "of more the telling ones" {
				// Which of the filler words fill the rest is no promise; the telling ones are.
				for _, word := range []string{"question", "send", "replacement", "lost", "Guadalajara", "last", "winter"} {
					if !strings.Contains(got, word) {
						t.Errorf("%q lacks %q", got, word)
					}
				}
				if n := len(strings.Fields(got)); n != 10 {
					t.Errorf("%q has %d words, want 10", got, n)
				}
				return
			}
			if got != c.want {
				t.Errorf("%q becomes %q, want %q", c.typed, got, c.want)
			}
		})
	}
}
