package public

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
)

// admitWithin is how long a form waits for its turn: long enough for a few that come at the same moment, far shorter than anybody notices.
const admitWithin = 50 * time.Millisecond

// busyFor is when to try again after that.
const busyFor = 10 * time.Second

const (
	sentKey = "askwell.public.sent" // the form, read before its turn came
	busyKey = "askwell.public.busy" // the database is not to be asked for this request
)

// intake bounds how many forms are worked on at once.
type intake chan struct{}

// enter waits for a turn, for admitWithin. Who got one leaves.
func (i intake) enter(ctx context.Context) bool {
	select {
	case i <- struct{}{}:
		return true
	default:
	}
	wait := time.NewTimer(admitWithin)
	defer wait.Stop()
	select {
	case i <- struct{}{}:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	return false
}

func (i intake) leave() { <-i }

// Admit is a middleware of POST /inquiries and /inquiries/check: it reads the form, files and all, and lets INTAKE_LIMIT of them on at
// once. The others get everything they typed back at once, with 503 and when to try again, and nobody asks the database for them: so no
// flood of forms takes from those who answer. It belongs before whatever asks the database. Reading comes before waiting, because a slow
// connection must not take a turn from others.
func (a *Area) Admit(c *gin.Context) error {
	sent, err := a.Forms.Read(c)
	if err != nil {
		return err
	}
	c.Set(sentKey, sent)
	if !a.intake.enter(c.Request.Context()) {
		c.Abort()
		return a.busy(c)
	}
	defer a.intake.leave()
	c.Next()
	return nil
}

// arrived gives the form that Admit has read.
func (a *Area) arrived(c *gin.Context) (*form.Sent, error) {
	if sent, ok := c.Get(sentKey); ok {
		return sent.(*form.Sent), nil
	}
	return a.Forms.Read(c)
}

// busy shows everything again, with a button to try again.
func (a *Area) busy(c *gin.Context) error {
	c.Set(busyKey, true)
	f, err := a.readForm(c)
	if err != nil {
		return err
	}
	form.RetryAfter(c, busyFor)
	t := a.Pages.Printer(c)
	return a.showCheck(c, http.StatusServiceUnavailable, f,
		page.Notice{Kind: "error", Title: t.T("public.busy.heading"), Text: t.T("public.busy.text")})
}

// offered lists the categories; of a request that must not ask the database, as far as they are known.
func (a *Area) offered(c *gin.Context) ([]ticket.Category, error) {
	if c.GetBool(busyKey) {
		return a.categories.known(), nil
	}
	return a.categories.offered(c.Request.Context())
}
