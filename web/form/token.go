package form

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

// Token is what a form carries so that sending it twice makes one ticket, or one message: 128 random bits and when the form was made, signed.
type Token struct {
	Text string
	At   time.Time // when the form was made
	body []byte
}

// NewToken makes the token of a form that was begun at this moment.
func (s Seal) NewToken(at time.Time) Token {
	body := make([]byte, tokenBody)
	_, _ = rand.Read(body[:nonceSize]) // never fails
	binary.BigEndian.PutUint64(body[nonceSize:], uint64(at.UnixMilli()))
	text := base64.RawURLEncoding.EncodeToString(append(body[:tokenBody:tokenBody], s.Sign("form token", body)...))
	return Token{Text: text, body: body, At: at}
}

// readToken reads a token that a browser sent; fresh when it is one of ours and not yet too old. A broken one still has a hash when its
// shape is right.
func (s Seal) readToken(text string, now time.Time) (t Token, fresh bool) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(data) != tokenBody+sha256.Size {
		return Token{Text: text}, false
	}
	t = Token{Text: text, body: data[:tokenBody], At: time.UnixMilli(int64(binary.BigEndian.Uint64(data[nonceSize:tokenBody])))} //nolint:gosec // signed below
	if !s.Verify(data[tokenBody:], "form token", t.body) {
		return t, false
	}
	age := now.Sub(t.At)
	return t, age < tokenValid && age > -tokenSkew
}

// With is a hash of the token and of what was sent with it: the same content once more is the same thing, other content another one.
func (t Token) With(content ...string) (h [16]byte) {
	sum := sha256.New()
	for _, part := range append([]string{string(t.body)}, content...) {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write([]byte(part))
	}
	copy(h[:], sum.Sum(nil))
	return h
}

// Hash is what the ticket keeps of its token; false when the token has no right shape.
func (t Token) Hash() (h [16]byte, ok bool) {
	if t.body == nil {
		return h, false
	}
	sum := sha256.Sum256(t.body)
	copy(h[:], sum[:])
	return h, true
}
