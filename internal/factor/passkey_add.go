package factor

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
)

// BeginPasskey asks for a new passkey; an authenticator that holds one of the account's will refuse. The account's owner may call
// it. Errors: conflict when there are as many as an account can have; unavailable.
func (s *Store) BeginPasskey(ctx context.Context, accountID int64) (Asked, error) {
	if !s.PasskeysWork() {
		return Asked{}, noPasskeys()
	}
	h, err := s.holder(ctx, s.db, accountID)
	if err != nil {
		return Asked{}, err
	}
	if len(h.passkeys) >= maxPasskeys {
		return Asked{}, tooMany()
	}
	if h.handle == nil {
		h.handle = make([]byte, handleLength)
		if _, err := io.ReadFull(s.random, h.handle); err != nil {
			return Asked{}, fmt.Errorf("begin a passkey: %w", err)
		}
	}
	exclude := webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()
	creation, session, err := s.webauthn.BeginRegistration(h, webauthn.WithExclusions(exclude))
	if err != nil {
		return Asked{}, fmt.Errorf("begin a passkey: %w", err)
	}
	return s.asked(accountID, creation.Response, session)
}

func noPasskeys() error { return failure.Conflict("Passkeys do not work at this address.") }

func tooMany() error {
	return failure.Conflict("An account can have up to 20 passkeys. Remove one first.")
}

// AddPasskey adds the passkey that an authenticator made under a name of the owner's. For an account's first factor it gives
// recovery codes, which are shown once. The account's owner may call it. Errors: invalid (name, passkey); conflict; unavailable.
func (s *Store) AddPasskey(ctx context.Context, by By, state []byte, answer, name string) (recovery []string, err error) {
	if name, err = passkeyName(name); err != nil {
		return nil, err
	}
	if !s.PasskeysWork() {
		return nil, noPasskeys()
	}
	session, err := s.resume(state, by.AccountID)
	if err != nil {
		return nil, err
	}
	made, err := s.readNew(session, answer)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, "add a passkey", by.AccountID, func(tx pgx.Tx) error {
		k, err := kinds(ctx, tx, by.AccountID)
		if err != nil {
			return err
		}
		if k.Passkeys >= maxPasskeys {
			return tooMany()
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO account_passkey (account_id, credential_id, credential, name, created_at)
			VALUES ($1, $2, $3, $4, $5)`, by.AccountID, made.ID, stored{session.UserID, *made}, name, s.now().UTC())
		if err != nil {
			return err
		}
		recovery, err = s.added(ctx, tx, by, KindPasskey)
		return err
	})
	return recovery, err
}

func (s *Store) readNew(session webauthn.SessionData, answer string) (*webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, refused("add a passkey", err)
	}
	made, err := s.webauthn.CreateCredential(&holder{handle: session.UserID}, session, parsed)
	if err != nil {
		return nil, refused("add a passkey", err)
	}
	return made, nil
}

func passkeyName(name string) (string, error) {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", failure.Invalid("name", "empty", "Enter a name.")
	case n > maxName:
		return "", failure.Invalid("name", "too_long", "A name can have up to 80 characters.")
	}
	return name, nil
}
