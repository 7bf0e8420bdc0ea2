package replay_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/replay"
)

const formPage = `<!doctype html><html lang="en"><title>Ask</title>
<form action="/search"><input name="q"></form>
<form method="post" action="/inquiries/check">
<input type="hidden" name="form_token" value="token-%d"><input type="hidden" name="on_form" value="1">
<fieldset><input type="radio" name="category" value="feedback" checked><input type="radio" name="category" value="case-question"></fieldset>
<input name="account_number"><input name="name"><input type="email" name="email"><input name="subject">
<input name="website" autocomplete="off"><textarea name="question"></textarea><input type="file" name="attachments" multiple>
<input type="checkbox" name="copy" value="yes"><button name="go" value="1">Go</button></form>`

// desk is a server that behaves as it is told for the n-th POST of an inquiry.
type desk struct {
	*httptest.Server
	misbehave func(w http.ResponseWriter, r *http.Request, try int) bool // true when it has answered

	mu       sync.Mutex
	forms    int
	tickets  map[string]string // token -> reference
	tries    map[string]int    // subject -> posts
	tokens   map[string]map[string]bool
	got      map[string][]string // of the last post
	headers  http.Header
	inFlight int
	most     int
}

func newDesk(t *testing.T, misbehave func(w http.ResponseWriter, r *http.Request, try int) bool) *desk {
	t.Helper()
	d := &desk{misbehave: misbehave, tickets: map[string]string{}, tries: map[string]int{}, tokens: map[string]map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /inquiries/new", d.form)
	mux.HandleFunc("POST /inquiries", d.post)
	mux.HandleFunc("GET /inquiries/{reference}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("visit"); err != nil {
			http.Error(w, "no cookie", http.StatusForbidden)
		}
	})
	d.Server = httptest.NewServer(d.counted(mux))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.inFlight++
		d.most = max(d.most, d.inFlight)
		d.mu.Unlock()
		defer func() {
			d.mu.Lock()
			d.inFlight--
			d.mu.Unlock()
		}()
		next.ServeHTTP(w, r)
	})
}

func (d *desk) form(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	d.forms++
	n := d.forms
	d.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "visit", Value: "1"})
	fmt.Fprintf(w, formPage, n)
}

func (d *desk) post(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	subject, token := r.FormValue("subject"), r.FormValue("form_token")
	d.mu.Lock()
	d.tries[subject]++
	try := d.tries[subject]
	if d.tokens[subject] == nil {
		d.tokens[subject] = map[string]bool{}
	}
	d.tokens[subject][token] = true
	d.got, d.headers = r.MultipartForm.Value, r.Header.Clone()
	for name, files := range r.MultipartForm.File {
		d.got[name] = []string{fmt.Sprintf("%d file %q", len(files), files[0].Filename)}
	}
	d.mu.Unlock()
	if d.misbehave != nil && d.misbehave(w, r, try) {
		return
	}
	w.Header().Set("Location", "/inquiries/"+d.ticket(token))
	w.WriteHeader(http.StatusSeeOther)
}

// ticket makes one ticket for a token, however often it comes.
func (d *desk) ticket(token string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tickets[token] == "" {
		d.tickets[token] = identifier.ReferenceOf(int64(len(d.tickets)) * 7919)
	}
	return d.tickets[token]
}

func (d *desk) run(t *testing.T, n int, change func(*replay.Config)) replay.Report {
	t.Helper()
	to, err := replay.CheckURL(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := replay.Config{To: to, Concurrency: 4, Patience: 5 * time.Second, Backoff: time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	var all []replay.Inquiry
	for i := range n {
		all = append(all, replay.Inquiry{
			ID: fmt.Sprint("q", i), Name: "Ana Núñez", Email: "ana@mail.example", Category: "case-question", AccountNumber: "1000 0000 0093",
			Subject: fmt.Sprint("subject ", i), Question: "One line,\nanother\r\nand \"quotes\" 😀",
		})
	}
	report, err := replay.Run(t.Context(), cfg, all)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestSendsWhatABrowserSends(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	report := d.run(t, 1, nil)
	if report.Accepted != 1 || len(report.Failed) != 0 {
		t.Fatalf("report is %+v", report)
	}
	want := map[string][]string{
		"form_token": {"token-1"}, "on_form": {"1"}, "category": {"case-question"}, "account_number": {"1000 0000 0093"}, "name": {"Ana Núñez"},
		"email": {"ana@mail.example"}, "subject": {"subject 0"}, "website": {""}, "question": {"One line,\r\nanother\r\nand \"quotes\" 😀"},
		"attachments": {},
	}
	delete(want, "attachments")
	delete(d.got, "attachments") // Go's parser leaves a file without a name out, or gives it as a value
	if diff := cmp.Diff(want, d.got); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	for name, value := range map[string]string{"Origin": d.URL, "Sec-Fetch-Site": "same-origin", "Cookie": "visit=1", "Referer": d.URL + "/inquiries/new"} {
		if got := d.headers.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestMisbehavingDesks(t *testing.T) {
	t.Parallel()
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, try int) bool {
			if try > 2 {
				return false
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, `<title>Error: Ask</title><div role="alert"><a href="#x">Enter a subject</a></div>`)
			return true
		}
	}
	for _, c := range []struct {
		name      string
		misbehave func(w http.ResponseWriter, r *http.Request, try int) bool
		accepted  int
		tries     int
		why       string
	}{
		{"away for two tries", status(503), 1, 3, ""},
		{"a gateway's error", status(502), 1, 3, ""},
		{"asks to wait", status(429, "Retry-After", "0"), 1, 3, ""},
		{"asks to wait until a date", status(429, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), 1, 3, ""},
		{"asks to wait longer than there is patience", status(429, "Retry-After", "3600"), 0, 1, "inquiry: given up after 5s: 429 Too Many Requests"},
		{"refuses", status(422), 0, 1, "inquiry: 422 Unprocessable Entity: Enter a subject"},
		{"breaks", status(500), 0, 1, "inquiry: 500 Internal Server Error: Enter a subject"},
		{"shows a page", status(200), 0, 1, "inquiry: 200 OK: Enter a subject"},
		{"leads nowhere", status(303), 0, 1, "inquiry: 303 See Other without a place to go"},
		{"leads to another page", status(303, "Location", "/inquiries/new"), 0, 1, `inquiry: 303 to "/inquiries/new", which is no confirmation`},
		{"leads to a wrong reference", status(303, "Location", "/inquiries/ASK-2222-2223"), 0, 1, `inquiry: 303 to "/inquiries/ASK-2222-2223", which is no confirmation`},
		{"leads away", status(303, "Location", "http://elsewhere.example/inquiries/"+identifier.ReferenceOf(1)), 0, 1, "inquiry: 303 See Other leads away from the desk, to elsewhere.example"},
		{"hangs up before and after the ticket is made", nil, 1, 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.misbehave)
			if c.misbehave == nil {
				d.misbehave = func(_ http.ResponseWriter, r *http.Request, try int) bool {
					if try == 2 {
						d.ticket(r.FormValue("form_token"))
					}
					if try < 3 {
						panic(http.ErrAbortHandler)
					}
					return false
				}
			}
			report := d.run(t, 1, nil)
			if report.Accepted != c.accepted || d.tries["subject 0"] != c.tries || report.Retries != c.tries-1 {
				t.Errorf("%d accepted after %d tries, %d again: %+v", report.Accepted, d.tries["subject 0"], report.Retries, report.Failed)
			}
			if c.why != "" && (len(report.Failed) != 1 || report.Failed[0].ID != "q0" || report.Failed[0].Why != c.why) {
				t.Errorf("failed is %+v, want %q", report.Failed, c.why)
			}
			if len(d.tickets) > 1 || len(d.tokens["subject 0"]) != 1 {
				t.Errorf("%d tickets from %d tokens", len(d.tickets), len(d.tokens["subject 0"]))
			}
		})
	}
}

func TestManyVisitors(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(w http.ResponseWriter, _ *http.Request, try int) bool {
		if try == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return try == 1
	})
	began := time.Now()
	var last replay.Progress
	var mu sync.Mutex
	report := d.run(t, 200, func(c *replay.Config) {
		c.Think = 300 * time.Millisecond
		c.Progress = func(p replay.Progress) {
			mu.Lock()
			defer mu.Unlock()
			if p.Accepted > last.Accepted {
				last = p
			}
		}
	})
	if report.Accepted != 200 || len(report.References) != 200 || len(d.tickets) != 200 || last.Accepted != 200 {
		t.Errorf("%d accepted, %d references, %d tickets, progress %+v: %+v", report.Accepted, len(report.References), len(d.tickets), last, report.Failed)
	}
	if took := time.Since(began); took > 10*time.Second { // 200 thoughts one after the other would take a minute
		t.Errorf("visitors think one after the other: %s", took)
	}
	if d.most > 4 {
		t.Errorf("%d requests at once, want at most 4", d.most)
	}
	if got := report.Statuses["inquiry"]; got["503"] != 200 || got["303"] != 200 {
		t.Errorf("statuses are %v", report.Statuses)
	}
	if p := report.Post; p.P50 <= 0 || p.P50 > p.P95 || p.P95 > p.P99 || p.P99 > p.Max {
		t.Errorf("latency is %+v", p)
	}
}

func TestSameReferenceTwiceIsAFailure(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.Header().Set("Location", "/inquiries/"+identifier.ReferenceOf(5))
		w.WriteHeader(http.StatusSeeOther)
		return true
	})
	report := d.run(t, 3, nil)
	if report.Accepted != 1 || len(report.Failed) != 2 || !strings.Contains(report.Failed[0].Why, "another inquiry has the same reference") {
		t.Errorf("report is %+v", report)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	d := newDesk(t, func(http.ResponseWriter, *http.Request, int) bool { stop(); return false })
	to, _ := replay.CheckURL(d.URL)
	report, err := replay.Run(ctx, replay.Config{To: to, Concurrency: 1, Rate: 5, Patience: time.Second}, make([]replay.Inquiry, 50))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Failed)+report.Accepted != 50 || len(report.Failed) < 40 {
		t.Errorf("%d failed and %d accepted of 50", len(report.Failed), report.Accepted)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	report := d.run(t, 11, func(c *replay.Config) { c.Rate = 20 })
	if report.Accepted != 11 || report.Seconds < 0.45 {
		t.Errorf("%d visitors began within %.2f s, at 20 a second", report.Accepted, report.Seconds)
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.Close()
	report := d.run(t, 2, func(c *replay.Config) { c.Patience = 50 * time.Millisecond })
	if report.Accepted != 0 || len(report.Failed) != 2 || !strings.Contains(report.Failed[0].Why, "form: given up after 50ms: dial tcp") {
		t.Errorf("report is %+v", report)
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"http://localhost:8080": true, "https://desk.example/": true, "ftp://desk.example": false, "localhost:8080": false,
		"file:///etc/passwd": false, "http://": false, "": false, "http://a:b@desk.example": false, "http://desk.example/inquiries": false,
		"http://desk.example?x=1": false,
	} {
		if _, err := replay.CheckURL(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := replay.Read(strings.NewReader("\ufefftopic,id,name,email,category,account_number,subject,question\nx,1, Ana ,a@b,c,,s,\"q\nr\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []replay.Inquiry{{ID: "1", Name: " Ana ", Email: "a@b", Category: "c", Subject: "s", Question: "q\nr"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inquiries (-want +got):\n%s", diff)
	}
	for file, why := range map[string]string{
		"": "the file is empty", "id,name\n": `no column "email"`,
		"id,name,email,category,account_number,subject,question\n1,,,,,,\n1,,,,,,\n": `"1" stands in the file twice`,
		"id,name,email,category,account_number,subject,question\n1,\n":               "read the inquiries",
	} {
		if _, err := replay.Read(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", file, err, why)
		}
	}
}
