package public

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// noticePatience is how long the check page waits to learn that its form was sent before: it works without.
const noticePatience = 2 * time.Second

const (
	formPath  = "/inquiries/new"
	checkPath = "/inquiries/check"
)

// What the field "change" asks for beside the name of a field to change.
const (
	changeForm  = "form"  // the form as it is, in another language
	changeWrong = "wrong" // the same, with what is wrong with it
	changeAlone = "alone" // the form for somebody who does not ask from an account
)

// draftData is what an inquiry's draft holds of its fields. Who asks from an account is not in it: they are read afresh.
type draftData struct {
	Answers answers `json:"a"`
	Asker   string  `json:"n,omitempty"` // the number of the account that the form was shown to
	Wrong   bool    `json:"w,omitempty"` // the form says what is wrong with it
}

// turn leads to a page of the form by a draft. Where none can be kept the page itself is the answer.
func (a *Area) turn(c *gin.Context, f *sentForm, path string, wrong bool, show func() error) error {
	data := draftData{Answers: f.answers, Asker: f.Raw(fieldAsker), Wrong: wrong}
	if f.alone {
		data.Asker = ""
	}
	if f.asker != nil {
		data.Answers.Name, data.Answers.Email = "", ""
	}
	query, ok := a.Forms.Drafts.Save(c, f.Sent, data)
	if !ok {
		return show()
	}
	fragment := ""
	if f.change != "" && !f.rerender() {
		fragment = "#" + f.change
	}
	c.Redirect(http.StatusSeeOther, path+"?"+query+fragment)
	return nil
}

// resume shows the form or the check page of a draft. One that was sent leads to its confirmation; one that is gone says so.
func (a *Area) resume(c *gin.Context, id [16]byte, check bool) error {
	kept, err := a.Forms.Drafts.Load(c, id)
	if failure.Is(err, failure.KindNotFound) {
		reference, err := a.Tickets.ReferenceByToken(c.Request.Context(), id)
		if err == nil {
			c.Redirect(http.StatusSeeOther, "/inquiries/"+reference)
			return nil
		}
		if !failure.Is(err, failure.KindNotFound) {
			return err
		}
		return a.draftGone(c)
	}
	if err != nil {
		return err
	}
	var data draftData
	if err := json.Unmarshal(kept.Data, &data); err != nil {
		return fmt.Errorf("read a draft: %w", err)
	}
	f := &sentForm{Sent: a.Forms.Sent(kept), answers: data.Answers}
	f.SetRaw(fieldAsker, data.Asker)
	a.askFrom(c, f)
	switch {
	case session.Unknown(c):
		return failure.New(failure.KindUnavailable, "We cannot tell who asks.", nil)
	case f.askerGone:
		return a.signedOut(c, f, "?"+c.Request.URL.RawQuery)
	case !check && !data.Wrong:
		return a.showForm(c, http.StatusOK, f, nil)
	}
	if wrong := a.wrong(c, f); len(wrong) > 0 {
		return a.showForm(c, http.StatusUnprocessableEntity, f, wrong)
	}
	if !check {
		return a.showForm(c, http.StatusOK, f, nil)
	}
	return a.showCheck(c, http.StatusOK, f)
}

// draftGone is the form anew, for an address whose draft was swept, or is another browser's. What the browser's tab still holds, the form's
// script puts back.
func (a *Area) draftGone(c *gin.Context) error {
	f := &sentForm{Sent: a.Forms.New()}
	if mine, ok := session.Account(c); ok {
		f.ask(mine)
	}
	t := a.Pages.Printer(c)
	return a.showForm(c, http.StatusGone, f, nil,
		page.Notice{Kind: "error", Title: t.T("public.draft_gone.title"), Text: t.T("public.draft_gone.text")})
}

// madeBefore is the reference of the question that the form's token has made already; "" for none, or while nobody can tell.
func (a *Area) madeBefore(c *gin.Context, f *sentForm) string {
	hash, ok := f.Token.Hash()
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), noticePatience)
	defer cancel()
	reference, err := a.Tickets.ReferenceByToken(ctx, hash)
	if err != nil {
		return ""
	}
	return reference
}

// signedOut keeps a question that was asked from an account whose owner is no longer signed in: it never goes out as anybody's. It offers
// to sign in and come back, or to ask without the account; to another account's owner it shows nothing of it. query leads back to the draft; "" when there is none.
func (a *Area) signedOut(c *gin.Context, f *sentForm, query string) error {
	if _, other := session.Account(c); other {
		return a.Pages.OtherPerson(c, a.Pages.Frame(c), "/account/sign-out", checkPath+query)
	}
	t := a.Pages.Printer(c)
	f.signIn = &signInOffer{Return: query}
	return a.showCheck(c, http.StatusUnauthorized, f,
		page.Notice{Kind: "error", Title: t.T("public.signed_out.heading"), Text: t.T("public.signed_out.text")})
}

// signInOffer leads to signing in. Return is the query of the draft to come back to; "" opens another tab, for this page is all there is.
type signInOffer struct{ Return string }

// askFrom finds out from which account the form is asked, if any. Only a form that was shown to this account's owner is theirs: one that was
// begun before signing in says who asks itself.
func (a *Area) askFrom(c *gin.Context, f *sentForm) {
	asked := f.Raw(fieldAsker)
	mine, ok := session.Account(c)
	switch {
	case asked == "" || f.alone:
	case ok && asked == mine.Number:
		f.ask(mine)
	default:
		f.askerGone = true
	}
}

// rerender reports whether the form was sent to be shown again, and not to change one of its fields.
func (f *sentForm) rerender() bool {
	return f.change == changeForm || f.change == changeWrong || f.change == changeAlone
}

// draftQuery is the query of a form's own draft, if it can be kept, for pages that are an answer and lead elsewhere.
func (a *Area) draftQuery(c *gin.Context, f *sentForm) string {
	query, ok := a.Forms.Drafts.Save(c, f.Sent, draftData{Answers: f.answers, Asker: f.Raw(fieldAsker)})
	if !ok {
		return ""
	}
	return "?" + query
}
