package account

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
)

// The token of a link that we mail: 160 bits of a keyed hash over a nonce. The nonce and the token's hash are kept, so that a worker
// can write the link and whoever reads the database cannot.
const (
	nonceBytes = 16
	tokenBytes = 20
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newLinkToken draws a nonce, and gives it with the hash of its token.
func newLinkToken(key []byte, kind RequestKind) (nonce, hash []byte) {
	nonce = make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // never fails
	sum := sha256.Sum256(linkToken(key, kind, nonce))
	return nonce, sum[:]
}

func linkToken(key []byte, kind RequestKind, nonce []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("mailed link\x00" + string(kind) + "\x00"))
	h.Write(nonce)
	return h.Sum(nil)[:tokenBytes]
}

var errKeyGone = errors.New("the key that a link was made with is no longer a SECRET_KEY")

// writeLinkToken makes the token again, with whichever of the keys it was made with.
func writeLinkToken(keys [][]byte, kind RequestKind, nonce, hash []byte) (string, error) {
	for _, key := range keys {
		token := linkToken(key, kind, nonce)
		if sum := sha256.Sum256(token); bytes.Equal(sum[:], hash) {
			return tokenText.EncodeToString(token), nil
		}
	}
	return "", errKeyGone
}

// readLinkToken gives the hash of a token as it stands in an address; false for what has not its shape.
func readLinkToken(text string) ([]byte, bool) {
	text = strings.ToLower(text)
	token, err := tokenText.DecodeString(text)
	if err != nil || len(token) != tokenBytes || tokenText.EncodeToString(token) != text { // the decoder forgives a letter too many
		return nil, false
	}
	sum := sha256.Sum256(token)
	return sum[:], true
}
