// Package secret seals what the database keeps, so that it is of use only to whoever has one of the server's keys.
package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeyID tells apart the keys of SECRET_KEY. It is derived from the key one way, and stands before everything that the key seals.
type KeyID [4]byte

// String is the ID as doctor prints it: eight hexadecimal digits.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// version is the first byte of everything sealed: what follows is the key's ID, then AES-256-GCM's nonce, ciphertext and tag.
const version = 1

const header = 1 + len(KeyID{})

// ErrKey says that none of the keys opens a value: SECRET_KEY no longer holds its key, or it was sealed for another owner or purpose.
var ErrKey = errors.New("no key of SECRET_KEY opens this")

// ID derives a key's ID.
func ID(key []byte) (id KeyID, err error) {
	b, err := hkdf.Key(sha256.New, key, nil, "askwell key id", len(id))
	if err != nil {
		return id, fmt.Errorf("derive a key's id: %w", err)
	}
	copy(id[:], b)
	return id, nil
}

// KeyOf reads which key sealed a value; false for what Seal did not make. Whether the key opens it, Open tells.
func KeyOf(sealed []byte) (id KeyID, ok bool) {
	if len(sealed) < header || sealed[0] != version {
		return id, false
	}
	copy(id[:], sealed[1:])
	return id, true
}

// Box seals values of one purpose. The first key seals, all of them open.
type Box struct {
	keys []boxKey
}

type boxKey struct {
	id  KeyID
	gcm cipher.AEAD
}

// NewBox makes a Box of the keys in SECRET_KEY. Each purpose, such as "totp secret", has keys of its own that are derived from them, so
// that nothing sealed for one opens as another. It fails without a key.
func NewBox(purpose string, keys [][]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("sealing needs a secret key")
	}
	b := &Box{}
	for _, key := range keys {
		id, err := ID(key)
		if err != nil {
			return nil, err
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "askwell "+purpose, 32)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		b.keys = append(b.keys, boxKey{id: id, gcm: gcm})
	}
	return b, nil
}

// Seal encrypts a value with the newest key, bound to its owner: a row's ID (Row), a token's hash, whatever the row that keeps it cannot
// lose. The value grows by 33 bytes.
func (b *Box) Seal(plain, owner []byte) []byte {
	k := b.keys[0]
	sealed := make([]byte, 0, header+k.gcm.Overhead()+len(plain))
	sealed = append(append(sealed, version), k.id[:]...)
	return k.gcm.Seal(sealed, nil, plain, bound(k.id, owner))
}

// Open decrypts what Seal made for the owner. Errors: ErrKey.
func (b *Box) Open(sealed, owner []byte) ([]byte, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return nil, ErrKey
	}
	for _, k := range b.keys {
		if k.id != id {
			continue
		}
		if plain, err := k.gcm.Open(nil, nil, sealed[header:], bound(id, owner)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrKey
}

// OpenBare decrypts what was sealed before key IDs: nonce, ciphertext and tag alone, bound to the owner alone. Errors: ErrKey.
func (b *Box) OpenBare(sealed, owner []byte) ([]byte, error) {
	for _, k := range b.keys {
		if plain, err := k.gcm.Open(nil, nil, sealed, owner); err == nil {
			return plain, nil
		}
	}
	return nil, ErrKey
}

// Newest reports whether the newest key sealed a value.
func (b *Box) Newest(sealed []byte) bool {
	id, ok := KeyOf(sealed)
	return ok && id == b.keys[0].id
}

// Row is the owner of what a numbered row keeps.
func Row(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) } //nolint:gosec // the bits

func bound(id KeyID, owner []byte) []byte {
	return bytes.Join([][]byte{{version}, id[:], owner}, nil)
}
