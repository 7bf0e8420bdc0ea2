package search_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// The desk's key may not ask for the server's version: it is known as GrantKey recorded it, and a server whose version nobody recorded works all the same.
func TestTheServersVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, body := tell(t, testkit.SearchMasterKey, http.MethodGet, d.url+"/version", "")
	if status, _ := tell(t, testkit.SearchKey, http.MethodGet, d.url+"/version", ""); status != http.StatusForbidden {
		t.Fatalf("the desk's key may ask for the version: %d", status)
	}
	state, err := d.engine.State(t.Context()) // Prepare has waited for tasks that came after the record's
	if err != nil || state.Server == "" || !strings.Contains(body, `"pkgVersion":"`+state.Server+`"`) {
		t.Errorf("the version is said to be %q, and is %s (%v)", state.Server, body, err)
	}
	d.tell(http.MethodDelete, "/indexes/askwell_server", "")
	state, err = d.engine.State(t.Context())
	if err != nil || state.Server != "" || state.TooOld() || state.Version != state.Needed {
		t.Errorf("without a record: %+v, %v", state, err)
	}
}

// A refusal of Meilisearch is told in its words; it is not called unavailable.
func TestARefusedKeyIsTold(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"not found","code":"api_key_not_found","type":"invalid_request"}`)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"The action is too much.","code":"index_scoped_api_key_with_global_action","type":"invalid_request"}`)
	}))
	t.Cleanup(server.Close)
	_, err := search.GrantKey(t.Context(), server.URL, "master", "")
	const want = "Meilisearch answers 400 index_scoped_api_key_with_global_action: The action is too much."
	if !failure.Is(err, failure.KindInvalid) || failure.Text(err, "") != want {
		t.Errorf("%v, want %q", err, want)
	}
}

// No request asks for a compressed answer: Meilisearch writes one in two parts, 40 ms apart.
func TestNoRequestAsksForCompression(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	target, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []*http.Request
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		all = append(all, r.Clone(t.Context()))
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	engine := d.connect(server.URL)
	if err := engine.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.State(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Access(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(all) < 10 {
		t.Fatalf("%d requests", len(all))
	}
	for _, r := range all {
		if accepts := r.Header.Get("Accept-Encoding"); accepts != "" {
			t.Errorf("%s %s accepts %s", r.Method, r.URL.Path, accepts)
		}
	}
}
