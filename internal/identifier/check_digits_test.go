package identifier

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestCheckDigits(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, ten, want string }{
		{"ISO 7064's example 794 gives 44", "0000000794", "44"},
		{"zero gives 98, not 01", "0000000000", "98"},
		{"a known number", "1639207028", "42"},
		{"another", "7247076446", "08"},
		{"a third", "5313438099", "90"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := CheckDigits(tt.ten)
			if err != nil {
				t.Fatalf("CheckDigits(%q): %v", tt.ten, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("CheckDigits(%q) (-want +got):\n%s", tt.ten, diff)
			}
		})
	}
	for _, bad := range []string{"", "123456789", "12345678901", "12345678a0", "１２３４５６７８９０"} {
		if got, err := CheckDigits(bad); err == nil {
			t.Errorf("CheckDigits(%q) = %q, want an error", bad, got)
		}
	}
}

func TestValidAccountNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want bool
	}{
		{own, true}, {other, true}, {"000000079444", true},
		{"163920702843", false}, {"", false}, {"16392070284", false}, {"1639207028420", false}, {"1639 2070 284", false},
		{"000000000001", false}, // leaves 1 as 000000000098 does, but 01 is never issued
		{"000000000098", true}, {"１６３９２０７０２８４２", false},
	}
	for _, tt := range tests {
		if got := ValidAccountNumber(tt.in); got != tt.want {
			t.Errorf("ValidAccountNumber(%q) = %t, want %t", tt.in, got, tt.want)
		}
	}
}

// The standard promises that MOD 97-10 finds every single wrong digit and every swap, next to each other or one apart.
func TestCheckDigitsFindSlips(t *testing.T) {
	t.Parallel()
	for range 200 {
		number, err := NewAccountNumber(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for i := range number {
			for d := byte('0'); d <= '9'; d++ {
				if slip := number[:i] + string(d) + number[i+1:]; slip != number && ValidAccountNumber(slip) {
					t.Errorf("%s passes as %s with one digit wrong", slip, number)
				}
			}
			for _, apart := range []int{1, 2} {
				if j := i + apart; j < len(number) {
					b := []byte(number)
					b[i], b[j] = b[j], b[i]
					if slip := string(b); slip != number && ValidAccountNumber(slip) {
						t.Errorf("%s passes as %s with two digits swapped", slip, number)
					}
				}
			}
		}
	}
}

// Published check characters of other members of the same family: ISO 7064's own 0794 in MOD 11,10 is 5; a German tax
// number and a GRid are the examples of python-stdnum.
func TestHybridCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, alphabet, in, want string
	}{
		{"MOD 11,10", "0123456789", "0794", "5"},
		{"MOD 11,10, longer", "0123456789", "00200667308", "5"},
		{"MOD 37,36", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A12425GABC1234002", "M"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var values []int
			for _, r := range tt.in {
				values = append(values, strings.IndexRune(tt.alphabet, r))
			}
			if got := tt.alphabet[hybridCheck(values, len(tt.alphabet))]; string(got) != tt.want {
				t.Errorf("check of %s = %c, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestLuhn(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"79927398713": true, "79927398710": false, "4111111111111111": true, "378282246310005": true, "6011111111111117": true,
		"5555555555554444": true, "30569309025904": true, "3530111333300000": true, "4111111111111112": false,
	} {
		if got := luhn(in); got != want {
			t.Errorf("luhn(%s) = %t, want %t", in, got, want)
		}
	}
}

func TestNewAccountNumber(t *testing.T) {
	t.Parallel()
	var first [10]int
	for range 9000 {
		number, err := NewAccountNumber(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !ValidAccountNumber(number) || number[0] == '0' {
			t.Fatalf("issued %q", number)
		}
		first[number[0]-'0']++
	}
	// 1,000 each are expected, with a standard deviation of 30: six of them is once in a thousand million.
	for d, n := range first[1:] {
		if n < 820 || n > 1180 {
			t.Errorf("first digit %d came %d times in 9,000", d+1, n)
		}
	}
	// 255 and 250 are beyond the last whole multiple of ten (and of nine) and thrown away.
	got, err := NewAccountNumber(bytes.NewReader([]byte{255, 252, 0, 250, 6, 3, 9, 2, 0, 7, 0, 2, 8}))
	if err != nil || got != own {
		t.Errorf("NewAccountNumber of known bytes = %q, %v, want %s", got, err, own)
	}
	want := errors.New("no entropy")
	if _, err := NewAccountNumber(iotest.ErrReader(want)); !errors.Is(err, want) {
		t.Errorf("error = %v, want it to wrap %v", err, want)
	}
	if _, err := NewReference(io.LimitReader(rand.Reader, 2)); err == nil {
		t.Error("a reference came of two bytes")
	}
}

func TestFormatAccountNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{own: "1639 2070 2842", "": "", "123": "123", "A12345678901": "A12345678901"} {
		if got := FormatAccountNumber(in); got != want {
			t.Errorf("FormatAccountNumber(%q) = %q, want %q", in, got, want)
		}
	}
}
