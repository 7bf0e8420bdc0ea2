package search_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// tell sends a request to the search server with a key and gives the status and the body.
func tell(t testing.TB, key, method, address, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

type searchKey struct {
	UID, Key         string
	Actions, Indexes []string
}

// keys lists Askwell's keys on a server.
func keys(t testing.TB, url string) []searchKey {
	t.Helper()
	_, body := tell(t, testkit.SearchMasterKey, http.MethodGet, url+"/keys?limit=100", "")
	var all struct {
		Results []struct {
			searchKey
			Name string
		}
	}
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatal(err)
	}
	var ours []searchKey
	for _, k := range all.Results {
		if k.Name == "Askwell" {
			ours = append(ours, k.searchKey)
		}
	}
	return ours
}

// The uid and the value come from Python's uuid and from openssl dgst -sha256 -hmac.
const (
	keyUID   = "979141c9-e6f7-5fb2-9bd3-14aeb593741d"
	keyValue = "ef3046c9232520a54d240dc644db02488d1f609506feb2c10878ed1861781545"
)

func TestGrantKeyMakesOneKeyHoweverOftenItIsCalled(t *testing.T) {
	t.Parallel()
	url := testkit.Search(t).URL() // which has called it once
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			key, err := search.GrantKey(t.Context(), url, testkit.SearchMasterKey, "")
			if err != nil || key != keyValue {
				t.Errorf("the key is %q (%v), want %q", key, err, keyValue)
			}
		})
	}
	all.Wait()
	got := keys(t, url)
	if len(got) != 1 || got[0].UID != keyUID || got[0].Key != keyValue || !slices.Equal(got[0].Indexes, []string{"askwell_*"}) {
		t.Errorf("the server has %+v", got)
	}
	for _, action := range got[0].Actions {
		if strings.Contains(action, "*") || strings.HasPrefix(action, "keys.") {
			t.Errorf("the key may do %s", action)
		}
	}
}

func TestGrantKeyMendsAKeyOfAnotherScope(t *testing.T) {
	t.Parallel()
	url := testkit.Search(t).URL()
	want := keys(t, url)
	if status, body := tell(t, testkit.SearchMasterKey, http.MethodDelete, url+"/keys/"+keyUID, ""); status != http.StatusNoContent {
		t.Fatalf("take the key away: %d %s", status, body)
	}
	status, body := tell(t, testkit.SearchMasterKey, http.MethodPost, url+"/keys",
		`{"name":"Askwell","uid":"`+keyUID+`","actions":["*"],"indexes":["*"],"expiresAt":null}`)
	if status != http.StatusCreated {
		t.Fatalf("make another: %d %s", status, body)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if key, err := search.GrantKey(t.Context(), url, testkit.SearchMasterKey, ""); err != nil || key != keyValue {
				t.Errorf("the key is %q (%v)", key, err)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(want, keys(t, url)); diff != "" {
		t.Errorf("the keys (-want +got):\n%s", diff)
	}
}

func TestGrantKeySaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	url := testkit.Search(t).URL()
	if _, err := search.GrantKey(t.Context(), url, "another master key", ""); !failure.Is(err, failure.KindForbidden) {
		t.Errorf("with another master key: %v", err)
	}
	if _, err := search.GrantKey(t.Context(), "http://127.0.0.1:1", testkit.SearchMasterKey, ""); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("with nobody there: %v", err)
	}
}

func TestTheKeyOpensAskwellsIndexesAlone(t *testing.T) {
	t.Parallel()
	url := testkit.Search(t).URL()
	for _, uid := range []string{"askwell_tickets", "payroll"} {
		tell(t, testkit.SearchMasterKey, http.MethodPost, url+"/indexes", `{"uid":"`+uid+`","primaryKey":"id"}`)
	}
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, "/keys", ""},
		{http.MethodPost, "/keys", `{"actions":["*"],"indexes":["*"],"expiresAt":null}`},
		{http.MethodDelete, "/keys/" + keyUID, ""},
		{http.MethodPost, "/indexes/payroll/search", `{}`},
		{http.MethodPost, "/multi-search", `{"queries":[{"indexUid":"askwell_tickets"},{"indexUid":"payroll"}]}`},
		{http.MethodPost, "/indexes", `{"uid":"mine"}`},
		{http.MethodPost, "/swap-indexes", `[{"indexes":["askwell_tickets","payroll"]}]`},
		{http.MethodDelete, "/tasks?statuses=succeeded", ""},
		{http.MethodPost, "/dumps", ""},
	} {
		if status, body := tell(t, testkit.SearchKey, c.method, url+c.path, c.body); status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s, want 403", c.method, c.path, status, body)
		}
	}
}
