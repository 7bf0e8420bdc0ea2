// Package failure names the kinds of error that a caller can act on, with text that a person may read.
package failure

import (
	"errors"
	"strings"
)

// Kind says what went wrong in terms of what the caller can do about it.
type Kind string

// The kinds, and the HTTP status that the web answers for each.
const (
	KindInternal     Kind = "internal"        // 500: a mistake of ours; the text is never shown
	KindInvalid      Kind = "invalid"         // 422: the caller can mend the input
	KindUnsigned     Kind = "unauthenticated" // 401: sign in first
	KindForbidden    Kind = "forbidden"       // 403: signed in, but not allowed
	KindNotFound     Kind = "not_found"       // 404
	KindConflict     Kind = "conflict"        // 409: somebody else was quicker
	KindTooSlow      Kind = "too_slow"        // 408: the request did not arrive in its time
	KindTooLarge     Kind = "too_large"       // 413
	KindTooManyTries Kind = "too_many_tries"  // 429: try again later
	KindUnavailable  Kind = "unavailable"     // 503: a dependency is unavailable; the same request may succeed later
)

// Error is a failure of a known kind. Text may be read by whoever made the request; the cause goes to the log only.
type Error struct {
	Kind   Kind
	Text   string
	Fields []Field
	cause  error
}

// Field says what is wrong with one field of a form. Code is stable and names a message ("error.<name>.<code>");
// Text is the same in plain English.
type Field struct {
	Name, Code, Text string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Text)
	for _, f := range e.Fields {
		b.WriteString(" [" + f.Name + ": " + f.Code + "]")
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// New makes a failure of a kind; cause may be nil.
func New(kind Kind, text string, cause error) error {
	return &Error{Kind: kind, Text: text, cause: cause}
}

// Invalid says that one field cannot be accepted, in words that its writer may read.
func Invalid(field, code, text string) error {
	return InvalidFields(Field{Name: field, Code: code, Text: text})
}

// InvalidFields is Invalid for a whole form. Without fields it is nil.
func InvalidFields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Text: fields[0].Text, Fields: fields}
}

// NotFound says that the thing named does not exist, or that the caller may not know that it does.
func NotFound(text string) error { return New(KindNotFound, text, nil) }

// Conflict says that what the caller saw is no longer so.
func Conflict(text string) error { return New(KindConflict, text, nil) }

// Forbidden says that the caller's role does not allow this.
func Forbidden(text string) error { return New(KindForbidden, text, nil) }

// Unavailable says that a dependency is unavailable; cause names it.
func Unavailable(text string, cause error) error { return New(KindUnavailable, text, cause) }

// KindOf gives the kind of the first Error in err's chain, KindInternal when there is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// Is reports whether err is a failure of this kind.
func Is(err error, kind Kind) bool { return KindOf(err) == kind }

// Text gives what a person may read of err: the text of the first Error in its chain, else the fallback.
func Text(err error, fallback string) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != KindInternal && e.Text != "" {
		return e.Text
	}
	return fallback
}

// FieldsOf gives the fields of the first Error in err's chain.
func FieldsOf(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}
