package identifier

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// own and other leave 1 when divided by 97 (worked out with another program), as ISO 7064 MOD 97-10 asks.
const (
	own   = "163920702842"
	other = "724707644608"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"blanks", " 0123 4567\t8901\n", "012345678901"},
		{"no-break and thin space", "0123\u00a04567\u20098901", "012345678901"},
		{"full-width digits", "０１２３４５６７８９０１", "012345678901"},
		{"full-width number sign", "＃１２", "12"},
		{"Arabic-Indic digits", "٠١٢٣٤٥٦٧٨٩", "0123456789"},
		{"Eastern Arabic digits", "۰۱۲۳۴۵۶۷۸۹", "0123456789"},
		{"Devanagari digits", "०१२३४५६७८९", "0123456789"},
		{"Adlam digits, beyond 16 bits", "\U0001E950\U0001E959", "09"},
		{"hyphen, en, em, figure, minus", "1-2–3—4‒5−6", "123456"},
		{"small and full-width hyphen", "1﹣2－3", "123"},
		{"marks", "A.#:/_1", "A1"},
		{"upper case", "ioe0912345678", "IOE0912345678"},
		{"zero width and direction marks", "12\u200b34\u200e\ufeff5\u00ad6", "123456"},
		{"other signs stay", "(1)*", "(1)*"},
		{"invalid UTF-8", "1\xff2", "1\uFFFD2"},
		{"half-width kana compose", "ｶﾞ", "ガ"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Normalize(tt.in)); diff != "" {
				t.Errorf("Normalize(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestReadInquiry(t *testing.T) {
	t.Parallel()
	said := "Hello.\n\nMy online account number is 1639 2070 2842."
	found := Reading{
		Given: "1639 2070 2842", Normal: own, Kind: KindAccountNumber, Looks: []Kind{KindAccountNumber},
		CheckDigitsOK: true, InText: true, Group: GroupWith,
	}
	tests := []struct {
		name, field, subject, question string
		want                           Reading
	}{
		{"field empty, question has it", "", "Help", said, found},
		{"field says none, question has it", "no tengo", "Help", said, found},
		{"field empty, subject has it", "", said, "Please", found},
		{"nothing anywhere", " ", "Help", "Please", Reading{Kind: KindNone, Group: GroupWithout}},
		{"none in words is kept", " N/A ", "Help", "Please", Reading{Given: "N/A", Kind: KindNone, Group: GroupWithout}},
		{"the field wins", other, "Help", said, Reading{
			Given: other, Normal: other, Kind: KindAccountNumber, Looks: []Kind{KindAccountNumber}, CheckDigitsOK: true, Group: GroupWith,
		}},
		{"an unusable field wins too", "A123456789", "Help", said, Reading{
			Given: "A123456789", Normal: "A123456789", Kind: KindANumber, Looks: []Kind{KindANumber}, Group: GroupUnusable,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, ReadInquiry(tt.field, tt.subject, tt.question)); diff != "" {
				t.Errorf("ReadInquiry (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"case and blanks", " Jean.HORVAT@Applicants.Example ", "jean.horvat@applicants.example"},
		{"final dot", "a@b.example.", "a@b.example"},
		{"domain beyond ASCII, RFC 3492 form", "info@BÜCHER.example", "info@xn--bcher-kva.example"},
		{"composed and decomposed are one", "jose\u0301@b.example", "jos\u00e9@b.example"},
		{"plus part is kept", "a+b@c.example", "a+b@c.example"},
		{"no address", "Nobody", "nobody"},
		{"last @ counts", `"a@b"@C.example`, `"a@b"@c.example`},
		{"domain that IDNA refuses", "a@B_C.example", "a@b_c.example"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, FoldEmail(tt.in)); diff != "" {
				t.Errorf("FoldEmail(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestNameWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"case, order, comma", "SORENSEN, Bjorn", []string{"bjorn", "sorensen"}},
		{"accents and letters with a stroke", "José Łukasz Đorđević", []string{"dordevic", "jose", "lukasz"}},
		{"particles left out", "Maria de la Cruz y del Río", []string{"cruz", "maria", "rio"}},
		{"initials left out", "J. R. Smith", []string{"smith"}},
		{"one letter is a name", "O", []string{"o"}},
		{"only particles", "Van Den", []string{"den", "van"}},
		{"hyphen", "Jean-Baptiste", []string{"baptiste", "jean", "jeanbaptiste"}},
		{"curly apostrophe", "O’Brien", []string{"brien", "obrien"}},
		{"passport spelling of an umlaut", "Müller", []string{"mueller", "muller"}},
		{"Chinese, with a space", "王 伟", []string{"伟", "王", "王伟"}},
		{"Chinese, without", "王伟", []string{"王伟"}},
		{"Chinese and Latin", "王 Wei", []string{"wei", "王"}},
		{"Japanese, with a full-width space", "田中　太郎", []string{"太郎", "田中", "田中太郎"}},
		{"a sigma at the end", "Γιώργος", []string{"γιωργοσ"}},
		{"title and suffix", "Dr. Ana Paz Jr", []string{"ana", "paz"}},
		{"no letters", " - ", []string{}},
		{"empty", "", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, NameWords(tt.in)); diff != "" {
				t.Errorf("NameWords(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestSharesWord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"accents, case and order", "Björn Sørensen", "SORENSEN BJORN", true},
		{"umlaut spelled out", "Jürgen Groß", "Juergen Smith", true},
		{"apostrophe or none", "Sean O'Brien", "OBRIEN", true},
		{"hyphen or blank", "Jean-Baptiste Horvat", "Baptiste Jean", true},
		{"hyphen or nothing", "Jean-Baptiste", "Jeanbaptiste", true},
		{"Chinese, with and without a space", "王小明", "王 小明", true},
		{"Korean, with and without a space", "김민수", "김 민수", true},
		{"Japanese, with and without a space", "田中太郎", "田中 太郎", true},
		{"another Chinese name", "王小明", "李 小红", false},
		{"Greek capitals", "Γιώργος Παπαδόπουλος", "ΓΙΩΡΓΟΣ", true},
		{"Russian, with and without two dots", "Пётр", "петр", true},
		{"a sharp s", "gross", "Groß", true},
		{"only a particle", "Ana de la Cruz", "Luis de la Torre", false},
		{"only an initial", "O Mensah", "O Diallo", false},
		{"a part of a word", "Ann", "Anna", false},
		{"nothing", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := SharesWord(NameWords(tt.a), NameWords(tt.b)); got != tt.want {
				t.Errorf("SharesWord(%q, %q) = %t, want %t", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestLongInputIsCheap(t *testing.T) {
	t.Parallel()
	// Each of these makes a naive reading quadratic; the test's own time limit is the check.
	for _, unit := range []string{"127-90-7167,", "1639 2070 2842 ", "4111 1111 1111 1111-", "9", "a@", "#", "-", " ", "\u0301", "account number 1"} {
		long := strings.Repeat(unit, 100_000/len(unit))
		if got := len([]rune(Read(long).Given)); got > MaxGiven {
			t.Errorf("Read(%q...).Given has %d characters, want at most %d", unit, got, MaxGiven)
		}
		FindInText(long)
		MaskSensitive(long)
		ParseReference(long)
		NameWords(long)
	}
}
