package public

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// confirmPage shows the reference and what happens next; the copy only to the browser that sent the inquiry.
type confirmPage struct {
	page.Frame
	Steps     page.Steps
	Reference string
	By        time.Time // when most questions are answered; zero when the database cannot tell
	Email     string    // where the answer goes, for the sender
	Mine      bool
	Copy      []checkRow
	CopyFiles []string
}

// Confirmation is GET /inquiries/{reference}. Anybody may call it: who has only the reference sees nothing personal. A
// reference written another way is led to its right address.
func (a *Area) Confirmation(c *gin.Context) error {
	asked := c.Param("reference")
	reference, ok := identifier.ParseReference(asked)
	if !ok {
		return a.unknownReference(c)
	}
	if reference != asked {
		c.Redirect(http.StatusSeeOther, "/inquiries/"+reference)
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sendPatience)
	defer cancel()
	mine := a.sent(c, reference)
	t, err := a.Tickets.ByReference(ctx, reference)
	switch {
	case failure.Is(err, failure.KindNotFound):
		return a.unknownReference(c)
	case failure.Is(err, failure.KindUnavailable) && mine:
		// The cookie is proof enough that the inquiry is safe: the applicant needs the reference most when things go wrong.
		return a.showConfirmation(c, confirmPage{Reference: reference})
	case err != nil:
		return err
	}
	p := confirmPage{Reference: reference, Mine: mine, By: t.OpenedAt.AddDate(0, 0, a.Settings.Agency.AnswerWithin)}
	if mine {
		if err := a.fillCopy(ctx, c, &p, t); err != nil {
			return err
		}
	}
	return a.showConfirmation(c, p)
}

func (a *Area) showConfirmation(c *gin.Context, p confirmPage) error {
	p.Frame = a.Pages.Frame(c)
	p.Title = p.Printer.T("public.sent.title", "reference", p.Reference)
	p.Steps = page.Steps{Current: 3, Labels: steps(p.Printer)}
	return a.Pages.HTML(c, http.StatusOK, "public/inquiry_sent", p)
}

// fillCopy gives the sender their own words back, from the database and not from the browser.
func (a *Area) fillCopy(ctx context.Context, c *gin.Context, p *confirmPage, t ticket.Ticket) error {
	thread, err := a.Tickets.Thread(ctx, t.ID)
	if err != nil {
		return err
	}
	print := a.Pages.Printer(c)
	list, _ := a.categories.offered(ctx) // without the list the code's own words stand
	category := labelOf(list, t.CategorySubmitted, print)
	number := t.NumberGiven
	if t.NumberInText {
		number = "" // the field was left empty
	}
	if t.Formerly() == "" { // else this browser may not be its owner's any more
		p.Email = t.ApplicantEmail
	}
	p.Copy = []checkRow{
		{Field: fieldCategory, Value: category}, {Field: fieldNumber, Value: number}, {Field: fieldName, Value: t.ApplicantName},
		{Field: fieldEmail, Value: t.ApplicantEmail}, {Field: fieldSubject, Value: t.Subject},
	}
	for _, m := range thread {
		if m.Kind != ticket.KindInquiry {
			continue
		}
		p.Copy = append(p.Copy, checkRow{Field: fieldQuestion, Value: m.Body})
		for _, file := range m.Attachments {
			p.CopyFiles = append(p.CopyFiles, file.Name)
		}
	}
	for i := range p.Copy {
		p.Copy[i].Label = print.T("public.check." + p.Copy[i].Field)
	}
	return nil
}

// unknownReference is the 404 that helps: most often a letter is wrong.
func (a *Area) unknownReference(c *gin.Context) error {
	frame := a.Pages.Frame(c)
	frame.Title, frame.Error = frame.Printer.T("public.unknown.title"), true
	return a.Pages.HTML(c, http.StatusNotFound, "public/inquiry_unknown", struct{ page.Frame }{frame})
}
