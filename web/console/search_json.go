package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/search"
)

// searchAnswer is the search in JSON.
type searchAnswer struct {
	Engine          string                         `json:"engine"` // exact, meilisearch, postgresql or none
	Why             string                         `json:"why"`    // PostgreSQL answered: away, slow or settings
	TookMS          int64                          `json:"took_ms"`
	IndexLagSeconds float64                        `json:"index_lag_seconds"`
	Waiting         int64                          `json:"waiting"` // changes that are not in the index yet
	Total           int64                          `json:"total"`
	AtLeast         bool                           `json:"at_least"` // total and counts are lower bounds
	Partial         bool                           `json:"partial"`  // no record holds every word; these hold some
	Hits            []hitAnswer                    `json:"hits"`
	Facets          map[search.Field][]facetAnswer `json:"facets"`
	Problems        []problemAnswer                `json:"problems"`
}

// hitAnswer is a hit whose excerpt is plain text: a program marks what it likes.
type hitAnswer struct {
	search.Hit
	Excerpt string `json:"excerpt"`
	URL     string `json:"url"`
}

// facetAnswer is a value and how many tickets have it, those with the most first.
type facetAnswer struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// problemAnswer is what was left out of account.
type problemAnswer struct {
	Field   string `json:"field"`
	Value   string `json:"value"`
	Code    string `json:"code"`
	Text    string `json:"text"`
	Nearest string `json:"nearest,omitempty"`
}

// SearchJSON is the same search for programs, with the page's parameters, limit (1 to 100) and facets=0 for an answer without
// counts.
func (a *Area) SearchJSON(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	values := c.Request.URL.Query()
	q := readSearchQuery(values)
	request := q.request(who, a.Pages.Location)
	request.Limit = pageOfHits
	if values.Get("limit") != "" {
		request.Limit = q.number("limit", values.Get("limit"), 1, 100)
	}
	request.Facets = values.Get("facets") != "0"
	d := &searchPage{Search: q, who: who}
	d.Printer = a.Pages.Printer(c)
	if d.Results, err = a.find(c.Request.Context(), q, request); err != nil {
		return err
	}
	if d.known, err = a.known(c.Request.Context()); err != nil {
		return err
	}
	c.JSON(http.StatusOK, d.answer())
	return nil
}

func (d *searchPage) answer() searchAnswer {
	r := d.Results
	answer := searchAnswer{
		Engine: r.Engine, Why: r.Why, TookMS: r.TookMS, IndexLagSeconds: r.LagSeconds, Waiting: r.Waiting, Total: r.Total, AtLeast: r.AtLeast,
		Partial: r.Partial,
		Hits:    []hitAnswer{}, Facets: map[search.Field][]facetAnswer{}, Problems: []problemAnswer{},
	}
	for _, h := range r.Hits {
		var text strings.Builder
		for _, span := range h.Excerpt {
			text.WriteString(span.Text)
		}
		answer.Hits = append(answer.Hits, hitAnswer{Hit: h, Excerpt: text.String(), URL: urlOf(h, "")})
	}
	for field, counts := range r.Facets {
		values := []facetAnswer{}
		for value, n := range counts {
			values = append(values, facetAnswer{value, n})
		}
		slices.SortFunc(values, func(a, b facetAnswer) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
		})
		answer.Facets[field] = values
	}
	for _, p := range d.problems() {
		answer.Problems = append(answer.Problems, problemAnswer{string(p.Field), p.Value, p.Code, p.Text, p.Nearest})
	}
	return answer
}
