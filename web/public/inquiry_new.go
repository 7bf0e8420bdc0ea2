package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/session"
)

// NewInquiry is GET /inquiries/new: the empty form with a token of its own, or that of a draft (?draft=ID). Who is signed in asks from their account. Anybody may call it. Error: unavailable when the
// database is unavailable and the process has never seen the categories.
func (a *Area) NewInquiry(c *gin.Context) error {
	if id, ok := form.Asked(c); ok {
		return a.resume(c, id, false)
	}
	a.Forms.Drafts.Remember(c)
	f := &sentForm{Sent: a.Forms.New()}
	if mine, ok := session.Account(c); ok {
		f.ask(mine)
	} else {
		// Nothing in it is anybody's yet: Back may show it as it was left, with its token and what was typed.
		c.Header("Cache-Control", "private, no-cache")
	}
	return a.showForm(c, http.StatusOK, f, nil)
}
