package factor_test

import (
	"net/url"
	"testing"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
)

// TestPasskeysWork: browsers offer passkeys in a secure context alone, and for a domain, never for a number (WebAuthn Level 3, 5.1.3).
func TestPasskeysWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for address, want := range map[string]bool{
		"https://help.arrivals.example": true, "http://localhost:8080": true,
		"http://help.arrivals.example": false, "https://192.0.2.7": false, "http://[::1]:8080": false,
	} {
		at, err := url.Parse(address)
		d.must(err)
		factors, err := factor.New(factor.Config{DB: d.db, Keys: [][]byte{[]byte(firstKey)}, BaseURL: at, Agency: "Bureau of Arrivals"})
		if err != nil {
			t.Errorf("%s: the desk does not start: %v", address, err)
			continue
		}
		_, err = factors.BeginPasskey(t.Context(), d.ada.AccountID)
		if factors.PasskeysWork() != want || want && err != nil || !want && kindOf(err) != failure.KindConflict {
			t.Errorf("%s: works %v, want %v; %v", address, factors.PasskeysWork(), want, err)
		}
	}
}
