package console

import (
	"context"
	"strconv"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
)

// known are the agency's own lists.
type known struct {
	queues     []ticket.Queue
	categories []ticket.Category
	staff      []staff.Member // who work here now
}

func (a *Area) known(ctx context.Context) (k known, err error) {
	if k.queues, err = a.Tickets.Queues(ctx); err != nil {
		return k, err
	}
	if k.categories, err = a.Tickets.Categories(ctx); err != nil {
		return k, err
	}
	all, err := a.staff.List(ctx)
	for _, m := range all {
		if m.DeactivatedAt == nil {
			k.staff = append(k.staff, m)
		}
	}
	return k, err
}

func (k known) category(p *messages.Printer, code string) string {
	for _, cat := range k.categories {
		if cat.Code == code {
			return p.Find("category."+code, cat.Label)
		}
	}
	return p.Find("category."+code, code)
}

func (k known) queue(p *messages.Printer, code string) string {
	for _, q := range k.queues {
		if q.Code == code {
			return p.Find("queue."+code, q.Name)
		}
	}
	return code
}

func (k known) assignee(p *messages.Printer, value string) string {
	switch value {
	case "me":
		return p.T("console.me")
	case "none":
		return p.T("console.nobody")
	}
	for _, m := range k.staff {
		if strconv.FormatInt(m.ID, 10) == value {
			return m.Name
		}
	}
	return p.T("console.somebody")
}
