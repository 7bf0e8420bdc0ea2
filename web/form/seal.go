package form

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Seal signs what a browser keeps for us. The first key signs, all of them verify, so that a key can be changed while forms
// are being filled in.
type Seal struct {
	Keys [][]byte
}

// Sign gives 32 bytes over the parts. The purpose keeps a signature for one thing from being good for another.
func (s Seal) Sign(purpose string, parts ...[]byte) []byte { return mac(s.Keys[0], purpose, parts) }

// Verify reports whether Sign made the signature, with any of the keys.
func (s Seal) Verify(signature []byte, purpose string, parts ...[]byte) bool {
	for _, key := range s.Keys {
		if hmac.Equal(signature, mac(key, purpose, parts)) {
			return true
		}
	}
	return false
}

func mac(key []byte, purpose string, parts [][]byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	for _, part := range parts {
		// The length before each part keeps "ab", "c" from being signed as "a", "bc".
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)
}
