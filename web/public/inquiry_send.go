package public

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
)

// sendPatience is how long an applicant waits for the database before the page says that it is unavailable.
const sendPatience = 8 * time.Second

// retryIn is what a page that could not be sent asks for.
const retryIn = time.Minute

// SendInquiry is POST /inquiries: one ticket for one form token, then 303 to its confirmation. Anybody may call it, from the
// check page or at once. What cannot be sent comes back with everything typed: 422 to be mended, 413, 429 and 503 to be sent
// again with the same token, 409 for what the token's ticket does not take.
func (a *Area) SendInquiry(c *gin.Context) error {
	f, err := a.readForm(c)
	if err != nil {
		return err
	}
	if done, err := a.stopped(c, f); done || err != nil {
		return err
	}
	wrong := a.wrong(c, f)
	if len(wrong) == 0 {
		wrong = a.Forms.Touch(c.Request.Context(), f.Sent)
		f.FileProblems = append(f.FileProblems, wrong...)
	}
	if len(wrong) > 0 {
		return a.turn(c, f, formPath, true, func() error { return a.showForm(c, http.StatusUnprocessableEntity, f, wrong) })
	}
	pace := a.Limits.Inquiry(c.Request.Context(), remote.Address(c.Request), f.Email)
	if pace.Refused {
		return a.tooMany(c, f, pace.Wait)
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sendPatience)
	defer cancel()
	opened, err := a.Tickets.Open(ctx, a.inquiry(c, f, pace))
	switch {
	case failure.Is(err, failure.KindInvalid):
		return a.refused(c, f, err)
	case err != nil:
		return a.notSent(c, f, err)
	}
	return a.taken(c, f, opened)
}

// taken answers an inquiry by what became of it. Only who sent it first, or sends the very same, sees the copy: a token alone may have come
// from another browser.
func (a *Area) taken(c *gin.Context, f *sentForm, opened ticket.Opened) error {
	switch opened.How {
	case ticket.HowKept:
		return a.alreadySent(c, f, opened.Reference)
	case ticket.HowAdded:
		a.Pages.Flash(c, "success", a.Pages.Printer(c).T("public.again.added"))
	default:
		a.rememberSent(c, opened.Reference)
	}
	c.Redirect(http.StatusSeeOther, "/inquiries/"+opened.Reference)
	return nil
}

// alreadySent shows what was not added to the question that its token has made, as a question of its own that can be sent: 409.
func (a *Area) alreadySent(c *gin.Context, f *sentForm, reference string) error {
	a.Forms.Drafts.Drop(c, f.Token)
	a.Forms.Renew(c.Request.Context(), f.Sent, a.Now().Add(-a.Settings.FormMinFill))
	t := a.Pages.Printer(c)
	return a.showForm(c, http.StatusConflict, f, f.FileProblems,
		page.Notice{Kind: "error", Title: t.T("public.again.title", "reference", reference), Text: t.T("public.again.text")})
}

func (a *Area) inquiry(c *gin.Context, f *sentForm, pace limit.Pace) ticket.Inquiry {
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: a.Pages.Language(c), Category: f.Category, Number: f.Found,
		Name: f.Name, Email: f.Email, Subject: f.Subject, Question: f.Question, Suspicions: a.suspicions(f, pace),
	}
	if f.asker != nil {
		in.Channel, in.AccountID = ticket.ChannelPortal, &f.asker.ID
	}
	in.Token, _ = f.Token.Hash() // a fresh token has one
	in.Attachments = a.Forms.Attachments(f.Files)
	return in
}

// suspicions say why a person should look at the inquiry first. The applicant sees no difference.
func (a *Area) suspicions(f *sentForm, pace limit.Pace) (found []ticket.Suspicion) {
	if f.Trapped {
		found = append(found, ticket.SuspectHoneypot)
	}
	if a.Now().Sub(f.Token.At) < a.Settings.FormMinFill {
		found = append(found, ticket.SuspectTooFast)
	}
	if pace.Suspect {
		found = append(found, ticket.SuspectRate)
	}
	return found
}

// refused is for what only the database can tell: a category that went away.
func (a *Area) refused(c *gin.Context, f *sentForm, err error) error {
	var wrong []form.Problem
	for _, field := range failure.FieldsOf(err) {
		wrong = append(wrong, form.Problem{Field: field.Name, Code: field.Code})
	}
	return a.showForm(c, http.StatusUnprocessableEntity, f, wrong)
}

// notSent shows everything again, with the same token, and a button to try again: 503 when the database is unavailable, 500 for a
// mistake of ours. The error is logged by whoever answers the request.
func (a *Area) notSent(c *gin.Context, f *sentForm, err error) error {
	_ = c.Error(err)
	status := http.StatusInternalServerError
	if failure.Is(err, failure.KindUnavailable) {
		status = http.StatusServiceUnavailable
		form.RetryAfter(c, retryIn)
	}
	t := a.Pages.Printer(c)
	return a.showCheck(c, status, f, page.Notice{Kind: "error", Title: t.T("public.not_sent.heading"), Text: t.T("public.not_sent.text")})
}

// tooMany says when to try again, and keeps everything.
func (a *Area) tooMany(c *gin.Context, f *sentForm, wait time.Duration) error {
	form.RetryAfter(c, wait)
	t := a.Pages.Printer(c)
	return a.showCheck(c, http.StatusTooManyRequests, f,
		page.Notice{Kind: "error", Title: t.T("public.too_many.heading"), Text: t.T("public.too_many.text", "wait", form.WaitText(t, wait))})
}
