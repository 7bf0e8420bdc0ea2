package thread

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

// The fields of the form that asks for a link.
const (
	fieldReference = "reference"
	fieldEmail     = "email"
	maxReference   = 40
)

// askForm is what somebody typed who wants to follow a question.
type askForm struct{ Reference, Email string }

type askPage struct {
	page.Frame
	Problems         []page.Problem
	Notices          []page.Notice
	Reference, Email page.Field
}

// StatusForm is GET /status: reference and email address. Anybody may call it; ?reference= fills in the first.
func (a *Area) StatusForm(c *gin.Context) error {
	reference, _ := identifier.ParseReference(c.Query(fieldReference)) // "" for what is none
	return a.showAsk(c, http.StatusOK, askForm{Reference: reference}, nil)
}

// AskStatus is POST /status: always the same page, in one statement, whether the two belong together or not; a worker looks. A reference
// that cannot be one, by its check character alone, comes back to be mended: that tells nothing of what is on file, and a letter typed
// wrong would otherwise end in a mail that never comes. Anybody may call it.
func (a *Area) AskStatus(c *gin.Context) error {
	if err := form.Parse(c.Request); err != nil {
		return err
	}
	var f askForm
	var wrong []form.Problem
	typed, broken := form.Plain(c.PostForm(fieldReference), false)
	f.Reference = typed
	reference, ok := identifier.ParseReference(typed)
	if p, is := form.CheckText(fieldReference, typed, broken, maxReference); is {
		wrong = append(wrong, p)
	} else if !ok {
		wrong = append(wrong, form.Problem{Field: fieldReference, Code: "invalid"})
	}
	f.Email, broken = form.Plain(c.PostForm(fieldEmail), false)
	f.Email = identifier.CleanEmail(f.Email)
	if page.ShownAgain(c) {
		return a.showAsk(c, http.StatusOK, f, nil)
	}
	if p, is := form.CheckText(fieldEmail, f.Email, broken, ticket.MaxEmail); is {
		wrong = append(wrong, p)
	} else if !identifier.ValidEmail(f.Email) {
		wrong = append(wrong, form.Problem{Field: fieldEmail, Code: "invalid"})
	}
	if len(wrong) > 0 {
		return a.showAsk(c, http.StatusUnprocessableEntity, f, wrong)
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	t := a.Pages.Printer(c)
	if wait := a.Limits.Request(ctx, "status", remote.Address(c.Request), f.Email); wait > 0 {
		form.RetryAfter(c, wait)
		return a.showAsk(c, http.StatusTooManyRequests, f, nil,
			page.Notice{Kind: "error", Title: t.T("public.too_many.heading"), Text: t.T("status.too_many", "wait", form.WaitText(t, wait))})
	}
	err := a.Accounts.Ask(ctx, account.Request{
		Kind: account.RequestStatus, Email: f.Email, Language: a.Pages.Language(c), Reference: reference,
	})
	if failure.Is(err, failure.KindUnavailable) {
		_ = c.Error(err)
		form.RetryAfter(c, retryIn)
		return a.showAsk(c, http.StatusServiceUnavailable, f, nil,
			page.Notice{Kind: "error", Title: t.T("public.not_sent.heading"), Text: t.T("status.away")})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/status/sent")
	return nil
}

func (a *Area) showAsk(c *gin.Context, status int, f askForm, wrong []form.Problem, notices ...page.Notice) error {
	p := askPage{Frame: a.Pages.Frame(c), Notices: notices}
	p.Path, p.Switch = "/status", page.Again("form", "/status")
	t := p.Printer
	p.Title = t.T("status.ask.title")
	summary, beside := form.Texts(t, "status", wrong)
	p.Problems, p.Error = summary, status >= http.StatusBadRequest
	p.Reference = page.Field{
		Name: fieldReference, Value: f.Reference, Error: beside[fieldReference], Label: t.T("status.field.reference.label"),
		Hint: t.T("status.field.reference.hint"), Required: true, Autocomplete: "off", Width: "xl",
	}
	p.Email = page.Field{
		Name: fieldEmail, Value: f.Email, Error: beside[fieldEmail], Label: t.T("public.field.email.label"),
		Hint: t.T("status.field.email.hint"), Required: true, Autocomplete: "email", Type: "email", InputMode: "email",
	}
	return a.Pages.HTML(c, status, "thread/status", p)
}

// noticePage is a page of text.
type noticePage struct {
	page.Frame
	Minutes int // how long a link works
	Action  string
}

func (a *Area) text(c *gin.Context, key string) noticePage {
	p := noticePage{Frame: a.Pages.Frame(c), Minutes: int(account.RequestStatus.Lasts() / time.Minute)}
	p.Title = p.Printer.T("status." + key + ".title")
	return p
}

// StatusSent is GET /status/sent: what to look for now. Anybody may call it.
func (a *Area) StatusSent(c *gin.Context) error {
	return a.Pages.HTML(c, http.StatusOK, "thread/status_sent", a.text(c, "sent"))
}

// StatusLink is GET /status/{token}: a page with one button. It changes nothing, because mail scanners open links. Anybody may call it.
func (a *Area) StatusLink(c *gin.Context) error {
	asked, err := a.Accounts.Peek(c.Request.Context(), account.RequestStatus, c.Param("token"))
	if err != nil {
		return a.deadLink(c, err)
	}
	if _, err := a.linked(c.Request.Context(), asked); err != nil {
		return a.deadLink(c, err)
	}
	p := a.text(c, "link")
	p.Action = "/status/" + c.Param("token")
	return a.Pages.HTML(c, http.StatusOK, "thread/status_link", p)
}

// linked is the question that a link opens. Errors: not_found when its mail goes to another address now than the link did.
func (a *Area) linked(ctx context.Context, link account.Request) (ticket.Ticket, error) {
	if link.TicketID == nil {
		return ticket.Ticket{}, errNoQuestion
	}
	return a.Tickets.Followed(ctx, *link.TicketID, link.Email)
}

// FollowLink is POST /status/{token}: uses the link up, and lets this browser follow the question. Of two at once one does. Anybody who
// has the link may call it.
func (a *Area) FollowLink(c *gin.Context) error {
	if session.Unknown(c) {
		return errAway
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	var used account.Request
	err := postgres.InTx(ctx, a.DB, func(tx pgx.Tx) (err error) {
		used, err = a.Accounts.Use(ctx, tx, account.RequestStatus, c.Param("token"))
		return err
	})
	if err != nil {
		return a.deadLink(c, err)
	}
	t, err := a.linked(ctx, used)
	if err != nil {
		return a.deadLink(c, err)
	}
	if err := a.Sessions.Follow(c, t.ID, t.Email, used); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, a.Followers().root+t.Reference)
	return nil
}

// StopFollowing is POST /status/close: this browser reads the questions no more that links from mails let it read. For who shares a
// computer. Anybody may call it.
func (a *Area) StopFollowing(c *gin.Context) error {
	if session.Unknown(c) {
		return errAway
	}
	if err := a.Sessions.Unfollow(c); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("status.done.said"))
	c.Redirect(http.StatusSeeOther, "/status")
	return nil
}

// deadLink says of a link that is unknown, used or too old that it does not work, whichever it is, and offers another.
func (a *Area) deadLink(c *gin.Context, err error) error {
	if !failure.Is(err, failure.KindNotFound) {
		return err
	}
	t := a.Pages.Printer(c)
	return a.showAsk(c, http.StatusNotFound, askForm{}, nil, page.Notice{Kind: "error", Title: t.T("status.ended.title"), Text: t.T("status.ended.text")})
}
