package meili

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// An apiError is an error as Meilisearch writes it in a response and in a
// failed task.
type apiError struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Type    string `json:"type"`
	Link    string `json:"link"`

	status int
}

func (e *apiError) Error() string { return e.Message }

const (
	typeInvalid  = "invalid_request"
	typeAuth     = "auth"
	typeInternal = "internal"
)

func newError(status int, kind, code, format string, args ...any) *apiError {
	return &apiError{
		Message: fmt.Sprintf(format, args...), Code: code, Type: kind,
		Link: "https://docs.meilisearch.com/errors#" + code, status: status,
	}
}

func invalid(code, format string, args ...any) *apiError {
	return newError(http.StatusBadRequest, typeInvalid, code, format, args...)
}

func notFound(code, format string, args ...any) *apiError {
	return newError(http.StatusNotFound, typeInvalid, code, format, args...)
}

func indexNotFound(uid string) *apiError {
	return notFound("index_not_found", "Index `%s` not found.", uid)
}

// decodeError tells what is wrong with a JSON body, in the field's own error code where the type of a known field is wrong. at is
// where what was decoded stands.
func decodeError(err error, codes, at string) *apiError {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) {
		if typeErr.Field == "" {
			return invalid("bad_request", "Invalid value type%s: expected an object, but found %s", atPlace(at), typeErr.Value)
		}
		return invalid(codes+snake(typeErr.Field), "Invalid value type at `%s.%s`: expected %s, but found %s",
			at, typeErr.Field, typeErr.Type, typeErr.Value)
	}
	if field, ok := unknownField(err); ok {
		return invalid("bad_request", "Unknown field `%s`%s", field, inside(at))
	}
	return malformed(err)
}

func atPlace(at string) string {
	if at == "" {
		return ""
	}
	return " at `" + at + "`"
}

func inside(at string) string {
	if at == "" {
		return ""
	}
	return " inside `" + at + "`"
}

func unknownField(err error) (string, bool) {
	var field string
	if n, _ := fmt.Sscanf(err.Error(), "json: unknown field %q", &field); n == 1 {
		return field, true
	}
	return "", false
}

// snake turns a JSON field's name into the form it has in error codes.
func snake(field string) string {
	out := make([]byte, 0, len(field)+4)
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case c == '.':
			return string(out)
		case 'A' <= c && c <= 'Z':
			out = append(out, '_', c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
