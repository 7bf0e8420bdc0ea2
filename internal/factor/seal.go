package factor

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/secret"
)

// Sealed is where the secrets of authenticator apps stand.
var Sealed = secret.Place{
	Name: "app codes", Purpose: "totp secret", Table: "account_totp", ID: "account_id", Column: "secret", Owner: "int8send(account_id)",
	Bare: 12 + secretLength + 16, // nonce, secret, tag: before key IDs
}

// openSecret decrypts an app's secret, and says whether it should be sealed again. Errors: secret.ErrKey.
func openSecret(box *secret.Box, sealed []byte, accountID int64) (plain []byte, stale bool, err error) {
	if len(sealed) == Sealed.Bare {
		plain, err = box.OpenBare(sealed, secret.Row(accountID))
		return plain, true, err
	}
	plain, err = box.Open(sealed, secret.Row(accountID))
	return plain, !box.Newest(sealed), err
}

// isUnreadable reports that the account's app is set up and none of the keys opens its secret.
func (s *Store) isUnreadable(ctx context.Context, db postgres.Querier, accountID int64) (bool, error) {
	var sealed []byte
	err := db.QueryRow(ctx, `
		SELECT (SELECT secret FROM account_totp WHERE account_id = $1 AND confirmed_at IS NOT NULL)`, accountID).Scan(&sealed)
	if err != nil {
		return false, fmt.Errorf("read the app of account %d: %w", accountID, postgres.Failure(err))
	}
	if sealed == nil {
		return false, nil
	}
	_, _, err = openSecret(s.box, sealed, accountID)
	return errors.Is(err, secret.ErrKey), nil
}

const saltLength = 16

// hashRecoveryCode gives 32 bytes. 73 bits are fewer than the 112 from which a plain hash would do (NIST SP 800-63B-4, 3.1.2.2), so it
// is salted and slow. No key goes in: it would end the codes when it is taken away.
func hashRecoveryCode(ctx context.Context, code string, salt []byte) ([]byte, error) {
	return password.Derive(ctx, code, salt)
}

// codeKeys derives the keys that recovery codes were hashed with.
func codeKeys(keys [][]byte) (all [][]byte, err error) {
	for _, key := range keys {
		k, err := hkdf.Key(sha256.New, key, nil, "askwell recovery code", 32)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		all = append(all, k)
	}
	return all, nil
}

// keyedHashes are what stood for a code of the account before: an HMAC, one for each of the server's keys.
func (s *Store) keyedHashes(code string, accountID int64) (all [][]byte) {
	for _, key := range s.keyed {
		mac := hmac.New(sha256.New, key)
		mac.Write(secret.Row(accountID))
		mac.Write([]byte(code))
		all = append(all, mac.Sum(nil))
	}
	return all
}

// newRecoveryCodes draws an account's codes, as they are written, with their hashes and the salt of these.
func (s *Store) newRecoveryCodes(ctx context.Context) (codes []string, hashes [][]byte, salt []byte, err error) {
	salt = make([]byte, saltLength)
	if _, err := io.ReadFull(s.random, salt); err != nil {
		return nil, nil, nil, fmt.Errorf("draw a salt: %w", err)
	}
	for range recoveryCodes {
		code, err := identifier.NewCode(s.random, recoveryLength)
		if err != nil {
			return nil, nil, nil, err
		}
		hash, err := hashRecoveryCode(ctx, code, salt)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("hash a recovery code: %w", err)
		}
		codes, hashes = append(codes, inGroups(code, recoveryGroup, "-")), append(hashes, hash)
	}
	return codes, hashes, salt, nil
}
