package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// SignIns lets the staff in and slows guessing down.
type SignIns struct {
	db    *pgxpool.Pool
	keys  [][]byte
	now   func() time.Time
	dummy string
}

// SignInConfig is what SignIns needs. Keys are secret, 32 bytes or more each; the first one signs, all of them verify.
type SignInConfig struct {
	DB   *pgxpool.Pool
	Keys [][]byte
	Now  func() time.Time
}

// NewSignIns makes a SignIns.
func NewSignIns(cfg SignInConfig) (*SignIns, error) {
	if len(cfg.Keys) == 0 {
		return nil, errors.New("sign-in needs a secret key")
	}
	dummy, err := hashPassword(context.Background(), "nobody's password")
	if err != nil {
		return nil, err
	}
	s := &SignIns{db: cfg.DB, keys: cfg.Keys, now: cfg.Now, dummy: dummy}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Attempt is one try to sign in.
type Attempt struct {
	Email, Password string
	Address         netip.Addr // of the browser
	Device          string     // the device cookie, "" for none
}

// SignedIn is who it was. Device is the new value of the device cookie.
type SignedIn struct {
	Stamped
	Device string
}

// wrong is the one answer to a wrong address and to a wrong password.
func wrong() error {
	return failure.New(failure.KindUnsigned, "The e-mail address or the password is not right.", nil)
}

// SignIn checks a password. Anybody may call it. Errors: unauthenticated for a wrong address or password, whichever it was, in
// the same time; *Locked (too_many_tries) when too many tries failed; unavailable.
//
// A try is written down as failed before its password is looked at, and struck out when it was right: tries at the same time
// cannot slip past the limits together.
func (s *SignIns) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	email := identifier.FoldEmail(a.Email)
	account := s.accountHash(email)
	t := try{account: account, network: network(a.Address), device: s.deviceFor(a.Device, account), at: s.now().UTC()}
	id, err := s.record(ctx, t)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	member, hash, err := s.lookUp(ctx, email)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	password := a.Password
	if len(password) > 4*MaxPassword {
		password = ""
	}
	right, stale, err := checkPassword(ctx, hash, password)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	if !right || member.ID == 0 {
		return SignedIn{}, wrong()
	}
	if stale {
		if err := s.rehash(ctx, member.ID, hash, a.Password); err != nil {
			return SignedIn{}, err
		}
	}
	if err := s.forgive(ctx, t, id); err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	return s.signedIn(ctx, member, a.Device, account)
}

func (s *SignIns) signedIn(ctx context.Context, m Member, cookie string, account []byte) (SignedIn, error) {
	stamped, err := Store{DB: s.db}.ForSession(ctx, m.ID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	device, err := s.remember(cookie, account)
	return SignedIn{Stamped: stamped, Device: device}, err
}

// lookUp finds who may sign in with this address and the hash to check. For an unknown address it is the dummy's hash, so that
// the same work is done.
func (s *SignIns) lookUp(ctx context.Context, email string) (Member, string, error) {
	var m Member
	hash := s.dummy
	err := s.db.QueryRow(ctx, `
		SELECT id, password_hash
		FROM staff
		WHERE lower(email) = lower($1) AND deactivated_at IS NULL`, email).Scan(&m.ID, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return Member{}, s.dummy, nil
	}
	return m, hash, postgres.Failure(err)
}

// rehash brings a hash of another cost up to date, unless the password was changed meanwhile.
func (s *SignIns) rehash(ctx context.Context, id int64, old, password string) error {
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return fmt.Errorf("rehash a password: %w", err)
	}
	_, err = s.db.Exec(ctx, `UPDATE staff SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, hash)
	if err != nil {
		return fmt.Errorf("rehash a password: %w", postgres.Failure(err))
	}
	return nil
}

// accountHash stands for an address in the table of failures, so that the table does not tell who works here.
func (s *SignIns) accountHash(email string) []byte {
	mac := hmac.New(sha256.New, s.keys[0])
	mac.Write([]byte("askwell sign-in\x00" + email))
	return mac.Sum(nil)
}

// network is the part of an address that one customer of a network operator holds: /24 of IPv4, /56 of IPv6.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 56
	if a.Is4() {
		bits = 24
	}
	if !a.IsValid() {
		a, bits = netip.IPv6Unspecified(), 128
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 128)
	}
	return p
}
