package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
)

// Handler answers a request or says why it cannot.
type Handler = func(*gin.Context) error

// handle leaves a handler's error to answerFailures. A middleware does the same: c.Error(err) and c.Abort().
func handle(fn Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := fn(c); err != nil {
			_ = c.Error(err)
			c.Abort()
		}
	}
}

// errMethod is for an address that exists and a method that it does not take.
var errMethod = errors.New("the method is not allowed here")

// answers is the one table from a failure to a status. The page's words are the messages error.<status>.*.
var answers = map[failure.Kind]int{
	failure.KindInternal:     http.StatusInternalServerError,
	failure.KindInvalid:      http.StatusUnprocessableEntity,
	failure.KindUnsigned:     http.StatusUnauthorized,
	failure.KindForbidden:    http.StatusForbidden,
	failure.KindNotFound:     http.StatusNotFound,
	failure.KindConflict:     http.StatusConflict,
	failure.KindTooSlow:      http.StatusRequestTimeout,
	failure.KindTooLarge:     http.StatusRequestEntityTooLarge,
	failure.KindTooManyTries: http.StatusTooManyRequests,
	failure.KindUnavailable:  http.StatusServiceUnavailable,
}

// statusOf gives the status that answers err.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errUnreadable):
		return http.StatusBadRequest
	}
	return answers[failure.KindOf(err)]
}

// answerFailures turns the error of a handler or of a middleware into its answer.
func (s *site) answerFailures(c *gin.Context) {
	c.Next()
	if len(c.Errors) > 0 {
		s.answer(c, c.Errors.Last().Err)
	}
}

func (s *site) answer(c *gin.Context, err error) {
	err = postgres.Failure(err) // of whoever asked the driver itself
	status := statusOf(err)
	s.logFailure(c, status, err)
	if c.Writer.Written() {
		return // the handler answered and failed afterwards
	}
	if status == http.StatusServiceUnavailable && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "30")
	}
	if wantsJSON(c) {
		c.JSON(status, gin.H{"error": gin.H{
			"status": status, "kind": failure.KindOf(err), "text": failure.Text(err, http.StatusText(status)), "fields": failure.FieldsOf(err),
		}})
		return
	}
	if renderErr := s.failurePage(c, status, err); renderErr != nil {
		s.Logger.Error("render the error page", slog.Any("error", renderErr))
		c.String(status, http.StatusText(status))
	}
}

// logFailure logs what is ours to mend. What a reader did wrong is in the request's line already.
func (s *site) logFailure(c *gin.Context, status int, err error) {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, limit.ErrFull): // the second is counted as a request with status 503
	case status == http.StatusInternalServerError:
		s.Logger.Error("request failed", slog.String("id", requestID(c)), slog.String("route", c.FullPath()), slog.Any("error", err))
	case status == http.StatusServiceUnavailable:
		s.Logger.Warn("dependency unavailable", slog.String("id", requestID(c)), slog.String("route", c.FullPath()), slog.Any("error", err))
	}
}

// wantsJSON reports whether the route answers programs.
func wantsJSON(c *gin.Context) bool { return path.Ext(c.Request.URL.Path) == ".json" }

// failurePageData says what happened and what to do. Text is in the failure's own words, for staff.
type failurePageData struct {
	page.Frame
	Key     string // the messages are error_page.<Key>.*
	Text    string
	Request string // a number to quote, on pages that tell of a mistake of ours
	Instead string // the address to go to instead
}

// failurePage renders the page in the look of the part of the site that the address belongs to.
func (s *site) failurePage(c *gin.Context, status int, err error) error {
	key := strconv.Itoa(status)
	name, data := "errors/error", failurePageData{Key: key}
	if underConsole(c) {
		name, data.Text = "ops/error", failure.Text(err, "")
		data.Frame = s.consoleFrame(c, status)
	} else {
		data.Frame = s.Pages.Frame(c)
	}
	if status == http.StatusInternalServerError {
		data.Request = requestID(c)
	}
	if errors.Is(err, errInsecure) {
		data.Key, data.Text, data.Instead = "insecure", "", s.Settings.BaseURL.String()+c.Request.URL.EscapedPath()
	}
	if !data.Printer.Has("error_page." + key + ".title") {
		data.Key = "500"
	}
	data.Title = data.Printer.T("error_page." + data.Key + ".title")
	data.Error = true
	return s.Pages.HTML(c, status, name, data)
}

// consoleFrame gives a signed-in member the console around the page, also where no route matched and so nobody looked who
// asks. When something is broken it asks the database nothing more.
func (s *site) consoleFrame(c *gin.Context, status int) page.Frame {
	if status < http.StatusInternalServerError {
		if _, known := s.sessions.Member(c); !known {
			_ = s.sessions.Load(c) // without a session the page is that of nobody in particular
		}
		if frame, err := s.console.Frame(c, ""); err == nil {
			return frame
		}
	}
	return s.Pages.Frame(c)
}

func underConsole(c *gin.Context) bool {
	return c.Request.URL.Path == "/console" || strings.HasPrefix(c.Request.URL.Path, "/console/")
}
