package console

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/web/page"
)

// accountFinder looks for the account that a ticket belongs to.
type accountFinder struct {
	besideTicket
	Text  string
	Away  bool // neither Meilisearch nor PostgreSQL answers
	Found []foundAccount
	Total int64
	Empty *page.Empty
}

// foundAccount is an account that may be the one, with what speaks for it.
type foundAccount struct {
	traits
	Number, Name string
	Marked       []search.Span
	SameEmail    bool
	Linked       bool // the ticket is linked there already
}

// accountsShown bounds the list: what has more is searched for with another word.
const accountsShown = 20

// TicketAccount looks for a ticket's account by any word, name, address or number: GET with the field q. Searches are counted
// while the account is not found, their words are not kept.
func (a *Area) TicketAccount(c *gin.Context) error {
	ctx := c.Request.Context()
	base, who, err := a.beside(c, "console.finder.title")
	if err != nil {
		return err
	}
	d := &accountFinder{besideTicket: base, Text: searchText(c.Query("q"))}
	d.Query = "" // the box at the top is for all tickets and accounts
	status := http.StatusOK
	if d.Text != "" {
		if err := a.Tickets.SearchedForAccount(ctx, who.ID, d.ID, d.Text); err != nil {
			a.Logger.Warn("a search for an account is not counted", slog.Any("error", err))
		}
		results, err := a.find(ctx, searchQuery{Text: d.Text}, search.Query{For: who, Text: d.Text, Kind: search.KindAccount, Limit: accountsShown})
		switch {
		case failure.Is(err, failure.KindUnavailable):
			a.Logger.Warn("search is unavailable", slog.Any("error", err))
			d.Away, status = true, http.StatusServiceUnavailable
		case err != nil:
			return err
		default:
			if err := a.fillFound(ctx, d, results); err != nil {
				return err
			}
		}
	}
	return a.Pages.HTML(c, status, "console/ticket_account", d)
}

func (a *Area) fillFound(ctx context.Context, d *accountFinder, results search.Results) error {
	p := d.Printer
	d.Total = results.Total
	var numbers []string
	for _, hit := range results.Hits {
		if hit.Kind == search.KindAccount { // what an identifier means may be a ticket
			numbers = append(numbers, hit.Number)
		}
	}
	accounts, err := a.accounts.ByNumbersOrEmails(ctx, numbers, nil)
	if err != nil {
		return err
	}
	known, err := a.traits(ctx, d.Ticket, accounts, p)
	if err != nil {
		return err
	}
	for _, hit := range results.Hits {
		at := slices.IndexFunc(accounts, func(x account.Account) bool { return x.Number == hit.Number })
		if at < 0 {
			continue // a ticket, or gone since it was indexed
		}
		found := accounts[at]
		about := known[found.ID]
		about.Ask = about.Ask || results.Total > 1
		d.Found = append(d.Found, foundAccount{
			traits: about, Number: found.Number, Name: found.Name, Marked: hit.Marked,
			SameEmail: identifier.FoldEmail(found.Email) == identifier.FoldEmail(d.ApplicantEmail),
			Linked:    d.AccountID != nil && *d.AccountID == found.ID && !d.Ticket.Link().Unsure(),
		})
	}
	if len(d.Found) == 0 {
		d.Empty = &page.Empty{Icon: "search", Title: p.T("console.finder.none.title"), Text: p.T("console.finder.none.text")}
	}
	return nil
}
