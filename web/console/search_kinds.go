package console

import (
	"context"

	"github.com/askwell/askwell/internal/search"
)

// kindTab leads to the results of one kind, or of all.
type kindTab struct {
	Label, URL string
	Current    bool
	Count      int64 // -1 when it is not known
}

// kinds are the tabs. How many there are of each kind follows from the count of tickets by status, for every ticket has one;
// for a page that shows one kind, all are counted once more.
func (a *Area) kinds(ctx context.Context, d *searchPage) {
	counts, known := a.countKinds(ctx, d)
	if !known {
		counts = map[string]int64{"": -1, search.KindTicket: -1, search.KindAccount: -1, d.Search.Kind: d.Results.Total}
	}
	for _, kind := range []string{"", search.KindTicket, search.KindAccount} {
		d.Kinds = append(d.Kinds, kindTab{
			Label: d.Printer.T("console.search.kind." + kindName(kind)), URL: d.Search.of(kind), Current: kind == d.Search.Kind, Count: counts[kind],
		})
	}
}

func kindName(kind string) string {
	if kind == "" {
		return "all"
	}
	return kind
}

// countKinds counts the results of each kind; false when that is not known.
func (a *Area) countKinds(ctx context.Context, d *searchPage) (map[string]int64, bool) {
	if d.Away || d.Results.AtLeast || d.Results.Engine == search.EngineExact || d.Results.Engine == search.EngineNone {
		return nil, false
	}
	all, tickets := d.Results.Total, int64(0)
	if d.Search.Kind == "" {
		tickets = d.tickets()
	} else {
		request := d.Search.fromStart().request(d.who, a.Pages.Location)
		request.Kind, request.Limit, request.Facets = "", 1, false
		found, err := a.find(ctx, d.Search, request)
		if err != nil {
			return nil, false // the page is there without
		}
		all, tickets = found.Total, d.Results.Total
		if d.Search.Kind == search.KindAccount {
			tickets = all - d.Results.Total
		}
	}
	return map[string]int64{"": all, search.KindTicket: tickets, search.KindAccount: all - tickets}, tickets >= 0 && tickets <= all
}

// tickets adds up those of the statuses that are looked for.
func (d *searchPage) tickets() int64 {
	var chosen []string
	for _, c := range d.conditions() {
		if c.Field == search.FieldStatus && !c.Not {
			chosen = append(chosen, d.normal(c))
		}
	}
	var n int64
	for status, count := range d.Results.Facets[search.FieldStatus] {
		if len(chosen) == 0 || contains(chosen, status) {
			n += count
		}
	}
	return n
}
