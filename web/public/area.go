// Package public serves the pages that anybody may read: the start page, the inquiry form and its confirmation.
package public

import (
	"log/slog"
	"sync"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
)

// Config is what the area needs.
type Config struct {
	Settings config.Config
	Tickets  *ticket.Service
	Accounts *account.Service
	Limits   *limit.Limiter
	Forms    *form.Reader
	Pages    *page.Renderer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Area is the public side of the desk.
type Area struct {
	Config
	categories *categories
	stencils   sync.Map // by stencilKey
}

// New makes the area.
func New(cfg Config) *Area {
	return &Area{Config: cfg, categories: newCategories(cfg.Tickets, cfg.Now)}
}
