package factor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// seal keeps what stands in the database from being of use to whoever reads it there. Secrets are encrypted, codes hashed, each
// with a key of its own that is derived from the server's, and bound to the account. The first key seals, all of them open.
type seal struct {
	boxes  []cipher.AEAD
	hashes [][]byte
	random io.Reader
}

func newSeal(keys [][]byte, random io.Reader) (s seal, err error) {
	if len(keys) == 0 {
		return s, errors.New("second factors need a secret key")
	}
	s.random = random
	for _, key := range keys {
		secret, err := hkdf.Key(sha256.New, key, nil, "askwell totp secret", 32)
		if err != nil {
			return s, fmt.Errorf("derive a key: %w", err)
		}
		hash, err := hkdf.Key(sha256.New, key, nil, "askwell recovery code", 32)
		if err != nil {
			return s, fmt.Errorf("derive a key: %w", err)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return s, fmt.Errorf("derive a key: %w", err)
		}
		box, err := cipher.NewGCM(block)
		if err != nil {
			return s, fmt.Errorf("derive a key: %w", err)
		}
		s.boxes, s.hashes = append(s.boxes, box), append(s.hashes, hash)
	}
	return s, nil
}

// close encrypts a secret for one account: the nonce, then AES-256-GCM's ciphertext and tag.
func (s seal) close(secret []byte, accountID int64) ([]byte, error) {
	box := s.boxes[0]
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(secret)+box.Overhead())
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return box.Seal(nonce, nonce, secret, ownedBy(accountID)), nil
}

var errSealed = errors.New("a sealed secret cannot be opened: SECRET_KEY no longer holds its key, or it is another account's")

// open decrypts a secret of the account, and says whether an older key sealed it.
func (s seal) open(sealed []byte, accountID int64) (secret []byte, old bool, err error) {
	for i, box := range s.boxes {
		if len(sealed) < box.NonceSize() {
			return nil, false, errSealed
		}
		secret, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], ownedBy(accountID))
		if err == nil {
			return secret, i > 0, nil
		}
	}
	return nil, false, errSealed
}

// hash stands for a code of the account in the database, one for each key.
func (s seal) hash(code string, accountID int64) (all [][]byte) {
	for _, key := range s.hashes {
		mac := hmac.New(sha256.New, key)
		mac.Write(ownedBy(accountID))
		mac.Write([]byte(code))
		all = append(all, mac.Sum(nil))
	}
	return all
}

func ownedBy(accountID int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(accountID)) }
