package portal

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
)

// registerPage is the form of GET /register.
type registerPage struct {
	form
	Name, Address, Email, Password page.Field
	Born                           dateFields
	Trap                           string
}

// RegisterForm is GET /register. Anybody may call it.
func (a *Area) RegisterForm(c *gin.Context) error {
	return a.showRegister(c, a.typedForm(c, "register", "/register"))
}

// Register is POST /register: it takes the registration in and leads to the same page, whether the address is known or not. Anybody may
// call it. What is wrong comes back with what was typed (422), the password aside; 429 after too many.
func (a *Area) Register(c *gin.Context) error {
	f := a.typedForm(c, "register", "/register")
	if page.ShownAgain(c) {
		return a.showRegister(c, f)
	}
	in := account.Registration{
		Name: typed(c, "name"), Address: typed(c, "address"), Email: typed(c, "email"), Password: c.PostForm("password"),
		Language: a.Pages.Language(c), DateOfBirth: born(c),
	}
	if wait := a.Limits.Request(c.Request.Context(), "registration", remote.Address(c.Request), in.Email); wait > 0 {
		f.wait(c, wait)
		return a.showRegister(c, f)
	}
	if strings.TrimSpace(c.PostForm("homepage")) == "" { // a program fills it in, and sees no difference
		err := a.Accounts.Register(c.Request.Context(), in)
		if failure.Is(err, failure.KindInvalid) {
			f.refuse(failure.FieldsOf(err)...)
			return a.showRegister(c, f)
		}
		if err != nil {
			return a.away(c, f, err, a.showRegister)
		}
	}
	c.Redirect(http.StatusSeeOther, "/register/sent")
	return nil
}

func (a *Area) showRegister(c *gin.Context, f form) error {
	p := registerPage{
		Name:     f.field("name", typed(c, "name"), func(p *page.Field) { p.Autocomplete = "name" }),
		Address:  f.field("address", typed(c, "address"), func(p *page.Field) { p.Autocomplete, p.Rows = "street-address", 3 }),
		Email:    f.field("email", typed(c, "email"), email),
		Password: f.field("password", "", newPassword),
		Born:     f.date(typed(c, "birth_day"), typed(c, "birth_month"), typed(c, "birth_year")),
	}
	if (f.Error && f.wrong["password"] == "") || page.ShownAgain(c) { // it is not sent back
		p.Password.Hint += " " + f.Printer.T("portal.password_again")
	}
	p.form = f
	return a.Pages.HTML(c, status(c, f), "portal/register", p)
}

// status is 429 for who has to wait, 503 for what is unavailable, 422 for what is to be mended.
func status(c *gin.Context, f form) int {
	switch {
	case len(c.Errors) > 0:
		return http.StatusServiceUnavailable
	case c.Writer.Header().Get("Retry-After") != "":
		return http.StatusTooManyRequests
	}
	return f.status()
}

// away shows the form again with what was typed when the database does not answer; any other error is somebody else's to tell.
func (a *Area) away(c *gin.Context, f form, err error, show func(*gin.Context, form) error) error {
	if !failure.Is(err, failure.KindUnavailable) {
		return err
	}
	_ = c.Error(err) // logged by whoever answers the request
	c.Header("Retry-After", "60")
	f.problem("", f.Printer.T("portal.problem.away"))
	return show(c, f)
}

// told is a page of text: what happened, and what to do now. Its words are portal.<Key>.*.
type told struct {
	page.Frame
	Key string
}

// Sent is GET /register/sent and GET /account/password/sent: look into your mailbox. Anybody may call it.
func (a *Area) Sent(key string) func(*gin.Context) error {
	return func(c *gin.Context) error { return a.tell(c, http.StatusOK, key) }
}

func (a *Area) tell(c *gin.Context, status int, key string) error {
	p := told{Frame: a.Pages.Frame(c), Key: key}
	p.Title, p.Error = p.Printer.T("portal."+key+".title"), status >= http.StatusBadRequest
	return a.Pages.HTML(c, status, "portal/told", p)
}

// deadLink answers a link that is unknown, used or too old, all alike: 404 and how to get another one.
func (a *Area) deadLink(c *gin.Context, err error, key string) error {
	if !failure.Is(err, failure.KindNotFound) {
		return err
	}
	return a.tell(c, http.StatusNotFound, key)
}
