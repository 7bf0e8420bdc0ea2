package web_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// hostileRequests are sent in all: ASKWELL_HOSTILE names another number.
const hostileRequests = 3000

// TestNoInputGivesA500 sends hostile values to every page and form as everybody who may send any: nobody in particular, an applicant, and
// staff of each role. What is sent follows from the route, the role and the number alone.
func TestNoInputGivesA500(t *testing.T) {
	t.Parallel()
	site := newHostileSite(t)
	total := hostileRequests
	if n, err := strconv.Atoi(os.Getenv("ASKWELL_HOSTILE")); err == nil {
		total = n
	}
	each := total/(len(site.routes)*len(site.roles)) + 1
	for role, enter := range site.roles {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			visitor := enter(t)
			for _, route := range site.routes {
				if strings.HasSuffix(route.Path, "/sign-out") { // sent last, as a guest does
					defer site.attack(t, visitor, role, route, each)
					continue
				}
				site.attack(t, visitor, role, route, each)
			}
		})
	}
}

type hostileSite struct {
	desk   *webtest.Desk
	routes []gin.RouteInfo
	names  []string            // of every field and parameter that any page has
	real   map[string][]string // values of a path's parameters that lead somewhere
	roles  map[string]func(t *testing.T) *webtest.Visitor
}

func newHostileSite(t *testing.T) *hostileSite {
	t.Helper()
	s := &hostileSite{names: fieldNames(t), real: map[string][]string{}}
	db, server := testkit.Database(t), testkit.Search(t)
	engine, err := search.New(search.Config{URL: server.URL(), Key: testkit.SearchKey, DB: db})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.desk = webtest.New(t, webtest.Options{DB: db, Change: func(cfg *web.Config) {
		cfg.Search = engine
		routes, err := web.RoutesOf(*cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.routes = slices.DeleteFunc(routes, func(r gin.RouteInfo) bool { return r.Method != http.MethodGet && r.Method != http.MethodPost })
	}})
	slices.SortFunc(s.routes, func(a, b gin.RouteInfo) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	if len(s.routes) < 100 {
		t.Fatalf("only %d routes were found", len(s.routes))
	}
	if _, err := seed.Run(t.Context(), db, seed.Options{Tickets: 60, Seed: 1}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	email := strings.ToLower(rand.Text()) + "@mail.example"
	s.desk.Applicant(t, email)
	s.roles = map[string]func(*testing.T) *webtest.Visitor{
		"nobody": func(t *testing.T) *webtest.Visitor { return s.desk.NewVisitor(t) },
		"applicant": func(t *testing.T) *webtest.Visitor {
			v := s.desk.NewVisitor(t)
			if p := v.Post("/account/sign-in", url.Values{"email": {email}, "password": {webtest.Password}}); p.Status != http.StatusSeeOther {
				t.Fatalf("sign in: status %d", p.Status)
			}
			form := v.Get("/inquiries/new").Form("form.form")
			for name, value := range map[string]string{"category": "feedback", "subject": "Where is it?", "question": "It was mailed in May."} {
				form.Set(name, value)
			}
			if p := v.Post("/inquiries", form); p.Status != http.StatusSeeOther {
				t.Fatalf("send an inquiry: status %d", p.Status)
			}
			return v
		},
	}
	for _, role := range staff.Roles() {
		s.roles[string(role)] = func(t *testing.T) *webtest.Visitor { return s.desk.SignIn(t, role) }
	}
	s.findReal(t)
	return s
}

// findReal looks up what there is.
func (s *hostileSite) findReal(t *testing.T) {
	t.Helper()
	_, err := s.desk.DB.Exec(t.Context(), `
		INSERT INTO inbound_mail (source, raw, fingerprint, received_at, state, why, decided_at, from_address, subject, body)
		VALUES ('smtp', 'Subject: x', sha256('x'), now(), 'quarantined', 'stranger', now(), 'a@mail.example', 'x', 'x')`)
	if err != nil {
		t.Fatal(err)
	}
	for name, sql := range map[string]string{
		"reference": `SELECT reference FROM ticket ORDER BY id DESC LIMIT 3`,
		"number":    `SELECT number FROM account ORDER BY id DESC LIMIT 2`,
		"message":   `SELECT id::text FROM message ORDER BY id DESC LIMIT 2`,
		"mail":      `SELECT id::text FROM inbound_mail LIMIT 1`,
		"task":      `SELECT id::text FROM outbox_task LIMIT 1`,
	} {
		rows, err := s.desk.DB.Query(t.Context(), sql)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				t.Fatal(err)
			}
			s.real[name] = append(s.real[name], value)
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
	}
	for _, name := range []string{"file", "schedule", "passkey"} {
		s.real[name] = []string{"1"}
	}
}

var namePatterns = []*regexp.Regexp{
	regexp.MustCompile(`\bname="([A-Za-z_-]+)"`), // templates
	regexp.MustCompile(`\.(?:Query|PostForm|GetQuery|GetPostForm|QueryArray|PostFormArray|DefaultQuery|Get|Has|Del|Set|field|typed|value|read)\((?:c, )?"([a-z_-]+)"`), // Go
	regexp.MustCompile(`(?m)^\s*(?:field|param|key)\w*\s*=\s*"([a-z_-]+)"`),                                                                                            // constants
}

// fieldNames finds the name of every field and parameter in the templates and the sources.
func fieldNames(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{"from": true, "to": true, "view": true, "sort": true, "page": true, "holiday-date-0": true, "holiday-name-0": true}
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, pattern := range namePatterns {
			for _, match := range pattern.FindAllSubmatch(text, -1) {
				found[string(match[1])] = true
			}
		}
		return err
	})
	if err != nil || len(found) < 60 {
		t.Fatalf("only %d names of fields were found: %v", len(found), err)
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// attack sends n requests to a route.
func (s *hostileSite) attack(t *testing.T, v *webtest.Visitor, role string, route gin.RouteInfo, n int) {
	t.Helper()
	for i := range n {
		h := fnv.New64a()
		fmt.Fprintln(h, role, route.Method, route.Path, i)
		r := mathrand.New(mathrand.NewPCG(h.Sum64(), 11))
		address := s.address(r, route.Path)
		query := s.fields(r).Encode()
		if r.IntN(8) == 0 {
			query += "&%zz=%&;=;&a;b"
		}
		contentType, body := "", io.Reader(nil)
		if route.Method == http.MethodPost {
			contentType, body = s.body(r)
		}
		began := time.Now()
		p := v.Send(route.Method, address+"?"+query, contentType, body, "Accept-Language", clip(oneLine(hostile(r)), 200), "User-Agent", clip(oneLine(hostile(r)), 200),
			"X-Forwarded-Prefix", "/evil", "HX-Request", []string{"", "true"}[r.IntN(2)])
		if p.Status >= http.StatusInternalServerError {
			t.Errorf("%s, %s %s number %d: status %d\n%s?%s\n%s", role, route.Method, route.Path, i, p.Status, address, clip(query, 1500), clip(contentType, 200))
		}
		if p.Status >= http.StatusBadRequest && strings.TrimSpace(p.Body) == "" {
			t.Errorf("%s, %s %s number %d: status %d without a word", role, route.Method, route.Path, i, p.Status)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s, %s %s number %d took %s", role, route.Method, route.Path, i, took)
		}
	}
}

func clip(s string, n int) string { return s[:min(len(s), n)] }

// oneLine keeps of s what an HTTP client sends in a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// address fills a pattern in: often with what is there, else with anything.
func (s *hostileSite) address(r *mathrand.Rand, pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if part == "" || part[0] != ':' && part[0] != '*' {
			continue
		}
		known := s.real[part[1:]]
		if len(known) > 0 && r.IntN(3) > 0 {
			parts[i] = known[r.IntN(len(known))]
		} else {
			parts[i] = url.PathEscape(clip(hostile(r), 2000))
		}
	}
	return strings.Join(parts, "/")
}

// fields gives some fields hostile values, some of them twice.
func (s *hostileSite) fields(r *mathrand.Rand) url.Values {
	values := url.Values{}
	for range 1 + r.IntN(12) {
		name := s.names[r.IntN(len(s.names))]
		if r.IntN(30) == 0 {
			name = hostile(r)
		}
		for range 1 + r.IntN(8)/7 {
			values.Add(name, clip(hostile(r), 3000))
		}
	}
	return values
}

// body is a form, in the ways that browsers and others send one.
func (s *hostileSite) body(r *mathrand.Rand) (contentType string, body io.Reader) {
	const form = "application/x-www-form-urlencoded"
	values := s.fields(r)
	for range 20 { // forms have more than addresses
		values.Set(s.names[r.IntN(len(s.names))], hostile(r))
	}
	switch r.IntN(12) {
	case 0: // cut off anywhere
		text := values.Encode()
		return form, strings.NewReader(text[:r.IntN(len(text)+1)])
	case 1:
		return form, strings.NewReader(hostile(r) + "%zz&" + values.Encode() + ";&=&%")
	case 2:
		return hostileTypes[r.IntN(len(hostileTypes))], strings.NewReader(values.Encode())
	case 3:
		return form, strings.NewReader(strings.Repeat("x=y&", r.IntN(100_000)))
	case 4, 5, 6: // with files, whole or cut off
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, list := range values {
			for _, value := range list {
				_ = w.WriteField(name, value) // a buffer takes everything
			}
		}
		for range r.IntN(3) {
			if part, err := w.CreateFormFile([]string{"attachments", s.names[r.IntN(len(s.names))]}[r.IntN(2)], hostile(r)); err == nil {
				_, _ = io.WriteString(part, []string{"%PDF-1.7\n%", "\xff\xd8\xff\xe0", "PK\x03\x04", ""}[r.IntN(4)]+hostile(r))
			}
		}
		_ = w.Close()
		if r.IntN(2) == 0 {
			b.Truncate(r.IntN(b.Len() + 1))
		}
		return w.FormDataContentType(), &b
	}
	return form, strings.NewReader(values.Encode())
}

var hostileTypes = []string{
	"", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"", "multipart/mixed; boundary=x",
	"multipart/form-data; boundary=" + strings.Repeat("b", 200), "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; =", "*/*", ";", "\xff\xfe",
}

// hostileValues are what forms and addresses have been broken with before, and what nearly means something here.
var hostileValues = []string{
	"", " ", "\x00", "a\x00b", "\xff\xfe", "caf\xe9", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xc0\xaf", "\u202e\u2066", "\ufeff", "\ufffd", "\u0085", "\u2028",
	"\U0001F1FA\U0001F1F8", "e\u0301\u0301\u0301\u0301", "İ", "ß", "ﬁ", "\r\n\r\n", "\t", "\x1b[31m", "\x7f", "'", `"`, "\\", "`", "%", "%s%n%d", "%00", "&amp;", "<!--", "]]>",
	"' OR 1=1 --", "'; DROP TABLE ticket; --", "\\'; SELECT pg_sleep(5) --", "$1", "$$", "{{.}}", "${7*7}", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)",
	"../../etc/passwd", "..\\..\\", ".", "..", "/", "//evil.example", "/\\evil.example", "https://evil.example/", "/console/sign-out", "/console/tickets/bulk", "file:///etc/passwd", "~",
	"0", "-1", "1", "00", "+1", "1e9", "1.5", "0x10", "NaN", "Inf", "-0", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"18446744073709551616", "99999999999999999999999999", "1_000", "١٢٣", "１２３", "true", "null", "undefined", "[]", "{}", "[object Object]", `{"id":1}`, `{"id":"AA","rawId":"AA","response":{}}`,
	"2026-01-01", "0001-01-01", "0000-00-00", "9999-12-31", "10000-01-01", "-0001-01-01", "2026-02-30", "2026-W53", "1/1/26", "294277-01-01", "2026-01-01T00:00:00Z", "292277026596-12-04", "31.12.",
	"ASK-2222-2226", "ASK-0000-0000", "ask 2222 2226", "ASK-", "A123456789", "000000000000", "999999999999", "078-05-1120", "4111111111111111", "a@b", "@", "a@b@c", "a@mail.example", "\"a b\"@mail.example",
	"category:feedback", "status:open -status:open", "from:\"", "opened:>2026-01-01", "opened:..", "is:", "*", "?", "(", "((((", "AND OR NOT", "a OR", "\"", "\"\"", "-", "--", ":", "::", "number:*", "id:1.5",
	"week", "weekday", "category", "open", "solved", "new", "spam", "backlog", "day", "month", "channel", "language", "queue", "csv", "en", "es", "xx", "America/New_York", "Mars/Phobos", "09:00", "25:61", "24:00", "mine", "all",
}

// hostile is one of those, or made of them.
func hostile(r *mathrand.Rand) string {
	pick := func() string { return hostileValues[r.IntN(len(hostileValues))] }
	switch r.IntN(12) {
	case 0:
		return strings.Repeat(pick(), 1+r.IntN(400))
	case 1:
		return pick() + pick() + pick()
	case 2:
		return strconv.FormatInt(r.Int64()-r.Int64(), 10)
	case 3:
		raw := make([]byte, r.IntN(60))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		return string(raw)
	case 4:
		return strings.Join([]string{pick(), pick(), pick(), pick()}, []string{",", " ", "..", "-", ":", "\n"}[r.IntN(6)])
	}
	return pick()
}
