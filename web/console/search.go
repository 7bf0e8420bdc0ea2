package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// searchPage is what a search found.
type searchPage struct {
	page.Frame
	Text    string // what was searched for
	Kind    string // "", ticket or account
	Kinds   []kindTab
	Results search.Results
	Hits    []hitLine
	Lag     time.Duration
	Away    bool // the search engine is away
	TooLong bool // only the beginning was searched for
	Next    string
	First   string
	Empty   page.Empty
}

type kindTab struct {
	Label, URL string
	Current    bool
}

type hitLine struct {
	search.Hit
	URL           string
	CategoryLabel string
	Aside         ticket.Ticket // when it is in quarantine or counts in no figure
}

const (
	searchPath = "/console/search"
	pageOfHits = 25
	maxOffset  = 975 // Meilisearch answers no more than its first thousand
	// maxQuery is the longest text that is searched for, in characters; the rest is left out, and the page says so.
	maxQuery = 400
)

// SearchPage looks for tickets and accounts. An identifier that means one record leads straight to it.
func (a *Area) SearchPage(c *gin.Context) error {
	ctx := c.Request.Context()
	text, tooLong := queryText(c.Query("q"))
	who, err := me(c)
	if err != nil {
		return err
	}
	query := search.Query{For: who, Text: text, Kind: kindOf(c.Query("kind")), Offset: offsetOf(c.Query("from")), Limit: pageOfHits}
	data := &searchPage{Text: text, Kind: query.Kind, TooLong: tooLong}
	if text != "" && a.Search != nil {
		if query.Kind == "" && query.Offset == 0 {
			hit, found, err := a.Search.Jump(ctx, who, text)
			if err != nil && !failure.Is(err, failure.KindUnavailable) {
				return err
			}
			if found {
				c.Redirect(http.StatusSeeOther, urlOf(hit))
				return nil
			}
		}
	}
	if text != "" {
		if data.Results, err = a.find(ctx, query); failure.Is(err, failure.KindUnavailable) {
			a.Logger.Warn("search is away", slog.Any("error", err))
			data.Away, data.Results = true, search.Results{}
		} else if err != nil {
			return err
		}
	}
	if data.Frame, err = a.Frame(c, ""); err != nil {
		return err
	}
	if err := a.dressSearch(ctx, data, query); err != nil {
		return err
	}
	status := http.StatusOK
	if data.Away {
		status = http.StatusServiceUnavailable
	}
	return a.Pages.HTML(c, status, "console/search", data)
}

func (a *Area) find(ctx context.Context, q search.Query) (search.Results, error) {
	if a.Search == nil {
		return search.Results{}, failure.Unavailable("Search is away.", nil)
	}
	return a.Search.Search(ctx, q)
}

// queryText cuts what cannot have been meant: control characters, invalid bytes and anything past maxQuery.
func queryText(q string) (text string, cut bool) {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(q, "\x00", " "), " ")), " ")
	if utf8.RuneCountInString(text) <= maxQuery {
		return text, false
	}
	return strings.TrimSpace(string([]rune(text)[:maxQuery])), true
}

func kindOf(s string) string {
	if s == search.KindTicket || s == search.KindAccount {
		return s
	}
	return ""
}

func offsetOf(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, maxOffset)
}

func urlOf(h search.Hit) string {
	if h.Kind == search.KindAccount {
		return accountsPath + url.PathEscape(h.Number)
	}
	return ticketsPath + "/" + url.PathEscape(h.Reference)
}

func searchURL(q search.Query) string {
	v := url.Values{"q": {q.Text}}
	if q.Kind != "" {
		v.Set("kind", q.Kind)
	}
	if q.Offset > 0 {
		v.Set("from", strconv.Itoa(q.Offset))
	}
	return searchPath + "?" + v.Encode()
}

// dressSearch adds the words and links of the page.
func (a *Area) dressSearch(ctx context.Context, d *searchPage, q search.Query) error {
	p := d.Printer
	d.Query, d.Title = d.Text, p.T("console.search.title")
	d.Lag = time.Duration(d.Results.LagSeconds * float64(time.Second)).Round(time.Second)
	known, err := a.known(ctx)
	if err != nil {
		return err
	}
	for _, h := range d.Results.Hits {
		line := hitLine{Hit: h, URL: urlOf(h)}
		if h.Kind == search.KindTicket {
			line.CategoryLabel = known.category(p, h.Category)
		}
		if h.Hidden { // few are, and which of the two it is stands in the ticket
			if line.Aside, err = a.Tickets.ByReference(ctx, h.Reference); err != nil && !failure.Is(err, failure.KindNotFound) {
				return err
			}
		}
		d.Hits = append(d.Hits, line)
	}
	for _, kind := range []string{"", search.KindTicket, search.KindAccount} {
		d.Kinds = append(d.Kinds, kindTab{
			Label: p.T("console.search.kind." + map[string]string{"": "all"}[kind] + kind), Current: kind == d.Kind,
			URL: searchURL(search.Query{Text: d.Text, Kind: kind}),
		})
	}
	if next := q.Offset + pageOfHits; int64(next) < d.Results.Total && next <= maxOffset && len(d.Hits) == pageOfHits {
		d.Next = searchURL(search.Query{Text: d.Text, Kind: d.Kind, Offset: next})
	}
	if q.Offset > 0 {
		d.First = searchURL(search.Query{Text: d.Text, Kind: d.Kind})
	}
	key := "none"
	switch {
	case d.Text == "":
		key = "start"
	case d.Away:
		key = "away"
	}
	d.Empty = page.Empty{Icon: "search", Title: p.T("console.search.empty." + key + ".title"), Text: p.T("console.search.empty." + key + ".text")}
	return nil
}

// LagSeconds is how far the index is behind, in whole seconds.
func (d *searchPage) LagSeconds() int { return int(d.Lag.Seconds()) }

// searchAnswer is the search in JSON.
type searchAnswer struct {
	Engine          string      `json:"engine"`
	TookMS          int64       `json:"took_ms"`
	IndexLagSeconds float64     `json:"index_lag_seconds"`
	Total           int64       `json:"total"`
	Hits            []hitAnswer `json:"hits"`
}

// hitAnswer is a hit whose excerpt is plain text: a program marks what it likes.
type hitAnswer struct {
	search.Hit
	Excerpt string `json:"excerpt"`
}

func hitAnswers(hits []search.Hit) []hitAnswer {
	answers := make([]hitAnswer, len(hits))
	for i, h := range hits {
		var text strings.Builder
		for _, span := range h.Excerpt {
			text.WriteString(span.Text)
		}
		answers[i] = hitAnswer{Hit: h, Excerpt: text.String()}
	}
	return answers
}

// SearchJSON is the same search for programs: q, kind, from and limit.
func (a *Area) SearchJSON(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	text, _ := queryText(c.Query("q"))
	answer := searchAnswer{Engine: "none", Hits: []hitAnswer{}}
	if text != "" {
		limit, err := strconv.Atoi(c.Query("limit"))
		if err != nil || limit < 1 || limit > 100 {
			limit = pageOfHits
		}
		found, err := a.find(c.Request.Context(), search.Query{
			For: who, Text: text, Kind: kindOf(c.Query("kind")), Offset: offsetOf(c.Query("from")), Limit: limit,
		})
		if err != nil {
			return err
		}
		answer = searchAnswer{Engine: found.Engine, TookMS: found.TookMS, IndexLagSeconds: found.LagSeconds, Total: found.Total, Hits: hitAnswers(found.Hits)}
	}
	c.JSON(http.StatusOK, answer)
	return nil
}
