package factor

import (
	"crypto/subtle"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/askwell/askwell/internal/identifier"
)

// RFC 6238: a code for every 30 seconds. One step more or less makes up for a clock that is wrong and for the time of typing.
const (
	period = 30
	drift  = 1
	digits = 6
)

// verdict is what a code from an app turned out to be.
type verdict int

const (
	wrong verdict = iota
	used          // it was right, but it, or a later one, was used before
	fresh
)

// step finds the step that a code belongs to. Every step near now is computed, so that the time tells nothing.
func (a app) step(code string, now time.Time) (step int64, v verdict) {
	code = identifier.Normalize(code)
	at := now.Unix() / period
	for s := at - drift; s <= at+drift; s++ {
		want, err := hotp.GenerateCodeCustom(a.secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err != nil || subtle.ConstantTimeCompare([]byte(code), []byte(want)) != 1 {
			continue
		}
		if s > a.lastStep {
			step, v = s, fresh
		} else if v == wrong {
			v = used
		}
	}
	return step, v
}
