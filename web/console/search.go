package console

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
)

// SearchPage looks for tickets and accounts. An identifier that means one record leads straight to it, unless the box asks
// while one types: then it is the first result and says so.
func (a *Area) SearchPage(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	values := c.Request.URL.Query()
	q, live := readSearchQuery(values), c.GetHeader("HX-Request") != ""
	if !live && (values.Get(paramSince) != "" || values.Get(paramUntil) != "") && len(q.url()) <= longestOrigin {
		c.Redirect(http.StatusSeeOther, q.url())
		return nil
	}
	if !live && q.Offset == 0 { // what is still being typed is no search yet
		a.rememberSearch(c.Request.Context(), who, q.Text)
	}
	jump, err := a.jump(c.Request.Context(), who, q)
	if err != nil {
		return err
	}
	if jump != "" && !live && !q.Listed {
		c.Redirect(http.StatusSeeOther, jump)
		return nil
	}
	data := &searchPage{Search: q, who: who, Jump: jump}
	data.Search.Listed = jump != ""
	status := http.StatusOK
	if data.Results, err = a.find(c.Request.Context(), q, q.request(who, a.Pages.Location)); failure.Is(err, failure.KindUnavailable) {
		a.Logger.Warn("search is unavailable", slog.Any("error", err))
		data.Away, status = true, http.StatusServiceUnavailable
	} else if err != nil {
		return err
	}
	if live {
		data.Frame = a.Pages.Frame(c) // the rail is not asked for
	} else if data.Frame, err = a.Frame(c, ""); err != nil {
		return err
	}
	if err := a.dressSearch(c.Request.Context(), data); err != nil {
		return err
	}
	if live {
		return a.Pages.Fragment(c, status, "console/search", "found-alone", data)
	}
	return a.Pages.HTML(c, status, "console/search", data)
}

// jump gives the address of the one record that the text means, "" for none. A search whose results were narrowed down to one
// kind, or turned over, is no way to a record.
func (a *Area) jump(ctx context.Context, who staff.Member, q searchQuery) (string, error) {
	if q.Text == "" || q.Kind != "" || q.Offset > 0 || a.Search == nil {
		return "", nil
	}
	hit, found, err := a.Search.Jump(ctx, who, q.Text)
	if err != nil && !failure.Is(err, failure.KindUnavailable) {
		return "", err
	}
	if err != nil || !found {
		return "", nil //nolint:nilerr // the page of results says that search is unavailable
	}
	return urlOf(hit, ""), nil
}

// find searches, if there is anything to look for. Errors: unavailable.
func (a *Area) find(ctx context.Context, q searchQuery, request search.Query) (search.Results, error) {
	if !q.Asked() {
		return search.Results{Engine: search.EngineNone}, nil
	}
	if a.Search == nil {
		return search.Results{}, failure.Unavailable("Search is unavailable.", nil)
	}
	return a.Search.Search(ctx, request)
}
