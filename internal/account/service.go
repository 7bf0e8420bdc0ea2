package account

import (
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/guard"
)

// Service is what applicants do with their accounts. Each use case is one transaction with its event and outbox rows.
type Service struct {
	Requests
	Guard  *guard.Guard
	store  Store
	random io.Reader
	agency string
}

// ServiceConfig is what a Service needs. Keys are secret, 32 bytes or more each; the first one signs, all of them verify. Agency is the
// agency's name, which no password may be. Wake (outbox.Waker's) is called after every change. Now and Random default to the real ones.
type ServiceConfig struct {
	DB     *pgxpool.Pool
	Keys   [][]byte
	Agency string
	Now    func() time.Time
	Random io.Reader
	Wake   func()
}

// NewService makes a Service.
func NewService(cfg ServiceConfig) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	if len(cfg.Keys) == 0 {
		return nil, errors.New("accounts need a secret key")
	}
	watch, err := guard.New(guard.Config{DB: cfg.DB, Keys: cfg.Keys, Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	return &Service{
		Requests: Requests{DB: cfg.DB, Keys: cfg.Keys, Now: cfg.Now, Wake: cfg.Wake}, Guard: watch, store: Store{DB: cfg.DB},
		random: cfg.Random, agency: cfg.Agency,
	}, nil
}
