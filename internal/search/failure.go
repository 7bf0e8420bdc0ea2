package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
)

// meiliError is what may be logged of an error of the client, whose own text quotes the request: words that somebody
// searched for, or whole documents.
type meiliError struct {
	function, code string
	status         int
	cause          error
}

func (e *meiliError) Error() string {
	text := "meilisearch " + e.function
	if e.status != 0 {
		text += fmt.Sprintf(" answered %d %s", e.status, e.code)
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *meiliError) Unwrap() error { return e.cause }

// failed translates an error of the client: unavailable when the same call may succeed later.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	var client *meilisearch.Error
	if !errors.As(err, &client) {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s: %w", what, failure.Unavailable("Search is unavailable.", err))
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	safe := &meiliError{
		function: client.Function, status: client.StatusCode, code: client.MeilisearchApiError.Code, cause: client.OriginError,
	}
	switch {
	case client.StatusCode == http.StatusUnauthorized, client.StatusCode == http.StatusForbidden: // a person can mend it while the tasks wait
		return fmt.Errorf("%s: %w", what, failure.Unavailable("Meilisearch refuses the search key.", safe))
	case away(client):
		return fmt.Errorf("%s: %w", what, failure.Unavailable("Search is unavailable.", safe))
	}
	return fmt.Errorf("%s: %w", what, safe)
}

// refused reports whether Meilisearch does not take a request of ours: the fault is in the request, and says nothing of how the server is.
func refused(err error) bool {
	var m *meiliError
	return errors.As(err, &m) && m.status >= 400 && m.status < 500 && failure.KindOf(err) != failure.KindUnavailable
}

// away: no answer at all, one that is no JSON of Meilisearch's, a server that is starting or full, or an index that Ensure has
// not made yet.
func away(err *meilisearch.Error) bool {
	switch err.StatusCode {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return err.StatusCode >= 500 || err.MeilisearchApiError.Code == "index_not_found" ||
		err.ErrCode == meilisearch.ErrCodeResponseUnmarshalBody
}
