package identifier

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindInText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, given string // given is empty where nothing must be found
	}{
		{"plain", "My account number is 163920702842.", "163920702842"},
		{"blanks", "My account number is 1639 2070 2842.", "1639 2070 2842"},
		{"dashes", "My account number is 1639-2070-2842, thanks", "1639-2070-2842"},
		{"number sign", "account #163920702842", "163920702842"},
		{"full width", "My online account number is １６３９２０７０２８４２.", "１６３９２０７０２８４２"},
		{"no cue", "Hello, 163920702842, bye", "163920702842"},
		{"in brackets", "(163920702842)", "163920702842"},
		{"Spanish", "Mi número de cuenta es 1639-2070-2842.", "1639-2070-2842"},
		{"odd grouping with a cue", "account: 16392-0702842", "16392-0702842"},
		{"over a line's end with a cue", "my account number is 1639 2070\n2842", "1639 2070\n2842"},
		{"sentences around", "I came in 2017. 163920702842. 2 years ago", "163920702842"},
		{"a year before", "since 2017 163920702842", "163920702842"},
		{"no blank after the full stop", "number:163920702842.Thanks", "163920702842"},
		{"equals sign with a cue", "account number=163920702842", "163920702842"},
		{"among Chinese", "我的账号是163920702842。", "163920702842"},
		{"named after it", "163920702842 is my account number", "163920702842"},
		{"somebody else's is better than none", "my wife's account number is 163920702842", "163920702842"},
		{"mine before hers", "my wife's account number is 724707644608 and mine is 163920702842", "163920702842"},
		{"the named one", "Ticket 724707644608. My account number: 163920702842", "163920702842"},
		{"the same twice", "163920702842, I repeat: 1639-2070-2842", "163920702842"},

		{"none", "Hello", ""},
		{"check digits fail", "My account number is 163920702843.", ""},
		{"odd grouping without a cue", "16392-0702842", ""},
		{"dates", "12/27 12/01/2017", ""},
		{"part of 13 digits", "1639207028421", ""},
		{"end of 13 digits", "9163920702842", ""},
		{"part of a card", "1639 2070 2842 1111", ""},
		{"part of a longer chain", "1639-2070-2842-1", ""},
		{"decimals", "0.163920702842", ""},
		{"thousands", "9,163920702842", ""},
		{"web address", "see https://example.org/story?id=163920702842&x=1", ""},
		{"web address without scheme", "see example.org/163920702842", ""},
		{"a query's part", "id=163920702842", ""},
		{"e-mail address", "163920702842@example.org", ""},
		{"telephone", "call +16 3920 702842", ""},
		{"code", "US163920702842", ""},
		{"code after", "163920702842A1", ""},
		{"bank account", "my bank account number is 163920702842", ""},
		{"Spanish bank account", "mi cuenta bancaria es 163920702842", ""},
		{"tracking number", "tracking number 163920702842", ""},
		{"times of day", "ETA of 1600-1800. 1800 comes and goes", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := Reading{Kind: KindNone, Group: GroupWithout}
			if tt.given != "" {
				want = Reading{
					Given: tt.given, Normal: own, Kind: KindAccountNumber, Looks: []Kind{KindAccountNumber},
					CheckDigitsOK: true, InText: true, Group: GroupWith,
				}
			}
			if diff := cmp.Diff(want, FindInText("No number here", tt.text)); diff != "" {
				t.Errorf("FindInText(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestFindInTextSaysWhenItCannotTell(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{
		{"163920702842 and 724707644608"},
		{"163920702842", "724707644608"},
		{"account numbers 163920702842, 724707644608"},
		{"My account number is 163920702842. My account number is 724707644608."},
	} {
		want := Reading{
			Given: own, Kind: KindUnusable, Looks: []Kind{KindAccountNumber}, CheckDigitsOK: true, InText: true, Group: GroupWith,
			Candidates: []string{own, other},
		}
		got := FindInText(texts...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("FindInText(%q) (-want +got):\n%s", texts, diff)
		}
		if got.Linkable() {
			t.Errorf("FindInText(%q) is linkable", texts)
		}
	}
}
