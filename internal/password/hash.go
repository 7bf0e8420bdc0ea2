// Package password keeps passwords as argon2id hashes, and says which are fit to be one.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is what one hash takes.
type cost struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// wanted is the cost of new hashes: OWASP's Password Storage Cheat Sheet, argon2id with 19 MiB, two passes and one lane. A hash
// of another cost still counts, and is made anew at the next sign-in.
var wanted = cost{memory: 19 * 1024, time: 2, lanes: 1}

const (
	saltLength = 16
	keyLength  = 32
	maxMemory  = 1 << 20 // KiB; a hash in the database that asks for more is refused, not computed
)

// hashing bounds how many hashes run at once: each takes 19 MiB and a processor, and anybody may ask for one by trying to
// sign in.
var hashing = make(chan struct{}, max(2, runtime.NumCPU()))

func turn(ctx context.Context) (done func(), err error) {
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Hash makes a PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func Hash(ctx context.Context, password string) (string, error) {
	salt := random(saltLength)
	key, err := derive(ctx, password, salt, wanted, keyLength)
	if err != nil {
		return "", err
	}
	return phc(salt, key), nil
}

// Nobody makes a hash that no known password is behind. To check it takes as long as to check somebody's, so that the time does not
// tell that nobody has the address that was typed.
func Nobody() string { return phc(random(saltLength), random(keyLength)) }

func random(length int) []byte {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails
	return b
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, wanted.memory, wanted.time, wanted.lanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// derive compares passwords as typed on any keyboard: NFKC, as NIST SP 800-63B-4 (3.1.1.2) recommends.
func derive(ctx context.Context, password string, salt []byte, c cost, length uint32) ([]byte, error) {
	done, err := turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.time, c.memory, c.lanes, length), nil
}

// codeCost is Derive's: a tenth of a password's, for ten codes are made at once, and 73 bits are not found by trying. It stays as it is:
// what Derive gives does not tell its cost.
var codeCost = cost{memory: 4 * 1024, time: 1, lanes: 1}

// Derive gives the 32 bytes that stand for a code of ours in the database: argon2id over a salt of 16 bytes or more. It is for codes with
// too little in them for a plain hash, such as 73 bits, and too much to be guessed as passwords are. Errors: ctx's, while others have their turn.
func Derive(ctx context.Context, code string, salt []byte) ([]byte, error) {
	return derive(ctx, code, salt, codeCost, keyLength)
}

// Check reports whether the password is the one behind the hash, in a time that does not tell how much of it was
// right, and whether the hash should be made anew.
func Check(ctx context.Context, phc, password string) (right, stale bool, err error) {
	c, salt, key, err := parseHash(phc)
	if err != nil {
		return false, false, err
	}
	if len(password) > 4*Max {
		password = "" // no password is as long, and nobody may make us hash a megabyte
	}
	got, err := derive(ctx, password, salt, c, uint32(len(key))) //nolint:gosec // parseHash bounds it
	if err != nil {
		return false, false, err
	}
	stale = c != wanted || len(salt) != saltLength || len(key) != keyLength
	return subtle.ConstantTimeCompare(got, key) == 1, stale, nil
}

var errHash = errors.New("the password hash cannot be read")

func parseHash(phc string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil || n != 3 {
		return c, nil, nil, errHash
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	sound := c.memory >= 8 && c.memory <= maxMemory && c.time >= 1 && c.time <= 100 && c.lanes >= 1 &&
		len(salt) >= 8 && len(salt) <= 64 && len(key) >= 16 && len(key) <= 128
	if errSalt != nil || errKey != nil || !sound {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
