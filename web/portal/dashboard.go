package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// caseView is a case with what has happened to it, the latest first, and what its status means.
type caseView struct {
	account.Case
	History []account.CaseStep
}

// questionsOnDashboard are the latest ones; the rest is a page of its own.
const (
	questionsOnDashboard = 5
	questionsOnPage      = 20
)

type dashboardPage struct {
	page.Frame
	Account   account.Account
	Cases     []caseView
	Questions ticket.Questions
}

type questionsPage struct {
	page.Frame
	Questions ticket.Questions
	First     bool
}

// Questions is GET /account/questions, for who is signed in: everything they asked, the latest first.
func (a *Area) Questions(c *gin.Context) error {
	after, err := ticket.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	p := questionsPage{Frame: a.Pages.Frame(c), First: after.ID == 0}
	p.Title = p.Printer.T("portal.questions.title")
	if p.Questions, err = a.Tickets.OfAccount(c.Request.Context(), owner(c).ID, after, questionsOnPage); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "portal/questions", p)
}

// Dashboard is GET /account, for who is signed in: name and number, cases, and messages with support.
func (a *Area) Dashboard(c *gin.Context) error {
	p := dashboardPage{Frame: a.Pages.Frame(c), Account: owner(c)}
	p.Title = p.Printer.T("portal.dashboard.title")
	cases, err := a.Store.Cases(c.Request.Context(), p.Account.ID)
	if err != nil {
		return err
	}
	steps, err := a.Store.CaseSteps(c.Request.Context(), p.Account.ID)
	if err != nil {
		return err
	}
	for _, one := range cases {
		v := caseView{Case: one, History: steps[one.ID]}
		if len(v.History) == 0 { // a file may bring a case without its history
			v.History = []account.CaseStep{{CaseID: one.ID, At: one.UpdatedAt, Status: one.Status}}
		}
		p.Cases = append(p.Cases, v)
	}
	if p.Questions, err = a.Tickets.OfAccount(c.Request.Context(), p.Account.ID, ticket.Cursor{}, questionsOnDashboard); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "portal/dashboard", p)
}
