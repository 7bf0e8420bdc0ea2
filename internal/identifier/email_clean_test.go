package identifier_test

import (
	"testing"

	"github.com/askwell/askwell/internal/identifier"
)

func TestCleanEmail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, clean, fold string }{
		"as it is":                     {"Ana@Mail.example", "Ana@Mail.example", "ana@mail.example"},
		"spaces around":                {" \u00a0ana@mail.example\t\r\n", "ana@mail.example", "ana@mail.example"},
		"direction marks around":       {"\u202aana@mail.example\u202c", "ana@mail.example", "ana@mail.example"},
		"a space inside a mark":        {"\u202a ana@mail.example \u202c", "ana@mail.example", "ana@mail.example"},
		"zero width inside":            {"a\u200bn\u200ca\u200d@\u200email\u200f.example", "ana@mail.example", "ana@mail.example"},
		"soft hyphen":                  {"ana@long\u00adname.example", "ana@longname.example", "ana@longname.example"},
		"variation selector":           {"ana\ufe0f@mail.example\ufe0f", "ana@mail.example", "ana@mail.example"},
		"byte order mark, word joiner": {"\ufeffana@mail\u2060.example", "ana@mail.example", "ana@mail.example"},
		"isolates, grapheme joiner":    {"\u2066ana\u034f@mail.example\u2069", "ana@mail.example", "ana@mail.example"},
		"Hangul filler, tags":          {"ana\u3164@mail.example\U000e0061", "ana@mail.example", "ana@mail.example"},
		"decomposed":                   {"jose\u0301@mail.example", "jos\u00e9@mail.example", "jos\u00e9@mail.example"},
		"decomposed domain":            {"ana@bu\u0308ro.example", "ana@b\u00fcro.example", "ana@xn--bro-hoa.example"},
		"a final dot":                  {"ana@mail.example.", "ana@mail.example", "ana@mail.example"},
		"a final dot before a mark":    {"ana@mail.example.\u200b", "ana@mail.example", "ana@mail.example"},
		"invisible alone":              {"\u200b\u200e", "", ""},
		"no address keeps its dot":     {"Ana.", "Ana.", "ana."},
		"a control character stays":    {"a\x01na@mail.example", "a\x01na@mail.example", "a\x01na@mail.example"},
	} {
		got := identifier.CleanEmail(c.typed)
		if got != c.clean || identifier.CleanEmail(got) != got {
			t.Errorf("%s: CleanEmail(%q) = %q, want %q, and the same again", name, c.typed, got, c.clean)
		}
		if fold := identifier.FoldEmail(c.typed); fold != c.fold {
			t.Errorf("%s: FoldEmail(%q) = %q, want %q", name, c.typed, fold, c.fold)
		}
	}
	if identifier.ValidEmail("ana@mail.example\u200b") {
		t.Error("an address with what does not show counts as one")
	}
}
