package identifier_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/identifier"
)

// TestNewCode draws with bytes whose place in "23456789ABCDEFGHJKLMNPRSTUVWXY" is counted by hand: 240 and more are thrown away.
func TestNewCode(t *testing.T) {
	t.Parallel()
	got, err := identifier.NewCode(strings.NewReader("\x00\x1d\xf0\xff\x08\x1e\xef"), 5)
	if err != nil || got != "2YA2Y" {
		t.Errorf("got %q, %v, want 2YA2Y", got, err)
	}
	if _, err := identifier.NewCode(strings.NewReader("\x00\xff"), 2); err == nil {
		t.Error("a source that runs dry gives a code")
	}
}
