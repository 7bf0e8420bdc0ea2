package console

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

// The device cookie outlives sessions: it is how a lock-out tells the owner's browser from a stranger's.
const (
	deviceCookie = "askwell_device"
	devicePath   = session.SignInPath
	deviceAge    = 180 * 24 * 3600 // seconds
)

type signInPage struct {
	page.Frame
	Email   string
	Next    string
	Problem string
}

// SignInForm shows the form; who is signed in already goes on.
func (a *Area) SignInForm(c *gin.Context) error {
	next := a.Sessions.Next(c.Query("next"))
	if _, ok := session.Member(c); ok {
		c.Redirect(http.StatusSeeOther, next)
		return nil
	}
	return a.showSignIn(c, http.StatusOK, signInPage{Next: next})
}

func (a *Area) showSignIn(c *gin.Context, status int, data signInPage) error {
	data.Frame = a.Pages.Frame(c)
	data.Member, data.Query = nil, ""
	data.Title = data.Printer.T("console.sign_in.title")
	data.Error = data.Problem != ""
	data.Path = session.SignInPath
	return a.Pages.HTML(c, status, "console/sign_in", data)
}

// SignIn begins a session.
func (a *Area) SignIn(c *gin.Context) error {
	address := remote.Of(c.Request).Address
	if !address.IsValid() {
		address = netip.IPv6Unspecified()
	}
	device, err := c.Cookie(deviceCookie)
	if err != nil {
		device = ""
	}
	email := c.PostForm("email")
	in, err := a.SignIns.SignIn(c.Request.Context(), staff.Attempt{
		Email: email, Password: c.PostForm("password"), Address: address, Device: device,
	})
	next := a.Sessions.Next(c.PostForm("next"))
	if err != nil {
		return a.refuseSignIn(c, err, signInPage{Email: email, Next: next})
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: deviceCookie, Value: in.Device, Path: devicePath, MaxAge: deviceAge,
		HttpOnly: true, Secure: a.Secure, SameSite: http.SameSiteStrictMode,
	})
	if err := a.Sessions.SignIn(c, in.Stamped); err != nil {
		return err
	}
	a.Logger.Info("signed in", slog.Int64("staff", in.ID))
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// refuseSignIn says why in words that do not tell whether the address is known.
func (a *Area) refuseSignIn(c *gin.Context, err error, data signInPage) error {
	p := a.Pages.Printer(c)
	var locked *guard.Locked
	switch {
	case errors.As(err, &locked):
		wait := max(locked.Until.Sub(a.Now()), 0)
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		data.Problem = p.T("console.sign_in.locked", "minutes", p.T("format.length.minute", "count", int(math.Ceil(wait.Minutes()))))
		return a.showSignIn(c, http.StatusTooManyRequests, data)
	case failure.Is(err, failure.KindUnsigned):
		data.Problem = p.T("console.sign_in.wrong")
		return a.showSignIn(c, http.StatusUnprocessableEntity, data)
	}
	return err
}

// SignOut ends the session. next is where signing in leads afterwards.
func (a *Area) SignOut(c *gin.Context) error {
	if err := a.Sessions.SignOut(c); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("console.sign_in.signed_out"))
	to := url.URL{Path: session.SignInPath}
	if next := c.PostForm("next"); next != "" {
		to.RawQuery = url.Values{"next": {a.Sessions.Next(next)}}.Encode()
	}
	c.Redirect(http.StatusSeeOther, to.String())
	return nil
}
