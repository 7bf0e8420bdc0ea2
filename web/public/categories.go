package public

import (
	"context"
	"sync"
	"time"

	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

const (
	categoriesFresh = 30 * time.Second
	categoriesAsk   = 2 * time.Second // how long a reader waits for the database when the list is old
)

// categories keeps the agency's list in the process: the form needs it on every page, and when the database is unavailable.
type categories struct {
	tickets *ticket.Service
	now     func() time.Time

	asking sync.Mutex // held by who asks the database
	mu     sync.Mutex
	list   []ticket.Category
	readAt time.Time
}

func newCategories(tickets *ticket.Service, now func() time.Time) *categories {
	return &categories{tickets: tickets, now: now}
}

// offered lists what the form offers. An old list is better than none: an error only says that there is none yet.
func (k *categories) offered(ctx context.Context) ([]ticket.Category, error) {
	if list, fresh := k.look(); fresh {
		return list, nil
	} else if list == nil {
		k.asking.Lock()
	} else if !k.asking.TryLock() {
		return list, nil // somebody asks already
	}
	defer k.asking.Unlock()
	if list, fresh := k.look(); fresh {
		return list, nil
	}
	return k.ask(ctx)
}

// known is what offered knows without asking; nil for nothing yet.
func (k *categories) known() []ticket.Category {
	list, _ := k.look()
	return list
}

func (k *categories) look() (list []ticket.Category, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list, k.list != nil && k.now().Sub(k.readAt) < categoriesFresh
}

// ask is called by one at a time.
func (k *categories) ask(ctx context.Context) ([]ticket.Category, error) {
	ctx, cancel := context.WithTimeout(ctx, categoriesAsk)
	defer cancel()
	all, err := k.tickets.Categories(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		if k.list == nil {
			return nil, err
		}
		k.readAt = k.now() // asks again later, not with every reader
		return k.list, nil
	}
	list := make([]ticket.Category, 0, len(all))
	for _, c := range all {
		if c.Public {
			list = append(list, c)
		}
	}
	k.list, k.readAt = list, k.now()
	return list, nil
}

// optionGroups arranges the list for a select, in the reader's language.
func optionGroups(list []ticket.Category, p *messages.Printer) []page.OptionGroup {
	var groups []page.OptionGroup
	last := ""
	for _, c := range list {
		if len(groups) == 0 || c.GroupCode != last {
			groups = append(groups, page.OptionGroup{Label: p.Find("category_group."+c.GroupCode, c.GroupCode)})
			last = c.GroupCode
		}
		g := &groups[len(groups)-1]
		g.Options = append(g.Options, page.Option{Value: c.Code, Label: p.Find("category."+c.Code, c.Label)})
	}
	return groups
}

// labelOf names a category, one that is no longer offered too.
func labelOf(list []ticket.Category, code string, p *messages.Printer) string {
	for _, c := range list {
		if c.Code == code {
			return p.Find("category."+c.Code, c.Label)
		}
	}
	return p.Find("category."+code, code)
}
