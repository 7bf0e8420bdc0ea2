package console

import (
	"context"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// view is a list of the rail. A queue is a view too: its name is "queue:" and the queue's code.
type view struct {
	ticket.View
	icon string
}

// views are ticket.Views in the order of the rail. The first one is what /console/tickets shows.
var views = withIcons(map[string]string{
	"unanswered": "inbox", "mine": "person", "unassigned": "people", "in-hand": "hourglass_empty", "solved": "check_circle", "all": "list",
	"quarantine": "flag",
})

func withIcons(icons map[string]string) (all []view) {
	for _, v := range ticket.Views() {
		all = append(all, view{v, icons[v.Name]})
	}
	return all
}

func viewNamed(name string) (view, bool) {
	for _, v := range views {
		if v.Name == name {
			return v, true
		}
	}
	return view{}, false
}

// Frame begins a page of the console, with the rail's views and their counts. current is the view or queue that the page
// shows, as in the URL ("unanswered", "queue:cases"), or "".
func (a *Area) Frame(c *gin.Context, current string) (page.Frame, error) {
	member, err := me(c)
	if err != nil {
		return page.Frame{}, err
	}
	groups, err := a.rail(c.Request.Context(), a.Pages.Printer(c), member, current)
	if err != nil {
		return page.Frame{}, err
	}
	held, err := instance.MailHeld(c.Request.Context(), a.DB)
	if err != nil {
		return page.Frame{}, err
	}
	f := a.Pages.Frame(c)
	f.Views, f.Operators, f.MailHeld = groups, operators(f.Printer), held
	return f, nil
}

// rail counts every view. A count stops at ticket.MaxCount.
func (a *Area) rail(ctx context.Context, p *messages.Printer, member staff.Member, current string) ([]page.ViewGroup, error) {
	queues, err := a.Tickets.Queues(ctx)
	if err != nil {
		return nil, err
	}
	var shared []ticket.Filter
	var sharedViews []*page.View
	main, byQueue := page.ViewGroup{}, page.ViewGroup{Title: p.T("console.view.queues")}
	main.Views, byQueue.Views = make([]page.View, len(views)), make([]page.View, len(queues))
	for i, v := range views {
		f := v.Filter(member.ID)
		main.Views[i] = page.View{
			Label: p.T("console.view." + v.Name), Icon: v.icon, Current: v.Name == current,
			URL: ticketsPath + "?view=" + v.Name,
		}
		if v.Name == "mine" {
			if main.Views[i].Count, err = a.Tickets.Count(ctx, f); err != nil {
				return nil, err
			}
			continue
		}
		shared, sharedViews = append(shared, f), append(sharedViews, &main.Views[i])
	}
	for i, q := range queues {
		byQueue.Views[i] = page.View{
			Label: p.Find("queue."+q.Code, q.Name), Icon: "folder", Current: current == "queue:"+q.Code,
			URL: ticketsPath + "?" + url.Values{"view": {"in-hand"}, "queue": {q.Code}}.Encode(),
		}
		shared = append(shared, ticket.Filter{QueueID: q.ID, InHand: true})
		sharedViews = append(sharedViews, &byQueue.Views[i])
	}
	counts, err := a.shared.get(ctx, a.Tickets, shared)
	if err != nil {
		return nil, err
	}
	for i, n := range counts {
		sharedViews[i].Count = n
	}
	mails, err := a.mails.Count(ctx)
	if err != nil {
		return nil, err
	}
	main.Views = append(main.Views, page.View{Label: p.T("console.mail.title"), Icon: "mail", Current: current == "mail", URL: mailPath, Count: mails.Waiting + mails.Flagged})
	return []page.ViewGroup{main, byQueue}, nil
}
