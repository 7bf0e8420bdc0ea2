package portal_test

import (
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
