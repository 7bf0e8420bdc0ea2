package staff

import (
	"encoding/base64"
	"fmt"
	"testing"

	"golang.org/x/crypto/argon2"
)

// HashAtCost makes a hash as an earlier version of the desk would have.
func HashAtCost(t *testing.T, password string, memory, time uint32) string {
	t.Helper()
	salt := []byte("somesalt16bytes!")
	key := argon2.IDKey([]byte(password), salt, time, memory, 1, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", memory, time, b64.EncodeToString(salt), b64.EncodeToString(key))
}
