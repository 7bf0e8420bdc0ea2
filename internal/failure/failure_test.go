package failure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/failure"
)

func TestKindAndTextThroughWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("duplicate key value (email)=(ana@mail.example)")
	err := fmt.Errorf("assign ticket ASK-2222-2226: %w", failure.New(failure.KindConflict, "Somebody was quicker.", cause))
	if !failure.Is(err, failure.KindConflict) || !errors.Is(err, cause) {
		t.Errorf("kind %q, cause found: %v", failure.KindOf(err), errors.Is(err, cause))
	}
	if got := failure.Text(err, "other"); got != "Somebody was quicker." {
		t.Errorf("a person reads %q", got)
	}
	if !strings.Contains(err.Error(), "duplicate key") {
		t.Errorf("the log reads %q, without the cause", err)
	}
}

func TestAnUnknownErrorSaysNothing(t *testing.T) {
	t.Parallel()
	err := errors.New("dial tcp 10.0.0.1: secret")
	if got := failure.Text(err, "Something went wrong."); got != "Something went wrong." {
		t.Errorf("a person reads %q", got)
	}
	if failure.KindOf(err) != failure.KindInternal || failure.KindOf(nil) != "" {
		t.Errorf("kinds are %q and %q", failure.KindOf(err), failure.KindOf(nil))
	}
}

func TestInvalidFields(t *testing.T) {
	t.Parallel()
	if failure.InvalidFields() != nil {
		t.Error("no fields are a failure")
	}
	err := failure.InvalidFields(failure.Field{Name: "name", Code: "missing", Text: "Enter your name."}, failure.Field{Name: "email", Code: "invalid"})
	if got := failure.FieldsOf(fmt.Errorf("open: %w", err)); len(got) != 2 || got[1].Code != "invalid" {
		t.Errorf("fields are %v", got)
	}
}
