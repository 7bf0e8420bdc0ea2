package staff

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// SignIns lets the staff in and slows guessing down.
type SignIns struct {
	db    *pgxpool.Pool
	guard *guard.Guard
	now   func() time.Time
}

// SignInConfig is what SignIns needs. Keys are secret, 32 bytes or more each; the first one signs, all of them verify.
type SignInConfig struct {
	DB   *pgxpool.Pool
	Keys [][]byte
	Now  func() time.Time
}

// NewSignIns makes a SignIns.
func NewSignIns(cfg SignInConfig) (*SignIns, error) {
	watch, err := guard.New(guard.Config(cfg))
	if err != nil {
		return nil, err
	}
	s := &SignIns{db: cfg.DB, guard: watch, now: cfg.Now}
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
	return failure.New(failure.KindUnsigned, "The email address or the password is not right.", nil)
}

// SignIn checks a password. Anybody may call it. Errors: unauthenticated for a wrong address or password, whichever it was, in
// the same time; *guard.Locked (too_many_tries) when too many tries failed; unavailable.
func (s *SignIns) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	email := identifier.FoldEmail(a.Email)
	try, err := s.guard.Begin(ctx, guard.StaffPassword, email, a.Address, a.Device)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	member, hash, err := s.lookUp(ctx, email)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	right, stale, err := password.Check(ctx, hash, a.Password)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	if !right || member.ID == 0 {
		return SignedIn{}, wrong()
	}
	if stale {
		if hash, err = s.rehash(ctx, member.ID, hash, a.Password); err != nil {
			return SignedIn{}, err
		}
	}
	stamped, err := s.arrive(ctx, member.ID, hash)
	if failure.Is(err, failure.KindNotFound) {
		return SignedIn{}, wrong()
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	device, err := try.Succeed(ctx)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	return SignedIn{Stamped: stamped, Device: device}, nil
}

// lookUp finds who may sign in with this address and the hash to check. For an unknown address it is nobody's hash, so that the
// same work is done.
func (s *SignIns) lookUp(ctx context.Context, email string) (Member, string, error) {
	var m Member
	hash := password.Nobody()
	err := s.db.QueryRow(ctx, `
		SELECT id, password_hash
		FROM staff
		WHERE lower(email) = ANY ($1) AND deactivated_at IS NULL`, identifier.EmailForms(email)).Scan(&m.ID, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return Member{}, hash, nil
	}
	return m, hash, postgres.Failure(err)
}

// arrive notes that a member signed in with the password behind the hash. Errors: not_found when they left, or got another password,
// while theirs was being checked.
func (s *SignIns) arrive(ctx context.Context, id int64, hash string) (Stamped, error) {
	return Store{DB: s.db}.stamped(ctx, `
		UPDATE staff
		SET signed_in_at = $3
		WHERE id = $1 AND password_hash = $2 AND deactivated_at IS NULL
		RETURNING `+columns+`, `+stamp, id, hash, s.now().UTC())
}

// rehash brings a hash of another cost up to date, unless the password was changed meanwhile, and gives the new one.
func (s *SignIns) rehash(ctx context.Context, id int64, old, typed string) (string, error) {
	hash, err := password.Hash(ctx, typed)
	if err != nil {
		return "", fmt.Errorf("rehash a password: %w", err)
	}
	_, err = s.db.Exec(ctx, `UPDATE staff SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, hash)
	if err != nil {
		return "", fmt.Errorf("rehash a password: %w", postgres.Failure(err))
	}
	return hash, nil
}
