package identifier

import (
	"fmt"
	"io"
)

// NewAccountNumber draws a number from r (crypto/rand.Reader outside tests): ten random digits, each equally likely, and
// two check digits. The first is never 0, because spreadsheets and people drop leading zeros. Numbers are not unique by
// themselves: the caller keeps them so and draws again. An error is r's.
func NewAccountNumber(r io.Reader) (string, error) {
	ten := make([]byte, 10)
	for i := range ten {
		low := 0
		if i == 0 {
			low = 1
		}
		d, err := draw(r, 10-low)
		if err != nil {
			return "", fmt.Errorf("draw an account number: %w", err)
		}
		ten[i] = byte('0' + low + d)
	}
	check, err := CheckDigits(string(ten))
	if err != nil {
		return "", fmt.Errorf("draw an account number: %w", err)
	}
	return string(ten) + check, nil
}

// FormatAccountNumber groups twelve digits as they are printed, "1234 5678 9012"; anything else comes back as it is.
func FormatAccountNumber(s string) string {
	if len(s) != 12 || !allDigits(s) {
		return s
	}
	return s[:4] + " " + s[4:8] + " " + s[8:]
}

// draw gives a number below n (1 to 256), each equally likely: bytes beyond the last whole multiple of n are thrown away.
func draw(r io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < 256/n*n {
			return int(b[0]) % n, nil
		}
	}
}
