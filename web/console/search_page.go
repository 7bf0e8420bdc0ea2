package console

import (
	"context"
	"net/url"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// searchPage is what a search found.
type searchPage struct {
	page.Frame
	Search   searchQuery
	Results  search.Results
	Away     bool   // neither Meilisearch nor PostgreSQL answers
	Jump     string // the record that the text means
	Hits     []hitLine
	Kinds    []kindTab
	Facets   []facet
	Spans    []facetValue // of the days up to now
	Since    string       // of the form of days
	Until    string
	Chips    []chip
	Problems []searchProblem
	Sorts    []searchSort
	Pages    searchPages
	Empty    page.Empty
	Recent   []string // what the member searched for, while nothing is asked

	who   staff.Member
	known known
}

type searchSort struct {
	Label, URL string
	Current    bool
}

// searchPages is the part of the results that the page shows: First to Last, counted from 1.
type searchPages struct {
	First, Last    int64
	Previous, Next string
	End            bool // there are more, but this is as far as paging goes
}

// hitLine is a hit with the words and links of its row.
type hitLine struct {
	search.Hit
	Row           string // its id on the page
	URL           string
	CategoryLabel string
	LanguageLabel string // when it is not the reader's
	QueueLabel    string
	Exact         bool          // what the identifier means
	Enter         bool          // Enter in the box leads to it
	Aside         ticket.Ticket // when it is in quarantine or counts in no figure
}

// urlOf is the address of what a hit shows; from is the search that it is opened from.
func urlOf(h search.Hit, from origin) string {
	if h.Kind == search.KindAccount {
		return accountsPath + url.PathEscape(h.Number)
	}
	return from.ticket(h.Reference)
}

// rowOf is the id of a hit's row.
func rowOf(h search.Hit) string {
	if h.Kind == search.KindAccount {
		return "hit-" + h.Number
	}
	return "hit-" + h.Reference
}

// dressSearch adds the words and links of the page.
func (a *Area) dressSearch(ctx context.Context, d *searchPage) error {
	p := d.Printer
	d.Query, d.Title = d.Search.Text, p.T("console.search.title")
	if words := search.Parse(d.Search.Text).Words(); words != "" { // the operators are chips
		d.Title = p.T("console.search.for", "text", words)
	}
	var err error
	if d.known, err = a.known(ctx); err != nil {
		return err
	}
	for i, h := range d.Results.Hits {
		line, err := a.hitLine(ctx, d, h)
		if err != nil {
			return err
		}
		line.Exact = i == 0 && d.Search.Offset == 0 && d.Results.Engine == search.EngineExact
		line.Enter = line.Exact && d.Jump != ""
		d.Hits = append(d.Hits, line)
	}
	a.kinds(ctx, d)
	d.Problems = d.problems()
	d.Chips = d.chips()
	d.Facets = d.facets()
	d.days()
	for _, s := range []search.Sort{search.SortRelevance, search.SortNewest, search.SortOldest} {
		d.Sorts = append(d.Sorts, searchSort{
			Label: p.T("console.search.sort." + sortName(s)), URL: d.Search.sorted(s), Current: s == d.Search.Sort,
		})
	}
	d.turn()
	d.Empty = d.empty()
	if !d.Search.Asked() {
		d.Operators = operators(p)
		if d.Recent, err = a.recentSearches(ctx, d.who); err != nil {
			return err
		}
	}
	return nil
}

func sortName(s search.Sort) string {
	if s == search.SortRelevance {
		return relevance
	}
	return string(s)
}

func (a *Area) hitLine(ctx context.Context, d *searchPage, h search.Hit) (hitLine, error) {
	line := hitLine{Hit: h, URL: urlOf(h, d.Search.origin()), Row: rowOf(h)}
	if h.Kind == search.KindTicket {
		line.CategoryLabel, line.QueueLabel = d.known.category(d.Printer, h.Category), h.Queue
		for _, q := range d.known.queues {
			if q.Name == h.Queue {
				line.QueueLabel = d.known.queue(d.Printer, q.Code)
			}
		}
		if h.Language != d.Lang {
			line.LanguageLabel = d.Printer.Find("console.language."+h.Language, h.Language)
		}
	}
	if !h.Hidden {
		return line, nil
	}
	// Few are, and which of the two it is stands in the ticket.
	t, err := a.Tickets.ByReference(ctx, h.Reference)
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		return line, err
	}
	line.Aside = t
	return line, nil
}

// turn says which part of the results the page shows, and where the others are.
func (d *searchPage) turn() {
	q, shown := d.Search, len(d.Hits)
	if shown > 0 {
		d.Pages.First, d.Pages.Last = int64(q.Offset+1), int64(q.Offset+shown)
	}
	if q.Offset > 0 {
		d.Pages.Previous = q.at(max(0, q.Offset-pageOfHits))
	}
	if next := q.Offset + pageOfHits; shown > 0 && (int64(next) < d.Results.Total || d.Results.AtLeast && shown == pageOfHits) {
		if d.Pages.End = next > search.MaxOffset; !d.Pages.End {
			d.Pages.Next = q.at(next)
		}
	}
}

// empty says why there is nothing to see and what to do.
func (d *searchPage) empty() page.Empty {
	p := d.Printer
	say := func(key string) page.Empty {
		return page.Empty{Icon: "search", Title: p.T("console.search.empty." + key + ".title"), Text: p.T("console.search.empty." + key + ".text")}
	}
	all := func(search.Condition) bool { return true }
	switch {
	case d.Away:
		return say("away")
	case !d.Search.Asked() || d.Results.Engine == search.EngineNone:
		return say("start")
	case d.Search.Offset > 0:
		e := say("past")
		e.URL, e.Action = d.Search.at(0), p.T("console.search.first_page")
		return e
	case len(d.conditions()) > 0 && d.Search.Kind == search.KindAccount:
		e := say("accounts")
		e.URL, e.Action = d.Search.without(all).url(), p.T("console.list.clear")
		return e
	case len(d.conditions()) > 0:
		e := say("filtered")
		e.URL, e.Action = d.Search.without(all).url(), p.T("console.list.clear")
		return e
	default:
		return say("none")
	}
}

// Clear is the search without its filters.
func (d *searchPage) Clear() string {
	return d.Search.without(func(search.Condition) bool { return true }).url()
}

// URL is the page's own address.
func (d *searchPage) URL() string { return d.Search.url() }

// Hidden are what the forms of the page send beside their own fields.
func (d *searchPage) Hidden() []page.Option {
	var all []page.Option
	v := d.Search.fromStart().values()
	v.Del(paramText)
	v.Del(paramListed)
	for _, name := range append([]string{paramKind, paramSort}, fieldNames()...) {
		for _, value := range v[name] {
			all = append(all, page.Option{Label: name, Value: value})
		}
	}
	return all
}

func fieldNames() []string {
	var names []string
	for _, f := range search.Fields() {
		names = append(names, string(f))
	}
	return names
}

// Lag is how long the oldest change has waited to be found.
func (d *searchPage) Lag() time.Duration {
	return time.Duration(d.Results.LagSeconds * float64(time.Second)).Round(time.Second)
}

// LagSeconds is Lag in whole seconds.
func (d *searchPage) LagSeconds() int { return int(d.Lag().Seconds()) }

// AnsweredBy names what answered: Meilisearch with its version, the built-in search, or PostgreSQL.
func (d *searchPage) AnsweredBy() string {
	switch d.Results.Server {
	case "":
		return d.Printer.Find("console.search.engine."+d.Results.Engine, d.Results.Engine)
	case search.ServerBuiltIn:
		return d.Printer.T("console.search.engine.built_in")
	}
	return d.Printer.T("console.search.engine.version", "version", d.Results.Server)
}

// Instead reports whether PostgreSQL answered in the search server's place.
func (d *searchPage) Instead() bool { return d.Results.Engine == search.EnginePostgreSQL }

// ManyWait reports whether more changes wait than are counted.
func (d *searchPage) ManyWait() bool { return d.Results.Waiting >= search.MaxWaiting }

// Cut reports whether only the beginning of the text counts.
func (d *searchPage) Cut() bool { return d.Search.Cut || d.Results.Cut }

// MaxText is how much of a text counts, in characters.
func (d *searchPage) MaxText() int { return search.MaxText }

// MaxConditions is how many filters beside the box count.
func (d *searchPage) MaxConditions() int { return maxConditions }

// CountText says how many results there are.
func (d *searchPage) CountText() string {
	if d.Results.AtLeast {
		return d.Printer.T("console.search.at_least", "count", d.Results.Total)
	}
	return d.Printer.T("console.search.total", "count", d.Results.Total)
}

// TotalText is how many there are as a number.
func (d *searchPage) TotalText() string {
	if d.Results.AtLeast {
		return d.Printer.Number(d.Results.Total) + "+"
	}
	return d.Printer.Number(d.Results.Total)
}
