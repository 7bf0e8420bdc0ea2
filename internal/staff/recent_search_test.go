package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
)

func TestRecentSearches(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := map[string]int64{}
	for _, name := range []string{"ada", "ben"} {
		m, err := d.store.ByEmail(t.Context(), name+"@arrivals.example")
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = m.ID
	}
	search := func(name, text string) {
		t.Helper()
		d.advance(time.Minute)
		if err := d.store.RememberSearch(t.Context(), ids[name], text, d.now()); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(what, name string, since time.Time, want ...string) {
		t.Helper()
		got, err := d.store.Searches(t.Context(), ids[name], since)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	holds("before the first", "ada", time.Time{})
	for i := 1; i <= 12; i++ {
		search("ada", fmt.Sprint("search ", i))
	}
	search("ben", "fingerprint appointment")
	var latest []string
	for i := 12; i > 2; i-- {
		latest = append(latest, fmt.Sprint("search ", i))
	}
	holds("the last ten", "ada", time.Time{}, latest...)
	search("ada", "SEARCH 5")
	again := append([]string{"SEARCH 5"}, latest[:7]...)
	holds("the same again comes first", "ada", time.Time{}, append(again, latest[8:]...)...)
	holds("another's are another's", "ben", time.Time{}, "fingerprint appointment")
	holds("what is older", "ada", d.now().Add(-time.Second), "SEARCH 5")

	if err := d.store.ForgetSearch(t.Context(), ids["ada"], "search 5"); err != nil {
		t.Fatal(err)
	}
	if err := d.store.ForgetSearch(t.Context(), ids["ben"], "search 12"); err != nil {
		t.Fatal(err)
	}
	holds("without the one that is forgotten", "ada", time.Time{}, append(append([]string{}, latest[:7]...), latest[8:]...)...)
	if err := d.store.ForgetSearches(t.Context(), ids["ada"]); err != nil {
		t.Fatal(err)
	}
	holds("when all are forgotten", "ada", time.Time{})
	holds("and no other's", "ben", time.Time{}, "fingerprint appointment")

	search("ben", strings.Repeat("é", 400))
	secret := strings.Repeat("Amara ", 80)
	err := d.store.RememberSearch(t.Context(), ids["ben"], secret, d.now())
	if err == nil || strings.Contains(err.Error(), "Amara") {
		t.Errorf("a text that is too long gives %v, want an error that does not hold the text", err)
	}
	if staff.RecentSearches != 10 || staff.SearchesKept != 720*time.Hour {
		t.Error("the last ten are kept for thirty days")
	}
}
