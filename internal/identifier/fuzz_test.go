package identifier

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func seed(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", own, "1639-2070-2842", "My account number is １６３９２０７０２８４２.", "127-90-7167", "ssn 127907167", "4111 1111 1111 1111", "A-012 345 678",
		"no sé", "https://x.example/163920702842", "\xff\u200b\u0301", handmade, own + " / " + other, "4111 1111 1111 1111-127 90 7167-4111111111111111",
	} {
		f.Add(s)
	}
}

func FuzzNormalize(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		once := Normalize(s)
		if again := Normalize(once); again != once {
			t.Errorf("Normalize(%q) = %q, and of that %q", s, once, again)
		}
	})
}

// plainSSN and plainCard are what must never be kept, in the simplest writing; deliberately not the code's own rules.
var (
	plainSSN  = regexp.MustCompile(`^(?:[0-57]\d[1-9])-(?:[1-9]\d)-(?:[1-9]\d{3})$`)
	plainCard = regexp.MustCompile(`^4\d{15}$`)
)

func FuzzRead(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := Read(s)
		if !utf8.ValidString(r.Given) || utf8.RuneCountInString(r.Given) > MaxGiven || strings.ContainsRune(r.Given, 0) {
			t.Errorf("Read(%q).Given = %q is not storable", s, r.Given)
		}
		if (r.Kind == KindNone) != (r.Group == GroupWithout) || r.Kind == "" || r.InText {
			t.Errorf("Read(%q) = %+v", s, r)
		}
		if (r.Group == GroupWith) != r.CheckDigitsOK || r.Linkable() && !ValidAccountNumber(r.Normal) {
			t.Errorf("Read(%q) = %+v", s, r)
		}
		if len(r.Looks) > 0 && len(r.Candidates) == 0 && r.Looks[0] != r.Kind {
			t.Errorf("Read(%q) is %s but looks like %v", s, r.Kind, r.Looks)
		}
		if (plainSSN.MatchString(s) || plainCard.MatchString(s) && luhn(s)) && (!r.Masked || r.Given != Marker || r.Normal != "") {
			t.Errorf("Read(%q) = %+v keeps it", s, r)
		}
	})
}

func FuzzFindInText(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := FindInText(s)
		switch {
		case r.Kind == KindNone && r.Group == GroupWithout && r.Normal == "":
		case r.Linkable() && r.InText && ValidAccountNumber(r.Normal) && Normalize(r.Given) == r.Normal:
		case r.Kind == KindUnusable && len(r.Candidates) > 1 && !slices.ContainsFunc(r.Candidates, func(c string) bool { return !ValidAccountNumber(c) }):
		default:
			t.Errorf("FindInText(%q) = %+v", s, r)
		}
		if r.Given != "" && !strings.Contains(s, r.Given) {
			t.Errorf("FindInText(%q) gives %q, which is not in it", s, r.Given)
		}
	})
}

func FuzzParseReference(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		ref, ok := ParseReference(s)
		if !ok {
			return
		}
		if again, ok := ParseReference(ref); !ok || again != ref || len(ref) != len(handmade) {
			t.Errorf("ParseReference(%q) = %q, and of that %q, %t", s, ref, again, ok)
		}
	})
}

func FuzzMaskSensitive(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		masked, kinds := MaskSensitive(s)
		if (masked == s) != (kinds == nil) && !strings.Contains(s, Marker) {
			t.Errorf("MaskSensitive(%q) = %q, %v", s, masked, kinds)
		}
		if again, more := MaskSensitive(masked); again != masked || more != nil {
			t.Errorf("MaskSensitive(%q) = %q, and of that %q", s, masked, again)
		}
		rest := s
		for part := range strings.SplitSeq(masked, Marker) {
			at := strings.Index(rest, part)
			if at < 0 {
				t.Fatalf("MaskSensitive(%q) = %q changed more than it masked", s, masked)
			}
			rest = rest[at+len(part):]
		}
	})
}
