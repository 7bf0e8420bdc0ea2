package identifier

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadShapes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, normal string
		looks      []Kind
	}{
		{"0123 4567 8901", "012345678901", []Kind{KindAccountNumber}},
		{"012345678901", "012345678901", []Kind{KindAccountNumber}},
		{"０１２３４５６７８９０１", "012345678901", []Kind{KindAccountNumber}},
		{"A123456789", "A123456789", []Kind{KindANumber}},
		{"A-012 345 678", "A012345678", []Kind{KindANumber}},
		{"A-127-90-7167", "A127907167", []Kind{KindANumber}},
		{"a12345678", "A012345678", []Kind{KindANumber, KindPassport}},
		{"A# 1234567", "A001234567", []Kind{KindANumber, KindPassport}},
		{"123456789", "A123456789", []Kind{KindANumber, KindSSN, KindPassport}},
		{"012 345 678", "A012345678", []Kind{KindANumber, KindSSN, KindPassport}},
		{"966345678", "A966345678", []Kind{KindANumber, KindPassport}},
		{"12345678", "A012345678", []Kind{KindANumber}},
		{"1234567", "A001234567", []Kind{KindANumber}},
		{"IOE0912345678", "IOE0912345678", []Kind{KindReceiptNumber, KindDocument}},
		{"EAC-22-123-45678", "EAC2212345678", []Kind{KindReceiptNumber, KindDocument}},
		{"WAC 11 012 50960", "WAC1101250960", []Kind{KindReceiptNumber, KindDocument}},
		{"src2512345678", "SRC2512345678", []Kind{KindReceiptNumber, KindDocument}},
		{"BMB2010534003", "BMB2010534003", []Kind{KindVisaCase, KindDocument}},
		{"HCM2001747003", "HCM2001747003", []Kind{KindVisaCase, KindDocument}},
		{"2025AF00012345", "2025AF00012345", []Kind{KindVisaCase}},
		{"XYZ0123456789", "XYZ0123456789", []Kind{KindDocument}},
		{"N0012345678", "N0012345678", []Kind{KindSEVIS}},
		{"123456789A1", "123456789A1", []Kind{KindI94}},
		{"94012345678", "94012345678", []Kind{KindI94, KindPhone}},
		{"Z1234567", "Z1234567", []Kind{KindPassport}},
		{"C12345678", "C12345678", []Kind{KindPassport}},
		{"someone@example.org", "someone@example.org", []Kind{KindEmail}},
		{"(305) 555-0123", "3055550123", []Kind{KindPhone}},
		{"305-555-0123", "3055550123", []Kind{KindPhone}},
		{"1-305-555-0123", "13055550123", []Kind{KindPhone, KindI94}},
		{"+52 55 5555 0123", "+525555550123", []Kind{KindPhone}},
		{"A-Number: A123456789", "A123456789", []Kind{KindANumber}},
		{"Receipt number IOE0912345678", "IOE0912345678", []Kind{KindReceiptNumber, KindDocument}},
		{"número de caso IOE0912345678", "IOE0912345678", []Kind{KindReceiptNumber, KindDocument}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			want := Reading{Given: tt.in, Normal: tt.normal, Kind: tt.looks[0], Looks: tt.looks, Group: GroupUnusable}
			if diff := cmp.Diff(want, Read(tt.in)); diff != "" {
				t.Errorf("Read(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestReadAccountNumber(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		own, "1639 2070 2842", "1639-2070-2842", " #163920702842 ", "１６３９２０７０２８４２", "1639–2070–2842", "1639.2070.2842",
		"١٦٣٩٢٠٧٠٢٨٤٢", "my account number is 163920702842", "Cuenta: 1639 2070 2842", "\u202a163920702842\u202c", "163920702842 (mine)",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			want := Reading{
				Given: trim(in), Normal: own, Kind: KindAccountNumber, Looks: []Kind{KindAccountNumber}, CheckDigitsOK: true, Group: GroupWith,
			}
			got := Read(in)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Read(%q) (-want +got):\n%s", in, diff)
			}
			if !got.Linkable() {
				t.Errorf("Read(%q) is not linkable", in)
			}
		})
	}
}

func TestReadWrongCheckDigitsIsUnusable(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"163920702843", "163920702824", "613920702842", "000000000000"} {
		got := Read(in)
		if got.Kind != KindAccountNumber || got.CheckDigitsOK || got.Group != GroupUnusable || got.Linkable() {
			t.Errorf("Read(%q) = %+v, want an account number with wrong check digits, unusable", in, got)
		}
	}
}

func TestReadNone(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "  ", "\u200b", "n/a", "N.A.", "NA", "none", "None.", "no", "NO!", "unknown", "I don't know", "I don’t know", "i dont know", "-", "—",
		"?", "...", "ninguno", "Ninguna", "no tengo", "No Tengo.", "no sé", "NO SE", "no lo sé", "no aplica", "I don't have one", "ｎｏｎｅ", "0",
		"desconocido", "not applicable", "no account", "no tengo número de cuenta",
	} {
		if got := Read(in); got.Kind != KindNone || got.Group != GroupWithout || got.Normal != "" {
			t.Errorf("Read(%q) = %+v, want none, without", in, got)
		}
	}
}

func TestReadUnusable(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"12345", "hello", "November", "1639207028421", "4111111111111112", "🙂", "no 5", "\xff", "<b>1</b>"} {
		got := Read(in)
		if got.Kind != KindUnusable || got.Group != GroupUnusable || got.Looks != nil || got.Masked {
			t.Errorf("Read(%q) = %+v, want unusable", in, got)
		}
		if got.Given != strings.ToValidUTF8(in, "\uFFFD") {
			t.Errorf("Read(%q) kept %q, want what was typed", in, got.Given)
		}
	}
}

func TestReadMasks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, given string
		kind      Kind
	}{
		{"127-90-7167", Marker, KindSSN},
		{"127 90 7167", Marker, KindSSN},
		{"127–90–7167", Marker, KindSSN},
		{"127/90/7167", Marker, KindSSN},
		{"127 : 90 : 7167", Marker, KindSSN},
		{"１２７-９０-７１６７", Marker, KindSSN},
		{"SSN 127-90-7167", "SSN " + Marker, KindSSN},
		{"ssn: 127907167", "ssn: " + Marker, KindSSN},
		{"912-45-6789", Marker, KindITIN},
		{"4111 1111 1111 1111", Marker, KindPaymentCard},
		{"378282246310005", Marker, KindPaymentCard},
		{"79927398713" + "0000000006", "799273987130000000006", KindUnusable}, // 21 digits are no card
		{"1234567812345670", Marker, KindPaymentCard},                         // passes Luhn: no issuer is asked for in the field
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got := Read(tt.in)
			if got.Given != tt.given || got.Kind != tt.kind || got.Masked != (tt.kind != KindUnusable) || got.Group != GroupUnusable {
				t.Errorf("Read(%q) = %+v, want %s given as %q", tt.in, got, tt.kind, tt.given)
			}
			if got.Masked && strings.ContainsAny(got.Given+got.Normal, "0123456789") {
				t.Errorf("Read(%q) holds digits: %+v", tt.in, got)
			}
		})
	}
}

func TestReadMaskedBesideAccountNumber(t *testing.T) {
	t.Parallel()
	want := Reading{
		Given: "ssn " + Marker + ", account 163920702842", Normal: own, Kind: KindAccountNumber,
		Looks: []Kind{KindAccountNumber, KindSSN}, CheckDigitsOK: true, Masked: true, Group: GroupWith,
	}
	if diff := cmp.Diff(want, Read("ssn 127-90-7167, account 163920702842")); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
}

func TestReadTwoAccountNumbers(t *testing.T) {
	t.Parallel()
	want := Reading{
		Given: own + " / " + other, Kind: KindUnusable, Looks: []Kind{KindAccountNumber}, CheckDigitsOK: true, Group: GroupWith,
		Candidates: []string{own, other},
	}
	if diff := cmp.Diff(want, Read(own+" / "+other)); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
}

func TestReadClipsWhatIsKept(t *testing.T) {
	t.Parallel()
	if got, want := Read(strings.Repeat("é", 5000)).Given, strings.Repeat("é", MaxGiven); got != want {
		t.Errorf("Given has %d bytes, want %d", len(got), len(want))
	}
}
