package console

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
)

// rememberSearch keeps what a member searched for. A search that was not kept has been answered all the same. The text may name
// an applicant: it stands in no log.
func (a *Area) rememberSearch(ctx context.Context, member staff.Member, text string) {
	text = searchText(text)
	if _, kinds := identifier.MaskSensitive(text); text == "" || len(kinds) > 0 {
		return // a number that is kept nowhere else is not kept here
	}
	if err := a.staff.RememberSearch(ctx, member.ID, text, a.Now()); err != nil {
		a.Logger.Warn("a search is not remembered", slog.Any("error", err))
	}
}

// recentSearches gives what a member searched for, the latest first.
func (a *Area) recentSearches(ctx context.Context, member staff.Member) ([]string, error) {
	return a.staff.Searches(ctx, member.ID, a.Now().Add(-staff.SearchesKept))
}

// searchText is a text as it is searched for: one line of at most search.MaxText characters.
func searchText(typed string) string {
	typed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(typed, " "))
	text := []rune(strings.Join(strings.Fields(typed), " "))
	return strings.TrimSpace(string(text[:min(len(text), search.MaxText)]))
}

// RecentSearchList gives the member's searches to the page's script, as a list of texts.
func (a *Area) RecentSearchList(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	texts, err := a.recentSearches(c.Request.Context(), who)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, texts)
	return nil
}

// RecentSearchAdd remembers the search, the field text, whose hit is being opened without the page of hits.
func (a *Area) RecentSearchAdd(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	a.rememberSearch(c.Request.Context(), who, c.PostForm("text"))
	c.Redirect(http.StatusSeeOther, searchPath)
	return nil
}

// RecentSearchRemove forgets the search of the field text.
func (a *Area) RecentSearchRemove(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	if err := a.staff.ForgetSearch(c.Request.Context(), who.ID, searchText(c.PostForm("text"))); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, searchPath)
	return nil
}

// RecentSearchClear forgets all of the member's searches.
func (a *Area) RecentSearchClear(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	if err := a.staff.ForgetSearches(c.Request.Context(), who.ID); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, searchPath)
	return nil
}
