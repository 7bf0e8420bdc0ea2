package factor_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/secret"
)

// asBefore puts what stands for an account into the form that it had before key IDs and salts: a nonce and AES-256-GCM under a key that
// is derived from the server's, and HMACs.
func (d *desk) asBefore(by factor.By, key string, a app, codes []string) {
	d.Helper()
	derive := func(purpose string) []byte {
		k, err := hkdf.Key(sha256.New, []byte(key), nil, purpose, 32)
		d.must(err)
		return k
	}
	owner := binary.BigEndian.AppendUint64(nil, uint64(by.AccountID))
	block, err := aes.NewCipher(derive("askwell totp secret"))
	d.must(err)
	gcm, err := cipher.NewGCM(block)
	d.must(err)
	nonce := make([]byte, 12)
	rand.Read(nonce)
	plain, err := base32.StdEncoding.DecodeString(a.secret)
	d.must(err)
	_, err = d.db.Exec(d.Context(), `UPDATE account_totp SET secret = $2 WHERE account_id = $1`, by.AccountID, gcm.Seal(nonce, nonce, plain, owner))
	d.must(err)
	_, err = d.db.Exec(d.Context(), `DELETE FROM account_recovery_code WHERE account_id = $1`, by.AccountID)
	d.must(err)
	for _, code := range codes {
		mac := hmac.New(sha256.New, derive("askwell recovery code"))
		mac.Write(owner)
		mac.Write([]byte(strings.ReplaceAll(code, "-", "")))
		_, err = d.db.Exec(d.Context(), `INSERT INTO account_recovery_code (account_id, code_hash) VALUES ($1, $2)`, by.AccountID, mac.Sum(nil))
		d.must(err)
	}
}

// TestANewKey changes SECRET_KEY as docs/operators.md says: the new one first, reseal, then the new one alone.
func TestANewKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, codes := d.addApp(d.ada)
	b, old := d.addApp(d.ben)
	d.asBefore(d.ben, firstKey, b, old)
	keys := [][]byte{[]byte(otherKey), []byte(firstKey)}
	ids := make([]secret.KeyID, len(keys))
	for i, key := range keys {
		id, err := secret.ID(key)
		d.must(err)
		ids[i] = id
	}
	count := func(keys [][]byte) secret.Count {
		t.Helper()
		c, err := factor.Sealed.Count(t.Context(), d.db, keys)
		d.must(err)
		return c
	}
	if diff := cmp.Diff(map[secret.KeyID]int{ids[1]: 2}, count(keys).ByKey); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	both := d.store(nil, otherKey, firstKey)
	if _, err := both.Enter(t.Context(), d.ben, old[0]); err != nil {
		t.Errorf("a recovery code of the old kind, with both keys: %v", err)
	}
	if k, err := both.Needed(t.Context(), d.ben.AccountID); err != nil || k.KeyedCodes != 9 || k.RecoveryCodes != 9 {
		t.Errorf("%+v, %v; the owner has to be asked for new ones", k, err)
	}

	for _, want := range []secret.Resealed{{Again: 2}, {}} {
		got, err := factor.Sealed.Reseal(t.Context(), d.db, keys, func(secret.Resealed) {})
		if err != nil || got != want {
			t.Errorf("reseal: %+v, %v, want %+v", got, err, want)
		}
	}
	if diff := cmp.Diff(map[secret.KeyID]int{ids[0]: 2}, count(keys).ByKey); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}

	alone := d.store(nil, otherKey)
	for by, its := range map[factor.By]app{d.ada: a, d.ben: b} {
		d.nextStep()
		if _, err := alone.Enter(t.Context(), by, d.code(its, d.now())); err != nil {
			t.Errorf("an app's code with the new key alone: %v", err)
		}
	}
	if _, err := alone.Enter(t.Context(), d.ada, codes[0]); err != nil {
		t.Errorf("a recovery code with the new key alone: %v", err)
	}
	if _, err := alone.Enter(t.Context(), d.ben, old[1]); codeOf(err) != "old_recovery" {
		t.Errorf("a recovery code of the old kind without its key: %v", err)
	}
}

// TestALostKey takes the key away without resealing: whoever has a passkey or recovery codes still comes in, and nobody is locked.
func TestALostKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, codes := d.addApp(d.ada)
	b, old := d.addApp(d.ben)
	d.asBefore(d.ben, firstKey, b, old)
	alone := d.store(nil, otherKey)
	for range 20 {
		d.nextStep()
		if _, err := alone.Enter(t.Context(), d.ada, d.code(a, d.now())); codeOf(err) != "unreadable" {
			t.Fatalf("an app's code: %v", err)
		}
	}
	if k, err := alone.Needed(t.Context(), d.ada.AccountID); err != nil || !k.App || !k.AppUnreadable {
		t.Errorf("%+v, %v", k, err)
	}
	if _, err := alone.Enter(t.Context(), d.ada, codes[0]); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	lost, err := factor.Sealed.Count(t.Context(), d.db, [][]byte{[]byte(otherKey)})
	first, errID := secret.ID([]byte(firstKey))
	d.must(errID)
	if err != nil || lost.Lost[first] != 1 || lost.Unnamed != 1 || lost.Shut() != 2 || lost.Total() != 2 {
		t.Errorf("counted %+v, %v", lost, err)
	}
	r, err := factor.Sealed.Reseal(t.Context(), d.db, [][]byte{[]byte(otherKey)}, func(secret.Resealed) {})
	if err != nil || r != (secret.Resealed{Shut: 2}) {
		t.Errorf("reseal without the key: %+v, %v", r, err)
	}
	d.nextStep()
	if _, err := d.factors.Enter(t.Context(), d.ada, d.code(a, d.now())); err != nil {
		t.Errorf("the key put back: %v", err)
	}

	d.must(alone.RemoveApp(t.Context(), d.ada))
	d.must(alone.BeginApp(t.Context(), d.ada.AccountID))
	if _, err := d.factors.AppSetup(t.Context(), d.ada.AccountID); kindOf(err) != "not_found" {
		t.Errorf("a setup begun under a key that is gone: %v, want that it is begun anew", err)
	}
}
