package page_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// Every page that is delivered parses, with its layout, texts and partials.
func TestDeliveredTemplates(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("../messages"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.New(page.Config{Templates: os.DirFS("../templates"), Dist: os.DirFS("../dist"), Messages: c, Agency: agency}); err != nil {
		t.Fatal(err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	lacking := bundle()
	delete(lacking, "hashed-console.js")
	for name, tc := range map[string]struct {
		pages  map[string]string
		dist   fstest.MapFS
		change func(*page.Config)
		want   string
	}{
		"a template that does not parse": {pages: map[string]string{"public/a.html": `{{define "main"}}{{if}}{{end}}`}, want: "public/a.html"},
		"a page without main":            {pages: map[string]string{"public/a.html": `<p>`}, want: `define "main"`},
		"a partial that nobody defines":  {pages: map[string]string{"public/a.html": `{{define "main"}}{{range .}}{{template "nowhere" .}}{{end}}{{end}}`}, want: `main calls nowhere`},
		"a function that there is not":   {pages: map[string]string{"public/a.html": `{{define "main"}}{{frobnicate}}{{end}}`}, want: "frobnicate"},
		"no bundle":                      {dist: fstest.MapFS{".gitkeep": {}}, want: "make generate"},
		"a bundle with a file missing":   {dist: lacking, want: "make generate"},
		"a colour that cannot be read":   {change: func(c *page.Config) { c.Agency.Colour = "#2491ff" }, want: "contrast of 3.19"},
		"a colour that is none":          {change: func(c *page.Config) { c.Agency.Colour = "blue" }, want: "#rrggbb"},
		"an agency without a name":       {change: func(c *page.Config) { c.Agency.Name = " " }, want: "name is empty"},
		"a script as the agency's site":  {change: func(c *page.Config) { c.Agency.Website = "javascript:alert(1)" }, want: "no web address"},
		"a default language that is not": {change: func(c *page.Config) { c.Language = "fr" }, want: `"fr"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := page.Config{Templates: overlay(t, tc.pages), Dist: bundle(), Messages: catalog(t), Agency: agency}
			if tc.dist != nil {
				cfg.Dist = tc.dist
			}
			if tc.change != nil {
				tc.change(&cfg)
			}
			_, err := page.New(cfg)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("New: %v, want an error with %q", err, tc.want)
			}
		})
	}
}

type sample struct {
	page.Frame
	Text string
}

// serve renders one page and gives the answer with the error of HTML.
func serve(t *testing.T, body string, request *http.Request, before func(r *page.Renderer, c *gin.Context)) (*httptest.ResponseRecorder, error) {
	t.Helper()
	r := renderer(t, overlay(t, map[string]string{"public/a.html": body}), bundle())
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = request
	if before != nil {
		before(r, c)
	}
	f := r.Frame(c)
	f.Title, f.Error = "Ask", true
	return w, r.HTML(c, http.StatusOK, "public/a", sample{f, `<b onclick="x">`})
}

func TestFailingTemplateWritesNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a field that is not there":      `{{define "main"}}some text{{.Nowhere}}{{end}}`,
		"an unknown message":             `{{define "main"}}some text{{t "no.such.key"}}{{end}}`,
		"a message without its argument": `{{define "main"}}{{t "form.step_of" "current" 1}}{{end}}`,
		"an unknown asset":               `{{define "main"}}{{asset "nothing.css"}}{{end}}`,
		"an unknown icon":                `{{define "main"}}{{icon "nothing"}}{{end}}`,
		"a time that is none":            `{{define "main"}}{{date "yesterday"}}{{end}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := serve(t, body, httptest.NewRequest(http.MethodGet, "/", nil), nil)
			if err == nil {
				t.Error("HTML gave no error")
			}
			if w.Body.Len() > 0 {
				t.Errorf("a partial page was written: %q", w.Body)
			}
		})
	}
}

func TestPageInItsLayout(t *testing.T) {
	t.Parallel()
	_, err := serve(t, `{{define "main"}}<h1>{{.Text}}</h1>{{timeago .Printer}}{{end}}`, httptest.NewRequest(http.MethodGet, "/", nil), nil)
	if err == nil {
		t.Fatal("a printer passed for a time")
	}
	w, err := serve(t, `{{define "main"}}<h1>{{.Text}}</h1>{{end}}`, httptest.NewRequest(http.MethodGet, "/", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<html lang="en" dir="ltr"`, `<title>Error: Ask | Bureau of Arrivals</title>`, `<h1>&lt;b onclick=&#34;x&#34;&gt;</h1>`,
		`href="/assets/hashed-public.css"`, `href="/agency.css?v=`, `href="?lang=es" lang="es"`, `Skip to main content`, `href="tel:18005550100"`, `Privacy notice`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "Aviso") {
		t.Error("a legal text of another language is shown")
	}
	if strings.Contains(w.Body.String(), "style=") || strings.Contains(w.Body.String(), "<style") {
		t.Error("the page has inline style, which the content security policy forbids")
	}
	if diff := cmp.Diff("no-store", w.Header().Get("Cache-Control")); diff != "" {
		t.Errorf("Cache-Control (-want +got):\n%s", diff)
	}
}

func TestLanguageChoice(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, target, cookie, accept string
		want, kept                     string
	}{
		"nothing chosen":                  {target: "/", want: "en"},
		"the browser's wish is no choice": {target: "/", accept: "es", want: "en"},
		"asked for in the address":        {target: "/?lang=es", want: "es", kept: "es"},
		"kept in the cookie":              {target: "/", cookie: "es", want: "es"},
		"the address before the cookie":   {target: "/?lang=en", cookie: "es", want: "en", kept: "en"},
		"a language there is not":         {target: "/?lang=xx", cookie: "yy", want: "en"},
		"the staff's are in fewer":        {target: "/console/tickets?lang=es", cookie: "es", want: "en"},
		"a POST keeps nothing":            {method: http.MethodPost, target: "/?lang=es", want: "es"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := tc.method
			if method == "" {
				method = http.MethodGet
			}
			request := httptest.NewRequest(method, tc.target, nil)
			request.Header.Set("Accept-Language", tc.accept)
			if tc.cookie != "" {
				request.AddCookie(&http.Cookie{Name: "askwell_lang", Value: tc.cookie})
			}
			w, err := serve(t, `{{define "main"}}{{end}}`, request, nil)
			if err != nil {
				t.Fatal(err)
			}
			kept := ""
			for _, cookie := range w.Result().Cookies() {
				if cookie.Name == "askwell_lang" {
					kept = cookie.Value
				}
			}
			if diff := cmp.Diff([]string{tc.want, tc.kept}, []string{w.Header().Get("Content-Language"), kept}); diff != "" {
				t.Errorf("language and cookie (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	first, err := serve(t, `{{define "main"}}{{end}}`, httptest.NewRequest(http.MethodGet, "/", nil), func(r *page.Renderer, c *gin.Context) {
		r.Flash(c, "success", "Saved <1>")
		r.Flash(c, "warning", "Two")
	})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, cookie := range first.Result().Cookies() {
		request.AddCookie(cookie)
	}
	second, err := serve(t, `{{define "main"}}{{end}}`, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<div class="flash flash--success" role="status">Saved &lt;1&gt;</div>`, `Two</div>`} {
		if !strings.Contains(second.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, cookie := range second.Result().Cookies() {
		if cookie.Name == "askwell_flash" && cookie.MaxAge >= 0 {
			t.Error("the flash cookie stays")
		}
	}
}

func TestFragmentHasNoLayout(t *testing.T) {
	t.Parallel()
	r := renderer(t, overlay(t, map[string]string{"public/a.html": `{{define "main"}}{{template "rows" .}}{{end}}{{define "rows"}}<li>{{.}}</li>{{end}}`}), bundle())
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	if err := r.Fragment(c, http.StatusUnprocessableEntity, "public/a", "rows", "x"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("<li>x</li>", w.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	for _, err := range []error{r.Fragment(c, 200, "public/a", "nothing", nil), r.Fragment(c, 200, "public/b", "rows", nil), r.HTML(c, 200, "public/a", "no frame")} {
		if err == nil {
			t.Error("no error")
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	r, err := page.New(page.Config{
		Templates: overlay(t, map[string]string{"public/a.html": `{{define "main"}}{{end}}{{define "x"}}{{datetime .}}|{{timeago .}}{{end}}`}),
		Dist:      bundle(), Messages: catalog(t), Agency: agency, Location: zone, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	at := now.Add(-2 * time.Hour)
	var none *time.Time
	for want, v := range map[string]any{
		`November 23, 2026 at 12:05 p.m. EST|<time datetime="2026-11-23T17:05:00Z" title="November 23, 2026 at 12:05 p.m. EST" data-relative="long">2 hours ago</time>`: &at,
		`|`: none,
	} {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		if err := r.Fragment(c, http.StatusOK, "public/a", "x", v); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, w.Body.String()); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	}
}
