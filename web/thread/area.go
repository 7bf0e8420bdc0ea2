// Package thread serves an applicant's question with its answers: to whoever follows it by a link from a mail, and to the owner of the
// account that it belongs to.
package thread

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// patience is how long an applicant waits for the database before the page says that it is unavailable; retryIn is what it then asks for.
const (
	patience = 8 * time.Second
	retryIn  = time.Minute
)

// Config is what the area needs. AnswerWithin is the agency's promise, in days.
type Config struct {
	DB           *pgxpool.Pool
	Tickets      *ticket.Service
	Accounts     *account.Service
	Sessions     *session.Applicants
	Files        files.Store
	Scanner      page.Scanner // nil where there is none
	Forms        *form.Reader
	Limits       *limit.Limiter
	Pages        *page.Renderer
	AnswerWithin int
	Logger       *slog.Logger
	Now          func() time.Time
}

// Area is the pages about a question of one's own.
type Area struct{ Config }

// New makes the area.
func New(cfg Config) *Area { return &Area{Config: cfg} }

// Side is a way to one's question: below which address, and who may read it there.
type Side struct {
	*Area
	root    string
	channel ticket.Channel
	reader  func(c *gin.Context, ctx context.Context, reference string) (ticket.Reader, error)
}

// Followers is the way of those who used a link from a mail.
func (a *Area) Followers() Side {
	return Side{Area: a, root: "/status/questions/", channel: ticket.ChannelForm, reader: a.follower}
}

// Owners is the way of those who are signed in to their account.
func (a *Area) Owners() Side {
	return Side{Area: a, root: "/account/questions/", channel: ticket.ChannelPortal, reader: a.owner}
}

var (
	errNoQuestion = failure.NotFound("There is no such question.")
	errAway       = failure.Unavailable("The database is unavailable.", errors.New("an applicant's session could not be read"))
	errUnsigned   = failure.New(failure.KindUnsigned, "Sign in first.", nil)
)

// follower is whoever's browser used a link for this ticket. One that never did hears the same of every reference.
func (a *Area) follower(c *gin.Context, ctx context.Context, reference string) (ticket.Reader, error) {
	if !session.FollowsAny(c) {
		return ticket.Reader{}, errNoQuestion
	}
	t, err := a.Tickets.ByReference(ctx, reference)
	if err != nil {
		return ticket.Reader{}, err
	}
	email, follows := session.Followed(c, t.ID)
	if !follows {
		return ticket.Reader{}, errNoQuestion
	}
	return ticket.Follower(t.ID, email), nil
}

func (a *Area) owner(c *gin.Context, _ context.Context, _ string) (ticket.Reader, error) {
	mine, ok := session.Account(c)
	if !ok {
		return ticket.Reader{}, errUnsigned
	}
	return ticket.Owner(mine.ID), nil
}

// asked is a question as somebody asked for it, who may read it.
type asked struct {
	ticket.ApplicantThread
	by  ticket.Reader
	url string
}

// read finds the question that the address names. Errors: not_found for another's as for none, unsigned, unavailable.
func (s Side) read(ctx context.Context, c *gin.Context) (asked, error) {
	if session.Unknown(c) {
		return asked{}, errAway
	}
	reference, ok := identifier.ParseReference(c.Param("reference"))
	if !ok {
		return asked{}, errNoQuestion
	}
	by, err := s.reader(c, ctx, reference)
	if err != nil {
		return asked{}, err
	}
	v, err := s.Tickets.ApplicantThread(ctx, by, reference)
	if err != nil {
		return asked{}, err
	}
	return asked{ApplicantThread: v, by: by, url: s.root + reference}, nil
}
