package factor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	maxPasskeys   = 20
	maxName       = 80
	handleLength  = 32
	ceremonyLasts = 10 * time.Minute
)

// PasskeysWork reports whether browsers allow passkeys at the pages' address: by HTTPS or on this machine, under a name.
func (s *Store) PasskeysWork() bool { return s.webauthn != nil }

func passkeysWork(base *url.URL) bool {
	host := base.Hostname()
	return net.ParseIP(host) == nil && (base.Scheme == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost"))
}

// newWebAuthn binds passkeys to the pages' host; nil where they do not work. An authenticator is not asked to prove its make: any that the owner trusts will do.
func newWebAuthn(base *url.URL, agency string) (*webauthn.WebAuthn, error) {
	if !passkeysWork(base) {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{
		RPID: base.Hostname(), RPDisplayName: agency, RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
		// Some password managers add outputs that nobody asked for.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

// stored is what account_passkey keeps of a passkey. Handle is the random name that its authenticator knows the account by.
type stored struct {
	Handle     []byte              `json:"handle"`
	Credential webauthn.Credential `json:"credential"`
}

// ceremony is what is kept, on the server, from asking an authenticator to its answer.
type ceremony struct {
	AccountID int64                `json:"account"`
	Until     time.Time            `json:"until"`
	Session   webauthn.SessionData `json:"session"`
}

// Asked is a question to an authenticator. Options is the JSON for the browser, as
// PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON takes it. State is to be kept in the session, given
// back with the answer, and forgotten then, so that no answer counts twice.
type Asked struct {
	Options json.RawMessage
	State   []byte
}

func (s *Store) asked(accountID int64, options any, session *webauthn.SessionData) (Asked, error) {
	asked, err := json.Marshal(options)
	if err != nil {
		return Asked{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	state, err := json.Marshal(ceremony{AccountID: accountID, Until: s.now().Add(ceremonyLasts).UTC(), Session: *session})
	if err != nil {
		return Asked{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return Asked{Options: asked, State: state}, nil
}

func expired() error {
	return failure.Invalid("passkey", "expired", "This took too long. Try again.")
}

// resume gives the ceremony that the state tells of, if it is this account's and not over.
func (s *Store) resume(state []byte, accountID int64) (webauthn.SessionData, error) {
	var c ceremony
	if len(state) == 0 || json.Unmarshal(state, &c) != nil || c.AccountID != accountID || s.now().After(c.Until) {
		return webauthn.SessionData{}, expired()
	}
	return c.Session, nil
}

// refused says that an authenticator's answer does not hold. Why is for the log.
func refused(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, failure.Invalid("passkey", "refused", "This passkey did not work. Try again."), err)
}

// holder is an account as go-webauthn sees it.
type holder struct {
	handle   []byte
	email    string
	name     string
	passkeys []kept
}

// kept is a row of account_passkey.
type kept struct {
	ID         int64
	Credential stored
}

// holder gives the account with its passkeys, the oldest first, under the handle of the newest. Errors: not_found; unavailable.
func (s *Store) holder(ctx context.Context, db postgres.Querier, accountID int64) (*holder, error) {
	h := &holder{}
	err := db.QueryRow(ctx, `SELECT email, name FROM account WHERE id = $1`, accountID).Scan(&h.email, &h.name)
	if err != nil {
		return nil, fmt.Errorf("passkeys of account %d: %w", accountID, postgres.Failure(err))
	}
	rows, err := db.Query(ctx, `SELECT id, credential FROM account_passkey WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("passkeys of account %d: %w", accountID, postgres.Failure(err))
	}
	if h.passkeys, err = pgx.CollectRows(rows, pgx.RowToStructByName[kept]); err != nil {
		return nil, fmt.Errorf("passkeys of account %d: %w", accountID, postgres.Failure(err))
	}
	for _, p := range h.passkeys {
		h.handle = p.Credential.Handle
	}
	return h, nil
}

// WebAuthnID is what an authenticator knows the account by.
func (h *holder) WebAuthnID() []byte { return h.handle }

// WebAuthnName is what its owner knows the account by.
func (h *holder) WebAuthnName() string { return h.email }

// WebAuthnDisplayName is the owner's name.
func (h *holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials gives every passkey.
func (h *holder) WebAuthnCredentials() (all []webauthn.Credential) {
	for _, p := range h.passkeys {
		all = append(all, p.Credential.Credential)
	}
	return all
}

func (h *holder) find(credentialID []byte) (kept, bool) {
	for _, p := range h.passkeys {
		if bytes.Equal(p.Credential.Credential.ID, credentialID) {
			return p, true
		}
	}
	return kept{}, false
}
