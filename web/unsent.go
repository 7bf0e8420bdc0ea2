package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// signedInPart is a part of the site whose pages are one person's: what is typed there is that person's alone, also when their session ends
// before it is sent.
type signedInPart struct {
	root    string
	signIn  string
	signOut string
	who     func(c *gin.Context) string // "" for nobody
}

var (
	staffPart = signedInPart{root: "/console", signIn: session.SignInPath, signOut: "/console/sign-out", who: func(c *gin.Context) string {
		member, ok := session.Member(c)
		if !ok {
			return ""
		}
		return "staff:" + strconv.FormatInt(member.ID, 10)
	}}
	applicantPart = signedInPart{root: "/account", signIn: session.ApplicantSignInPath, signOut: "/account/sign-out", who: session.TypedAs}
)

// formPages are the pages of forms that are sent to another page's address.
var formPages = map[string]string{"/console/reports/scheduled": "/console/reports/scheduled/new"}

// keepTyped is a middleware behind one that loads the session, and before those that want one: a form that was typed by somebody whose
// session has ended is kept, and given back to them on its page once they have signed in again. It is not sent, and nobody else sees it.
// Forms with files are kept by their handlers (web/thread, web/public).
func (s *site) keepTyped(part signedInPart) Handler {
	return func(c *gin.Context) error {
		me := part.who(c)
		if me != "" {
			page.SetTypedAs(c, s.forms.Seal.SignTyped(me))
		}
		switch at := c.Request.URL.Path; {
		case at != part.root && !strings.HasPrefix(at, part.root+"/"), session.Unknown(c):
			return nil
		case c.Request.Method == http.MethodGet:
			return s.giveBack(c, me)
		case c.Request.Method != http.MethodPost || streams(c.FullPath()) || c.GetHeader("HX-Request") != "":
			return nil // the script of an open page holds what was typed
		}
		switch as := s.forms.Seal.TypedBy(c.PostForm(form.FieldTypedAs)); as {
		case "":
			return nil
		case me:
			return s.sendOnce(c, me)
		default:
			return s.keepUnsent(c, part, as, me)
		}
	}
}

// giveBack has the page show what its reader typed and did not send.
func (s *site) giveBack(c *gin.Context, me string) error {
	id := c.Query(form.FieldUnsent)
	if id == "" || me == "" {
		return nil
	}
	kept, err := s.forms.Drafts.LoadUnsent(c, id)
	switch {
	case failure.Is(err, failure.KindNotFound):
		return nil // it was sent, or is another browser's
	case err != nil:
		return err
	case kept.As == me:
		c.Request.PostForm = kept.Fields
		page.SetUnsent(c, kept.Path, id)
	}
	return nil
}

// keepUnsent leads to signing in, and from there back to the form's page.
func (s *site) keepUnsent(c *gin.Context, part signedInPart, as, me string) error {
	u := form.NewUnsent(as, c.Request.URL.Path, c.Request.PostForm)
	if err := s.forms.Drafts.KeepUnsent(c, u.ID(), u); err != nil {
		return err
	}
	c.Abort()
	next := s.pageOf(c.Request.URL, u.ID())
	if me != "" {
		frame, err := s.frameOf(c)
		if err != nil {
			return err
		}
		return s.Pages.OtherPerson(c, frame, part.signOut, next)
	}
	s.Pages.Flash(c, "warning", s.Pages.Printer(c).T("unsent.kept"))
	c.Redirect(http.StatusSeeOther, session.WithNext(part.signIn, next))
	return nil
}

// sendOnce lets a form through that had been kept, from one window. What was not done is kept again.
func (s *site) sendOnce(c *gin.Context, me string) error {
	u := form.NewUnsent(me, c.Request.URL.Path, c.Request.PostForm)
	given := c.PostForm(form.FieldUnsent)
	id := given
	if id == "" {
		id = u.ID()
	}
	taken, err := s.forms.Drafts.TakeUnsent(c, id)
	if err != nil {
		return err
	}
	if given != "" && !taken {
		if err := s.forms.Drafts.KeepUnsent(c, u.ID(), u); err != nil {
			return err
		}
		s.Pages.Flash(c, "warning", s.Pages.Printer(c).T("unsent.sent_before"))
		c.Redirect(http.StatusSeeOther, s.pageOf(c.Request.URL, u.ID()))
		c.Abort()
		return nil
	}
	if given != "" {
		page.SetUnsent(c, u.Path, given)
	}
	c.Next()
	if taken && (len(c.Errors) > 0 || c.Writer.Status() >= http.StatusBadRequest) {
		if err := s.forms.Drafts.KeepUnsent(c, id, u); err != nil {
			s.Logger.Warn("unsent form not kept again", slog.String("id", requestID(c)), slog.Any("error", err))
		}
	}
	return nil
}

// pageOf is the page with the form that is sent to an address, with what was kept of it.
func (s *site) pageOf(sentTo *url.URL, id string) string {
	at, ok := formPages[sentTo.Path]
	if !ok {
		at = sentTo.Path
		for at != "/" && !s.doors.opens(at) {
			at = path.Dir(at)
		}
	}
	query := sentTo.Query()
	query.Set(form.FieldUnsent, id)
	return (&url.URL{Path: at, RawQuery: query.Encode()}).String()
}

// frameOf is the frame of the part of the site that the address belongs to.
func (s *site) frameOf(c *gin.Context) (page.Frame, error) {
	if underConsole(c) {
		return s.console.Frame(c, "")
	}
	return s.Pages.Frame(c), nil
}
