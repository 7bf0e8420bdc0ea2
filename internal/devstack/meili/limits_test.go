package meili

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

// aBitOfNothing reads as so many spaces, without holding them.
type aBitOfNothing struct{ left int }

func (r *aBitOfNothing) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	r.left -= n
	return n, nil
}

// Expected values: meilisearch.com/docs, "Error codes", "Known limitations" (a payload of 100 MiB).
func TestPayloadTooLarge(t *testing.T) {
	t.Parallel()
	s, _ := startServer(t, "")
	var packed bytes.Buffer // 101 MiB of spaces in 100 kB
	writer := gzip.NewWriter(&packed)
	if _, err := io.Copy(writer, &aBitOfNothing{left: 101 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]struct {
		body     io.Reader
		encoding string
	}{"as it is": {&aBitOfNothing{left: 101 << 20}, ""}, "packed": {&packed, "gzip"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), "POST", s.URL()+"/indexes/tickets/documents", send.body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+s.Key())
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Content-Encoding", send.encoding)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var body map[string]any
			if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != 413 || body["code"] != "payload_too_large" {
				t.Errorf("got %d %v", response.StatusCode, body)
			}
		})
	}
}

// What somebody may put into a box, or a program into a filter, is answered or refused, and soon.
func TestExtremes(t *testing.T) {
	t.Parallel()
	s, client := startServer(t, "")
	var docs []doc
	for i := range 2000 {
		docs = append(docs, doc{"id": i, "title": fmt.Sprintf("green card %d of many", i), "n": i, "kind": fmt.Sprint("kind", i%7)})
	}
	fill(t, client, "tickets", &meilisearch.Settings{FilterableAttributes: []string{"*"}, Faceting: &meilisearch.Faceting{MaxValuesPerFacet: 100}}, docs)
	quoted := func(text string) string { raw, _ := json.Marshal(text); return string(raw) }
	alternatives := strings.Split(strings.Repeat("n = 5\x00", 3000), "\x00")
	for _, test := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"10,000 characters", `{"q":` + quoted(strings.Repeat("green card ", 909)) + `}`, 200, ""},
		{"one word of 10,000", `{"q":` + quoted(strings.Repeat("a", 10_000)) + `}`, 200, ""},
		{"5,000 quotation marks", `{"q":` + quoted(strings.Repeat(`"`, 5000)) + `}`, 200, ""},
		{"2,000 phrases", `{"q":` + quoted(strings.Repeat(`"green card" `, 2000)) + `}`, 200, ""},
		{"3,000 words left out", `{"q":` + quoted(strings.Repeat("-many ", 3000)) + `}`, 200, ""},
		{"control characters", `{"q":` + quoted("green\x00\x01\x1b card\u202e\ufffd") + `}`, 200, ""},
		{"deep brackets", `{"filter":` + quoted(strings.Repeat("(", 5000)+"n = 1"+strings.Repeat(")", 5000)) + `}`, 400, "invalid_search_filter"},
		{"open brackets", `{"filter":` + quoted(strings.Repeat("(", 100_000)) + `}`, 400, "invalid_search_filter"},
		{"many a NOT", `{"filter":` + quoted(strings.Repeat("NOT ", 100_000)+"n = 1") + `}`, 400, "invalid_search_filter"},
		{"3,000 alternatives", `{"filter":` + quoted(strings.Join(alternatives[:3000], " OR ")) + `}`, 200, ""},
		{"50,000 values", `{"filter":` + quoted("n IN ["+strings.Repeat("5, ", 49_999)+"6]") + `}`, 200, ""},
		{"500 facets", `{"facets":[` + strings.Repeat(`"kind",`, 499) + `"n"]}`, 200, ""},
		{"a limit of a milliard", `{"limit":1000000000,"attributesToRetrieve":["id"]}`, 200, ""},
		{"an offset of a milliard", `{"offset":1000000000}`, 200, ""},
		{"deep JSON", `{"filter":` + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + `}`, 400, "malformed_payload"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			status, body := get(t, "POST", s.URL()+"/indexes/tickets/search", s.Key(), test.body)
			code, _ := body["code"].(string)
			if status != test.status || code != test.code {
				t.Errorf("got %d %q (%.200v), want %d %q", status, code, body["message"], test.status, test.code)
			}
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A document of a megabyte is taken whole into the store, and its first 65,535 words into the index, as Meilisearch does.
func TestLargeDocument(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	text := "beginning " + strings.Repeat("walrus ", 150_000) + "zebra"
	index := fill(t, client, "large", nil, []doc{{"id": 1, "text": text}})
	if diff := cmp.Diff([]string{"1"}, ids(t, index, "beginning walrus", meilisearch.SearchRequest{AttributesToCrop: []string{"text"}})); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	var got doc
	if err := index.GetDocument("1", nil, &got); err != nil || got["text"] != text {
		t.Errorf("given back: %d bytes, %v", len(fmt.Sprint(got["text"])), err)
	}
}
