package webtest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// Visitor is a browser without a face: it keeps cookies and follows no redirect.
type Visitor struct {
	t      testing.TB
	base   string
	client *http.Client
}

func newVisitor(t testing.TB, base string) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t: t, base: base, client: &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Page is an answer.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Doc    *goquery.Document // of HTML, else empty
}

// Location is where a redirect leads.
func (p Page) Location() string { return p.Header.Get("Location") }

// Text is what the first element that the selector finds says, blanks folded; "" for none.
func (p Page) Text(selector string) string {
	return strings.Join(strings.Fields(p.Doc.Find(selector).First().Text()), " ")
}

// Value is the value of the form field of this name: what is typed in it or chosen.
func (p Page) Value(name string) string {
	field := p.Doc.Find(`[name="` + name + `"]`).First()
	switch goquery.NodeName(field) {
	case "select":
		field = field.Find("option[selected]")
	case "textarea":
		return field.Text()
	}
	return field.AttrOr("value", "")
}

// Form gathers what the browser would send with the first form that the selector finds, buttons and files aside.
func (p Page) Form(selector string) url.Values {
	values := url.Values{}
	form := p.Doc.Find(selector).First()
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, field *goquery.Selection) {
		name, kind := field.AttrOr("name", ""), field.AttrOr("type", "")
		_, checked := field.Attr("checked")
		switch {
		case kind == "submit" || kind == "file" || (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(field) == "textarea":
			values.Add(name, field.Text())
		case goquery.NodeName(field) == "select":
			values.Add(name, field.Find("option[selected]").AttrOr("value", ""))
		default:
			values.Add(name, field.AttrOr("value", ""))
		}
	})
	return values
}

// Get asks for a page.
func (v *Visitor) Get(path string) Page {
	v.t.Helper()
	return v.Send(http.MethodGet, path, "", nil)
}

// Post sends a form, and goes on to the page of its draft when the answer leads to one.
func (v *Visitor) Post(path string, form url.Values) Page {
	v.t.Helper()
	return v.drafted(v.Send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode())))
}

// drafted is the page that a browser shows after a public form that is kept as a draft.
func (v *Visitor) drafted(p Page) Page {
	v.t.Helper()
	if p.Status == http.StatusSeeOther && strings.Contains(p.Location(), "?draft=") && !strings.HasPrefix(p.Location(), "/console/") {
		return v.Get(p.Location())
	}
	return p
}

// Upload is a file of a form.
type Upload struct {
	Field, Name string
	Content     []byte
}

// PostFiles sends a form with files, fields first as browsers do with ours.
func (v *Visitor) PostFiles(path string, form url.Values, uploads ...Upload) Page {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	for _, u := range uploads {
		part, err := w.CreateFormFile(u.Field, u.Name)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := part.Write(u.Content); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	return v.drafted(v.Send(http.MethodPost, path, w.FormDataContentType(), &body))
}

// Send makes any request. Headers come as name, value.
func (v *Visitor) Send(method, path, contentType string, body io.Reader, headers ...string) Page {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := v.client.Do(request)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(data))
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return Page{Status: response.StatusCode, Header: response.Header, Body: string(data), Doc: doc}
}

// Cookies are what the visitor would send to the path.
func (v *Visitor) Cookies(path string) []*http.Cookie {
	u, err := url.Parse(v.base + path)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.client.Jar.Cookies(u)
}
