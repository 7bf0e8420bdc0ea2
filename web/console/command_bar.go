package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
)

// barHits is how many hits the command bar shows.
const barHits = 8

// commandHits is what a search finds first.
type commandHits struct {
	search.Results
	Lines []commandHit
}

type commandHit struct {
	search.Hit
	URL string
}

// SearchHits gives the command bar the first hits, as options of its list. It says what answered when that was not
// Meilisearch, and remembers nothing: who opens a hit has searched (RecentSearchAdd).
func (a *Area) SearchHits(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	var data commandHits
	if a.Search == nil {
		return failure.Unavailable("Search is unavailable.", nil)
	}
	if text := searchText(c.Query("q")); text != "" {
		data.Results, err = a.Search.Search(c.Request.Context(), search.Query{For: who, Text: text, Limit: barHits, Location: a.Pages.Location})
		if err != nil {
			return err
		}
	}
	for _, h := range data.Hits {
		data.Lines = append(data.Lines, commandHit{h, urlOf(h, "")})
	}
	return a.Pages.Fragment(c, http.StatusOK, "console/search", "command-hits", data)
}
