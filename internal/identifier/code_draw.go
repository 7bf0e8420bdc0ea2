package identifier

import (
	"fmt"
	"io"
)

// NewCode draws length characters from r (crypto/rand.Reader outside tests), each of the thirty that references are written in:
// 4.9 bits a character, and none is read for another. An error is r's.
func NewCode(r io.Reader, length int) (string, error) {
	code := make([]byte, length)
	for i := range code {
		v, err := draw(r, len(referenceAlphabet))
		if err != nil {
			return "", fmt.Errorf("draw a code: %w", err)
		}
		code[i] = referenceAlphabet[v]
	}
	return string(code), nil
}
