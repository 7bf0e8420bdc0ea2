package search_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// grant makes a key for some actions and gives its value.
func grant(t testing.TB, url string, actions []string, indexes string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"actions": actions, "indexes": []string{indexes}, "expiresAt": nil})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := tell(t, testkit.SearchMasterKey, http.MethodPost, url+"/keys", string(body))
	var made searchKey
	if err := json.Unmarshal([]byte(answer), &made); err != nil || status != http.StatusCreated {
		t.Fatalf("make a key: %d %s (%v)", status, answer, err)
	}
	return made.Key
}

func access(t testing.TB, url, key string) search.Access {
	t.Helper()
	engine, err := search.New(search.Config{URL: url, Prefix: "askwell_", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	got, err := engine.Access(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAccessTellsWhatAKeyLacksAndWhatItHasBeyond(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	everything := []string{"read keys", "make keys", "reach other indexes"}
	for _, c := range []struct {
		name, key string
		want      search.Access
	}{
		{"Askwell's", testkit.SearchKey, search.Access{}},
		{"the master key", testkit.SearchMasterKey, search.Access{Beyond: everything}},
		{"one for everything", grant(t, d.url, []string{"*"}, "*"), search.Access{Beyond: everything}},
		{"one for everything of Askwell's", grant(t, d.url, []string{"*"}, "askwell_*"), search.Access{Beyond: everything[:2]}},
		{"one for all indexes", grant(t, d.url, search.KeyActions, "*"), search.Access{Beyond: everything[2:]}},
		{"nobody's", "nobody's", search.Access{Refused: true, Lacks: search.KeyActions}},
		{"one for other indexes", grant(t, d.url, []string{"search", "documents.*"}, "payroll"), search.Access{Refused: true, Lacks: search.KeyActions}},
	} {
		if diff := cmp.Diff(c.want, access(t, d.url, c.key)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	for _, action := range search.KeyActions {
		others := slices.DeleteFunc(slices.Clone(search.KeyActions), func(a string) bool { return a == action })
		if got := access(t, d.url, grant(t, d.url, others, "askwell_*")); !slices.Equal(got.Lacks, []string{action}) || got.Refused {
			t.Errorf("without %s: %+v", action, got)
		}
	}
}

func TestAccessChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	look := func() (all []string) {
		for _, path := range []string{"/indexes", "/keys", "/tasks?limit=1000", "/indexes/askwell_tickets/settings", "/indexes/askwell_tickets/stats"} {
			_, body := tell(t, testkit.SearchMasterKey, http.MethodGet, d.url+path, "")
			all = append(all, body)
		}
		return all
	}
	before := look()
	for _, key := range []string{testkit.SearchKey, testkit.SearchMasterKey} {
		access(t, d.url, key)
	}
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("the server (-before +after):\n%s", diff)
	}
}

// A Meilisearch without a master key answers everybody, and /keys with this error (meilisearch.com/docs, "API keys"). The
// in-process server is never without one.
func TestAccessSeesAServerWithoutAMasterKey(t *testing.T) {
	t.Parallel()
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(r.URL.Path, "/keys") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"missing_master_key","type":"auth"}`))
			return
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(open.Close)
	if got := access(t, open.URL, ""); !got.Open || got.Refused || len(got.Lacks) > 0 {
		t.Errorf("it says %+v", got)
	}
	engine, err := search.New(search.Config{URL: "http://127.0.0.1:1", Prefix: "askwell_"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Access(t.Context()); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("with nobody there: %v", err)
	}
}

func TestStateCountsWhatIsHeld(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(5)
	d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	got, err := d.engine.State(t.Context())
	if err != nil || got.TooOld() || got.Version != got.Needed || got.Needed == 0 {
		t.Errorf("the state is %+v (%v)", got, err)
	}
	if diff := cmp.Diff([]search.Held{{Documents: 5, Rows: 5}, {Documents: 0, Rows: 1}}, []search.Held{got.Tickets, got.Accounts}); diff != "" {
		t.Errorf("what is held (-want +got):\n%s", diff)
	}
	for version, want := range map[string]bool{
		"1.15.0": false, "1.15.2": false, "1.16.0-rc.1": false, "2.0.0": false, "1.14.9": true, "0.30.5": true, "": false, "x": true, "1": true,
	} {
		if got := (search.State{Server: version}).TooOld(); got != want {
			t.Errorf("%q is too old: %t, want %t", version, got, want)
		}
	}
}
