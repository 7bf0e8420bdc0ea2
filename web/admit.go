package web

import (
	"cmp"
	"context"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
)

// How long a request waits for a slot. A form comes back with what was typed, so it waits no longer than anybody notices; who reads a page
// or gives a password is better off waiting.
const (
	formWait = 50 * time.Millisecond
	pageWait = time.Second
)

// admission bounds what anybody may have the desk do at once, class by class, so that no flood at one door shuts another, and none takes the
// processors from those who answer.
type admission struct {
	forms    *limit.Slots  // questions, messages and their files
	pages    *limit.Slots  // everything else that is open to anybody
	accounts *limit.Slots  // applicants' forms that cost a password hash or lead to one
	staff    *limit.Slots  // the staff's sign-in
	refusals *rate.Limiter // answers of 503
}

func newAdmission(intake int) admission {
	processors := runtime.GOMAXPROCS(0)
	return admission{
		forms: limit.NewSlots(intake, formWait), pages: limit.NewSlots(intake, pageWait), accounts: limit.NewSlots(max(4, processors), pageWait),
		staff: limit.NewSlots(max(4, processors), pageWait), refusals: rate.NewLimiter(rate.Limit(refusing*processors), refusing*processors/10),
	}
}

// admit lets a request on when a slot is free. One that gets none is answered by refuse, which asks the database nothing, with 503 and when to try
// again. It belongs before whatever asks the database.
func (s *site) admit(slots *limit.Slots, refuse Handler) gin.HandlerFunc {
	return handle(func(c *gin.Context) error {
		if !shownBusy(c) && slots.Take(c.Request.Context()) {
			defer untilAnswered(c, slots)()
			c.Next()
			return nil
		}
		return s.refuse(c, refuse)
	})
}

// admitForm is admit for a form that is read as it arrives, files and all. Reading comes before waiting, because a slow connection must not
// hold a slot.
func (s *site) admitForm(refuse Handler) gin.HandlerFunc {
	return handle(func(c *gin.Context) error {
		sent, err := s.forms.Read(c)
		if err != nil {
			return err
		}
		if s.admission.forms.Take(c.Request.Context()) {
			defer untilAnswered(c, s.admission.forms)()
			s.forms.Gather(c, sent)
			c.Next()
			return nil
		}
		return s.refuse(c, func(c *gin.Context) error {
			s.forms.GatherNamed(sent)
			return refuse(c)
		})
	})
}

const (
	busyFor  = 10 * time.Second // when to try again
	refusing = 750              // refusals a second for each processor, which take about a third of it
)

// refuse answers by refuse, with 503 and when to try again. Clients that retry at once would otherwise use whatever processor time a refusal
// leaves, and agents' pages would wait for it: refusals are rate-limited, first come first served.
func (s *site) refuse(c *gin.Context, refuse Handler) error {
	c.Abort()
	ctx := c.Request.Context()
	if s.admission.refusals.Wait(ctx) != nil {
		return cmp.Or(context.Cause(ctx), limit.ErrFull) // nobody waits for the answer, or not as long as it would take
	}
	form.RetryAfter(c, busyFor)
	return refuse(c)
}

// untilAnswered frees the slot as soon as the answer is written, and at the latest by the function that it returns: a slow connection
// must not hold a slot.
func untilAnswered(c *gin.Context, slots *limit.Slots) (end func()) {
	end = sync.OnceFunc(slots.Done)
	c.Writer = &slotWriter{c.Writer, end}
	return end
}

type slotWriter struct {
	gin.ResponseWriter
	end func()
}

// Unwrap lets a deadline reach the connection.
func (w *slotWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *slotWriter) Write(data []byte) (int, error) {
	w.end()
	return w.ResponseWriter.Write(data)
}

func (w *slotWriter) WriteString(text string) (int, error) { return w.Write([]byte(text)) }

// fieldBusy asks for the page of busy in another language.
const fieldBusy = "busy"

// shownBusy leaves c.PostForm alone, which keeps what it saw first: a later middleware may put a form in place (keepTyped).
func shownBusy(c *gin.Context) bool { return c.Request.PostForm.Get(fieldBusy) != "" }

// busyPage sends a form again that was refused, whatever form it was. What must not be sent back is to be typed again.
type busyPage struct {
	page.Frame
	Action string // of the form
	Again  string // the page that was asked for, when it was no form
	Hidden []hiddenField
	Typed  []page.Field
}

type hiddenField struct{ Name, Value string }

// busy is the answer to a request that is refused: 503, with the form to be sent again.
func (s *site) busy(c *gin.Context) error {
	if wantsJSON(c) {
		return limit.ErrFull
	}
	name := "errors/busy"
	if underConsole(c) {
		name = "ops/busy"
	}
	p := busyPage{Frame: s.Pages.Frame(c)}
	t := p.Printer
	p.Title, p.Error = t.T("error_page.busy.title"), true
	if c.Request.Method != http.MethodPost {
		p.Again = c.Request.URL.RequestURI()
		return s.Pages.HTML(c, http.StatusServiceUnavailable, name, p)
	}
	p.Action = p.At(c.Request.URL.Path)
	p.Switch = &page.Switch{Form: "form", Action: c.Request.URL.Path, Name: fieldBusy, Value: "again"}
	for field, values := range c.Request.PostForm {
		if form.Secret(field) {
			p.Typed = append(p.Typed, page.Field{
				Name: field, Label: t.T("error_page.busy." + field), Required: true, Type: "password", Autocomplete: "current-password",
			})
			continue
		}
		for _, value := range values {
			if field != fieldBusy {
				p.Hidden = append(p.Hidden, hiddenField{field, value})
			}
		}
	}
	slices.SortFunc(p.Typed, func(a, b page.Field) int { return -cmp.Compare(a.Name, b.Name) })
	return s.Pages.HTML(c, http.StatusServiceUnavailable, name, p)
}
