package public

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
)

// busyKey is set on a request for which the database must not be asked.
const busyKey = "askwell.public.busy"

// RefuseInquiry is the answer to an inquiry for which no slot is free: everything again, with a button to try again, and nobody asks the
// database.
func (a *Area) RefuseInquiry(c *gin.Context) error {
	c.Set(busyKey, true)
	f, err := a.readForm(c)
	if err != nil {
		return err
	}
	if body, ok := a.stencilled(c, f); ok {
		a.Pages.Send(c, http.StatusServiceUnavailable, body)
		return nil
	}
	return a.showCheck(c, http.StatusServiceUnavailable, f, a.busyNotice(c))
}

func (a *Area) busyNotice(c *gin.Context) page.Notice {
	t := a.Pages.Printer(c)
	return page.Notice{Kind: "error", Title: t.T("public.busy.heading"), Text: t.T("public.busy.text")}
}

// RefuseFile is the answer to a file for which no slot is free. The browser still has it, and offers to send it again.
func (a *Area) RefuseFile(c *gin.Context) error {
	sent, err := a.Forms.Read(c)
	if err != nil {
		return err
	}
	a.Forms.Discard(sent)
	return limit.ErrFull
}

// offered lists the categories; of a request that must not ask the database, as far as they are known.
func (a *Area) offered(c *gin.Context) ([]ticket.Category, error) {
	if c.GetBool(busyKey) {
		return a.categories.known(), nil
	}
	return a.categories.offered(c.Request.Context())
}
