package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/session"
)

// NewInquiry is GET /inquiries/new: the empty form with a token of its own. Who is signed in asks from their account. Anybody may call it. Error: unavailable when the
// database is away and the process has never seen the categories.
func (a *Area) NewInquiry(c *gin.Context) error {
	f := &sentForm{Sent: a.Forms.New()}
	if mine, ok := session.Account(c); ok {
		f.ask(mine)
	}
	return a.showForm(c, http.StatusOK, f, nil)
}
