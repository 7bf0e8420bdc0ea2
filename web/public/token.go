package public

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

const (
	tokenValid = 24 * time.Hour
	tokenSkew  = 2 * time.Minute // clocks of several servers
	nonceSize  = 16
	tokenBody  = nonceSize + 8
)

// token is what a form carries so that sending it twice makes one ticket: 128 random bits and when the form was made, signed.
type token struct {
	text string
	body []byte
	at   time.Time
}

// newToken makes the token of a form that was begun at this moment.
func (s seal) newToken(at time.Time) token {
	body := make([]byte, tokenBody)
	_, _ = rand.Read(body[:nonceSize]) // never fails
	binary.BigEndian.PutUint64(body[nonceSize:], uint64(at.UnixMilli()))
	text := base64.RawURLEncoding.EncodeToString(append(body[:tokenBody:tokenBody], s.sign("form token", body)...))
	return token{text: text, body: body, at: at}
}

// readToken reads a token that a browser sent. known is false when it is none of ours or broken; fresh when it is known and
// not yet too old. A broken one still has a hash when its shape is right.
func (s seal) readToken(text string, now time.Time) (t token, known, fresh bool) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(data) != tokenBody+sha256.Size {
		return token{text: text}, false, false
	}
	t = token{text: text, body: data[:tokenBody], at: time.UnixMilli(int64(binary.BigEndian.Uint64(data[nonceSize:tokenBody])))} //nolint:gosec // signed below
	if !s.verify(data[tokenBody:], "form token", t.body) {
		return t, false, false
	}
	age := now.Sub(t.at)
	return t, true, age < tokenValid && age > -tokenSkew
}

// hash is what the ticket keeps of its token; false when the token has no right shape.
func (t token) hash() (h [16]byte, ok bool) {
	if t.body == nil {
		return h, false
	}
	sum := sha256.Sum256(t.body)
	copy(h[:], sum[:])
	return h, true
}
