package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/web/page"
)

// caseView is a case with what has happened to it, the latest first, and what its status means.
type caseView struct {
	account.Case
	History []account.CaseStep
}

type dashboardPage struct {
	page.Frame
	Account account.Account
	Cases   []caseView
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
	return a.Pages.HTML(c, http.StatusOK, "portal/dashboard", p)
}
