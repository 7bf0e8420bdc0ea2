// Package public serves the pages that anybody may read: the start page, the inquiry form and its confirmation.
package public

import (
	"errors"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
)

// Config is what the area needs.
type Config struct {
	Settings config.Config
	Tickets  *ticket.Service
	Accounts *account.Service
	Limits   *limit.Limiter
	Files    files.Store
	Pages    *page.Renderer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Area is the public side of the desk.
type Area struct {
	Config
	seal       seal
	categories *categories
}

// New makes the area.
func New(cfg Config) (*Area, error) {
	if len(cfg.Settings.SecretKeys) == 0 {
		return nil, errors.New("SECRET_KEY is not set: forms cannot be signed")
	}
	return &Area{
		Config:     cfg,
		seal:       seal{keys: cfg.Settings.SecretKeys},
		categories: newCategories(cfg.Tickets, cfg.Now),
	}, nil
}
