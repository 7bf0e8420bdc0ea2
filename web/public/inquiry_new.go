package public

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// NewInquiry is GET /inquiries/new: the empty form with a token of its own. Anybody may call it. Error: unavailable when the
// database is away and the process has never seen the categories.
func (a *Area) NewInquiry(c *gin.Context) error {
	return a.showForm(c, http.StatusOK, &sentForm{Sent: a.Forms.New()}, nil)
}
