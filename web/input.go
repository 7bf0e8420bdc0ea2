package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/form"
)

// errUnreadable is for what no browser of ours sends.
var errUnreadable = errors.New("the request cannot be read")

// readable refuses addresses that are no text, and reads the form of a small route before anything else is done: what is too long, too
// slow or broken is said as such, and every handler sees text without NUL, which PostgreSQL cannot keep. Forms with files are read as they
// arrive, by their handler (web/form).
func (s *site) readable(c *gin.Context) {
	if err := s.read(c); err != nil {
		_ = c.Error(err)
		c.Abort()
		return
	}
	c.Next()
}

func (s *site) read(c *gin.Context) error {
	if !isText(c.Request.URL.Path) || !queryIsText(c.Request.URL.RawQuery) {
		return errUnreadable
	}
	if c.Request.Method != http.MethodPost || c.Request.Body == nil || streams(c.FullPath()) {
		return nil
	}
	return readForm(c.Request)
}

// isText reports whether s can be kept and shown.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// queryIsText looks at each name and value by itself: what one of them encodes wrongly is left out by url.ParseQuery, with a good one.
func queryIsText(raw string) bool {
	values, _ := url.ParseQuery(raw) // a percent sign that encodes nothing is no reason to lose the rest
	for name, list := range values {
		for _, value := range append(list, name) {
			if !isText(value) {
				return false
			}
		}
	}
	return true
}

// readForm reads a form without files into PostForm, for the handlers' c.PostForm. Errors: too large, slow, unreadable.
func readForm(r *http.Request) error {
	err := form.Parse(r)
	if err == nil {
		err = r.ParseMultipartForm(megabyte)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, http.ErrNotMultipart):
	case errors.As(err, &tooLarge), failure.Is(err, failure.KindTooSlow):
		return err
	default:
		return failure.New(failure.KindInvalid, "The form could not be read.", errors.Join(errUnreadable, err))
	}
	for _, values := range []url.Values{r.Form, r.PostForm} {
		makeText(values)
	}
	if r.MultipartForm != nil {
		makeText(r.MultipartForm.Value)
	}
	return nil
}

// makeText drops NUL, which shows nothing, and puts U+FFFD in the place of bytes that are no UTF-8: nothing else that was typed is lost.
func makeText(values url.Values) {
	for _, list := range values {
		for i, value := range list {
			if !isText(value) {
				list[i] = strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\x00", "")
			}
		}
	}
}
