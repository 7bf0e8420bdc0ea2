package public

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
)

const (
	numberPath     = "/help/account-number"
	numberSentPath = "/help/account-number/sent"
)

// numberHelpPage tells of the account number, with a form that has it mailed.
type numberHelpPage struct {
	page.Frame
	Problems []page.Problem
	Notices  []page.Notice
	Email    page.Field
}

// NumberHelp is GET /help/account-number: what the number is, what it is not, where it stands, a form that mails it, and what to do
// without one. Anybody may call it.
func (a *Area) NumberHelp(c *gin.Context) error {
	return a.showNumberHelp(c, http.StatusOK, "", "")
}

// NumberAsk is POST /help/account-number: asks for a mail with the number of the account of an email address, then 303 to a page that
// is the same for every address. Anybody may call it. Nothing is looked up here, so neither page nor time tell whether there is such an
// account; what an address must look like is told, for that goes by what was typed alone. 422, 429 and 503 keep the address.
func (a *Area) NumberAsk(c *gin.Context) error {
	email, broken := form.Plain(c.PostForm(fieldEmail), false)
	email = identifier.CleanEmail(email)
	if page.ShownAgain(c) {
		return a.showNumberHelp(c, http.StatusOK, email, "")
	}
	if code := emailProblem(email, broken); code != "" {
		return a.showNumberHelp(c, http.StatusUnprocessableEntity, email, code)
	}
	t := a.Pages.Printer(c)
	if wait := a.Limits.Request(c.Request.Context(), string(account.RequestNumber), remote.Address(c.Request), email); wait > 0 {
		form.RetryAfter(c, wait)
		return a.showNumberHelp(c, http.StatusTooManyRequests, email, "",
			page.Notice{Kind: "error", Title: t.T("public.too_many.heading"), Text: t.T("public.account_number.too_many", "wait", form.WaitText(t, wait))})
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), sendPatience)
	defer cancel()
	err := a.Accounts.Ask(ctx, account.Request{Kind: account.RequestNumber, Email: email, Language: a.Pages.Language(c)})
	if failure.Is(err, failure.KindUnavailable) {
		_ = c.Error(err)
		form.RetryAfter(c, retryIn)
		return a.showNumberHelp(c, http.StatusServiceUnavailable, email, "",
			page.Notice{Kind: "error", Title: t.T("public.account_number.away_title"), Text: t.T("public.account_number.away")})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, numberSentPath)
	return nil
}

// NumberSent is GET /help/account-number/sent: what happens now, and what to do when no mail comes. Anybody may call it.
func (a *Area) NumberSent(c *gin.Context) error { return a.showText(c, "number_sent") }

// emailProblem is the code of what is wrong with a typed address; "" for nothing.
func emailProblem(email string, broken bool) string {
	switch {
	case email == "":
		return "missing"
	case broken:
		return "unreadable"
	case !identifier.ValidEmail(email) || len(email) > account.MaxEmail:
		return "invalid"
	}
	return ""
}

func (a *Area) showNumberHelp(c *gin.Context, status int, email, problem string, notices ...page.Notice) error {
	p := numberHelpPage{Frame: a.Pages.Frame(c), Notices: notices}
	t := p.Printer
	p.Switch = page.Again("form", numberPath)
	p.Title, p.Path, p.Error = t.T("public.account_number.title"), numberPath, status != http.StatusOK
	p.Email = page.Field{
		Name: fieldEmail, Label: t.T("public.field.email.label"), Hint: t.T("public.account_number.email_hint"), Value: email,
		Required: true, Type: "email", InputMode: "email", Autocomplete: "email",
	}
	if problem != "" {
		p.Email.Error = t.T("public.problem.email." + problem)
		p.Problems = []page.Problem{{Field: fieldEmail, Text: p.Email.Error}}
	}
	return a.Pages.HTML(c, status, "public/number_help", p)
}
