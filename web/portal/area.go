// Package portal serves the applicant's own pages: registration, signing in, and the account.
package portal

import (
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/ticket"
	forms "github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// Config is what the area needs.
type Config struct {
	Settings config.Config
	Accounts *account.Service
	Store    account.Store
	Factor   *factor.Store
	Tickets  *ticket.Service
	Files    page.FileDoor
	Sessions *session.Applicants
	Forms    *forms.Reader
	Limits   *limit.Limiter
	Pages    *page.Renderer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Area is the applicant's side of the desk.
type Area struct{ Config }

// New makes the area.
func New(cfg Config) *Area { return &Area{Config: cfg} }

// owner is who is signed in. Every route that calls it stands behind Require.
func owner(c *gin.Context) account.Account {
	a, _ := session.Account(c)
	return a
}
