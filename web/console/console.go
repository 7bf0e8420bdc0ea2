// Package console is the desk of those who answer: lists, threads, accounts, search and what the workers are stuck on.
package console

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// Config is what the console needs. Search and TaskQueues may be nil where there are none.
type Config struct {
	DB         *pgxpool.Pool
	Tickets    *ticket.Service
	Sessions   *session.Manager
	SignIns    *staff.SignIns
	Search     *search.Engine
	Files      files.Store
	TaskQueues TaskQueues
	Pages      *page.Renderer
	Zone       *time.Location       // the agency's; nil means UTC
	Secure     bool                 // cookies travel over HTTPS only
	Scanner    page.Scanner         // looks at files before they are handed out; nil for none
	Keys       [][]byte             // of SECRET_KEY, for mails that came in
	Language   string               // the agency's
	Replies    *mail.ReplyAddresses // nil where no mail comes in
	MailFrom   string               // the address that mails come from
	Logger     *slog.Logger
	Now        func() time.Time
}

// Area is the console. Its methods are the handlers that web/routes.go names.
type Area struct {
	Config
	accounts account.Store
	staff    staff.Store
	reports  *report.Service
	shared   *sharedCounts
	mails    *inbound.Desk
}

// New makes the console.
func New(cfg Config) (*Area, error) {
	if cfg.DB == nil || cfg.Tickets == nil || cfg.Sessions == nil || cfg.SignIns == nil || cfg.Files == nil || cfg.Pages == nil {
		return nil, errors.New("console: DB, Tickets, Sessions, SignIns, Files and Pages are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Area{
		Config: cfg, accounts: account.Store{DB: cfg.DB}, staff: staff.Store{DB: cfg.DB}, reports: report.NewService(cfg.DB, cfg.Now),
		shared: &sharedCounts{now: cfg.Now},
		mails: inbound.New(inbound.Config{
			DB: cfg.DB, Keys: cfg.Keys, Scanner: cfg.Scanner, Tickets: cfg.Tickets, Files: cfg.Files, HoldFiles: cfg.Scanner != nil, Language: cfg.Language, Logger: cfg.Logger, Now: cfg.Now,
			Replies: cfg.Replies, From: cfg.MailFrom,
			Texts: func(language string) mail.Texts { return cfg.Pages.Messages.For(language) },
		}),
	}, nil
}

// Start leads from /console to the tickets.
func (a *Area) Start(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, ticketsPath)
	return nil
}

const ticketsPath = "/console/tickets"

// me gives who makes the request, for handlers behind Require.
func me(c *gin.Context) (staff.Member, error) {
	member, ok := session.Member(c)
	if !ok {
		return staff.Member{}, failure.New(failure.KindUnsigned, "Sign in first.", nil)
	}
	return member, nil
}

// recoverable reports whether a page can say what went wrong and the reader go on from there; anything else is for the error
// page.
func recoverable(err error) bool {
	switch failure.KindOf(err) {
	case failure.KindInvalid, failure.KindConflict, failure.KindForbidden:
		return true
	default:
		return false
	}
}

var statusOf = map[failure.Kind]int{
	failure.KindInvalid:      http.StatusUnprocessableEntity,
	failure.KindConflict:     http.StatusConflict,
	failure.KindForbidden:    http.StatusForbidden,
	failure.KindUnsigned:     http.StatusUnprocessableEntity,
	failure.KindTooManyTries: http.StatusTooManyRequests,
	failure.KindNotFound:     http.StatusUnprocessableEntity,
}
