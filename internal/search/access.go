package search

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/askwell/askwell/internal/failure"
)

// Access is what Meilisearch lets our key do, as far as harmless questions tell.
type Access struct {
	Refused bool     // the key opens nothing
	Open    bool     // there is no master key: whoever reaches Meilisearch may do everything
	Lacks   []string // actions that Askwell needs and the key does not have
	Beyond  []string // what the key may do and Askwell does not need
}

// question is a request that changes nothing, whoever asks it: Meilisearch looks at the key first, and answers 403 when it does
// not allow the action; else it answers, or refuses what is wrong with the request. {} in a path
// stands for the prefix of the indexes.
type question struct {
	action, method, path, body string
}

// questions has a question for each of keyActions.
var questions = []question{
	{"search", http.MethodPost, "/indexes/{}tickets/search", `{"limit":0}`},
	{"documents.add", http.MethodPost, "/indexes/{}tickets/documents", ""}, // a body of no kind
	{"documents.get", http.MethodGet, "/indexes/{}version/documents/" + stampID, ""},
	{"documents.delete", http.MethodPost, "/indexes/{}tickets/documents/delete", `{}`}, // no filter
	{"indexes.create", http.MethodPost, "/indexes", `{}`},                              // no name
	{"indexes.get", http.MethodGet, "/indexes/{}tickets", ""},
	{"indexes.delete", http.MethodDelete, "/indexes/{}.", ""},                    // no name that an index can have
	{"indexes.swap", http.MethodPost, "/swap-indexes", `[{"indexes":["none"]}]`}, // one of two
	{"settings.update", http.MethodPatch, "/indexes/{}tickets/settings", `{"none":true}`},
	{"tasks.get", http.MethodGet, "/tasks?limit=1", ""},
	{"stats.get", http.MethodGet, "/indexes/{}tickets/stats", ""},
}

// forbidden are questions that our key must not be allowed to ask.
var forbidden = []question{
	{"read keys", http.MethodGet, "/keys?limit=1", ""},
	{"make keys", http.MethodPost, "/keys", `{}`}, // for no action
	{"reach other indexes", http.MethodGet, "/indexes/not_{}/stats", ""},
}

// Access asks Meilisearch what our key may do. Errors: unavailable.
func (e *Engine) Access(ctx context.Context) (Access, error) {
	if err := e.named(ctx); err != nil {
		return Access{}, err
	}
	var a Access
	for _, q := range questions {
		allowed, _, err := e.mayAsk(ctx, q)
		if err != nil {
			return a, err
		}
		if !allowed {
			a.Lacks = append(a.Lacks, q.action)
		}
	}
	a.Refused = len(a.Lacks) == len(questions)
	for _, q := range forbidden {
		allowed, code, err := e.mayAsk(ctx, q)
		if err != nil {
			return a, err
		}
		a.Open = a.Open || code == "missing_master_key"
		if allowed {
			a.Beyond = append(a.Beyond, q.action)
		}
	}
	return a, nil
}

// mayAsk asks a question and says whether the key was allowed to, and with which error code it was answered.
func (e *Engine) mayAsk(ctx context.Context, q question) (allowed bool, code string, err error) {
	what := "ask whether the key may " + q.action
	address := strings.TrimRight(e.url, "/") + strings.ReplaceAll(q.path, "{}", e.prefix)
	r, err := http.NewRequestWithContext(ctx, q.method, address, strings.NewReader(q.body))
	if err != nil {
		return false, "", fmt.Errorf("%s: %w", what, err)
	}
	r.Header.Set("Authorization", "Bearer "+e.key)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := e.plain.Do(r)
	if err != nil {
		return false, "", fmt.Errorf("%s: %w", what, failure.Unavailable("Search is unavailable.", err))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 500 {
		return false, "", fmt.Errorf("%s: %w", what, failure.Unavailable("Search is unavailable.", fmt.Errorf("status %s", answer.Status)))
	}
	var problem struct{ Code string }
	_ = json.NewDecoder(answer.Body).Decode(&problem) // an answer that is no error has no code
	allowed = answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusUnauthorized
	return allowed, problem.Code, nil
}
