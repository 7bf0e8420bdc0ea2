package public

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/session"
)

// CheckInquiry is POST /inquiries/check: 303 to the answers to be checked, or to the form with what is wrong (422), to change something
// (change=FIELD), in another language, or because it grew old (422). Where no draft can be kept the page itself is the answer. Anybody may
// call it. 401 when the account that the form was begun from is no longer signed in.
func (a *Area) CheckInquiry(c *gin.Context) error {
	f, err := a.readForm(c)
	if err != nil {
		return err
	}
	if done, err := a.stopped(c, f); done || err != nil {
		return err
	}
	wrong := a.wrong(c, f)
	switch {
	case f.change != "" && f.change != changeWrong:
		return a.turn(c, f, formPath, false, func() error { return a.showForm(c, http.StatusOK, f, nil) })
	case len(wrong) > 0 || f.change == changeWrong:
		return a.turn(c, f, formPath, true, func() error { return a.showForm(c, statusOf(wrong), f, wrong) })
	}
	return a.turn(c, f, checkPath, false, func() error { return a.showCheck(c, http.StatusOK, f) })
}

// CheckAgain is GET /inquiries/check: the answers of a draft once more, by Back and by reload. Anybody may call it; a draft is shown to the
// browser that saved it.
func (a *Area) CheckAgain(c *gin.Context) error {
	id, ok := form.Asked(c)
	if !ok {
		c.Redirect(http.StatusSeeOther, formPath)
		return nil
	}
	return a.resume(c, id, true)
}

func statusOf(wrong []form.Problem) int {
	if len(wrong) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// stopped answers what cannot go on, whatever was typed: too large a form, or a token that is none of ours, or old and never used.
func (a *Area) stopped(c *gin.Context, f *sentForm) (bool, error) {
	if f.TooLarge {
		a.Forms.CutOff(f.Sent)
		return true, a.showForm(c, http.StatusRequestEntityTooLarge, f, f.FileProblems)
	}
	if session.Unknown(c) {
		return true, a.notSent(c, f, failure.New(failure.KindUnavailable, "We cannot tell who asks.", nil))
	}
	if f.askerGone {
		return true, a.signedOut(c, f, a.draftQuery(c, f))
	}
	if f.Fresh {
		return false, nil
	}
	if hash, ok := f.Token.Hash(); ok {
		ctx, cancel := context.WithTimeout(c.Request.Context(), sendPatience)
		defer cancel()
		_, err := a.Tickets.ReferenceByToken(ctx, hash)
		if err == nil {
			return false, nil // what was sent with it is known by its content
		}
		if !failure.Is(err, failure.KindNotFound) {
			return true, a.notSent(c, f, err)
		}
	}
	return true, a.renew(c, f)
}

// renew shows the form again with a token of its own. Its time is set so far back that sending it at once is no sign of a
// program: it was filled in long ago.
func (a *Area) renew(c *gin.Context, f *sentForm) error {
	stale := a.Forms.Renew(c.Request.Context(), f.Sent, a.Now().Add(-a.Settings.FormMinFill))
	return a.showForm(c, http.StatusUnprocessableEntity, f, append([]form.Problem{stale}, f.FileProblems...))
}

// wrong lists what keeps the form from being sent.
func (a *Area) wrong(c *gin.Context, f *sentForm) []form.Problem {
	list, err := a.categories.offered(c.Request.Context())
	wrong := f.problems(func(code string) bool {
		if err != nil {
			return true // the database decides, when it is back
		}
		for _, category := range list {
			if category.Code == code {
				return true
			}
		}
		return false
	})
	return append(wrong, f.FileProblems...)
}
