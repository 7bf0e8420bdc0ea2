package factor

import (
	"context"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
)

// AskPasskey asks whoever has given the right password for one of the account's passkeys. Errors: not_found when there is none that
// may be used; unavailable.
func (s *Store) AskPasskey(ctx context.Context, accountID int64) (Asked, error) {
	if !s.PasskeysWork() {
		return Asked{}, noPasskeys()
	}
	h, err := s.holder(ctx, s.db, accountID)
	if err != nil {
		return Asked{}, err
	}
	var allowed []protocol.CredentialDescriptor
	for _, p := range h.passkeys {
		if c := p.Credential.Credential; !c.Authenticator.CloneWarning {
			allowed = append(allowed, c.Descriptor())
		}
	}
	if len(allowed) == 0 {
		return Asked{}, failure.NotFound("There is no passkey that can be used.")
	}
	assertion, session, err := s.webauthn.BeginLogin(h, webauthn.WithAllowedCredentials(allowed))
	if err != nil {
		return Asked{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return s.asked(accountID, assertion.Response, session)
}

// EnterPasskey checks an authenticator's answer. A passkey whose counter goes back may have been copied: it lets nobody in any more,
// and the owner hears of it. Errors: invalid (passkey); forbidden for one that is stopped; ErrShut; unavailable.
func (s *Store) EnterPasskey(ctx context.Context, by By, state []byte, answer string) (Passed, error) {
	if !s.PasskeysWork() {
		return Passed{}, noPasskeys()
	}
	session, err := s.resume(state, by.AccountID)
	if err != nil {
		return Passed{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Passed{}, refused("use a passkey", err)
	}
	stopped := false
	err = s.change(ctx, "use a passkey", by.AccountID, func(tx pgx.Tx) (err error) {
		stopped, err = s.usePasskey(ctx, tx, by, session, parsed)
		return err
	})
	if err == nil && stopped {
		err = failure.Forbidden("This passkey may have been copied, so it no longer works. Use another way.")
	}
	if err != nil {
		return Passed{}, err
	}
	known, err := s.guard.Know(guard.ApplicantCode, account.CodeOf(by.AccountID, by.Epoch), by.Device)
	if err != nil {
		return Passed{}, fmt.Errorf("use a passkey: %w", err)
	}
	return Passed{Device: known}, nil
}

// usePasskey writes the passkey's use down, with the counter that it has come to.
func (s *Store) usePasskey(
	ctx context.Context, tx pgx.Tx, by By, session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData,
) (stopped bool, err error) {
	switch k, err := kinds(ctx, tx, by.AccountID); {
	case err != nil:
		return false, err
	case k.Shut:
		return false, ErrShut
	}
	h, err := s.holder(ctx, tx, by.AccountID)
	if err != nil {
		return false, err
	}
	p, found := h.find(answer.RawID)
	if !found {
		return false, failure.Invalid("passkey", "unknown", "This passkey is not one of this account.")
	}
	if p.Credential.Credential.Authenticator.CloneWarning {
		return true, nil
	}
	// Two passkeys that were begun at once know the account by two names; the answer has to bear its own.
	h.handle, session.UserID = p.Credential.Handle, p.Credential.Handle
	seen, err := s.webauthn.ValidateLogin(h, session, answer)
	if err != nil {
		return false, refused("use a passkey", err)
	}
	p.Credential.Credential = *seen
	_, err = tx.Exec(ctx, `UPDATE account_passkey SET credential = $2, used_at = $3 WHERE id = $1`, p.ID, p.Credential, s.now().UTC())
	if err != nil {
		return false, err
	}
	if !seen.Authenticator.CloneWarning {
		return false, passed(ctx, tx, by.AccountID)
	}
	return true, s.record(ctx, tx, by, account.EventPasskeyCopyRefused, KindPasskey)
}
