package devstack

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed mailbox
var mailboxFiles embed.FS

// mailPageSize is how many messages a page of the list shows.
const mailPageSize = 50

// What the pages may load: their style sheet and frame. An HTML part may load its own pictures, and nothing in it runs.
const (
	mailPolicy = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'"
	partPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
		"img-src 'self' data:; frame-ancestors 'self'"
)

var mailTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"linked": linked, "size": sizeWords, "list": func(s []string) string { return strings.Join(s, ", ") },
	"after": func(n int) int { return n + 1 },
	"when":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") },
	"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).ParseFS(mailboxFiles, "mailbox/*.html"))

type mailListPage struct {
	Messages    []MessageSummary
	Query       string
	Total       int // that match
	First, Last int
	Newer       string // links; "" for none
	Older       string
	SMTP        string
}

// Handler serves the mailbox as web pages: the list at /, a message at /{id}. Its links are relative, so that it can
// stand anywhere behind http.StripPrefix. Every message is readable by whoever reaches it: for the developer's machine
// only.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.showList)
	mux.HandleFunc("GET /style.css", m.serveStyle)
	mux.HandleFunc("GET /{id}", m.withMessage(m.showMessage))
	mux.HandleFunc("GET /{id}/html", m.withMessage(m.serveHTML))
	mux.HandleFunc("GET /{id}/raw", m.withMessage(m.serveRaw))
	mux.HandleFunc("GET /{id}/parts/{n}", m.withMessage(m.servePart))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", mailPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if r.URL.Path == "" { // mounted without the slash that relative links stand on
			path, query, found := strings.Cut(r.RequestURI, "?")
			if found {
				query = "?" + query
			}
			http.Redirect(w, r, path+"/"+query, http.StatusSeeOther)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (m *Mailbox) showList(w http.ResponseWriter, r *http.Request) {
	page := mailListPage{Query: strings.TrimSpace(r.FormValue("q")), SMTP: m.addr}
	number, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || number < 1 {
		number = 1
	}
	from := (number - 1) * mailPageSize
	for _, id := range m.store.ids() {
		summary, err := m.store.summary(id)
		if errors.Is(err, ErrNoMessage) {
			continue
		}
		if err != nil {
			m.fail(w, err)
			return
		}
		if !summary.matches(page.Query) {
			continue
		}
		if page.Total >= from && page.Total < from+mailPageSize {
			page.Messages = append(page.Messages, summary)
		}
		page.Total++
	}
	page.First, page.Last = from+1, from+len(page.Messages)
	if number > 1 {
		page.Newer = mailListLink(page.Query, number-1)
	}
	if page.Last < page.Total {
		page.Older = mailListLink(page.Query, number+1)
	}
	m.render(w, http.StatusOK, "list.html", page)
}

// matches says whether each word of the query is in the subject or an address, case aside.
func (s MessageSummary) matches(query string) bool {
	text := strings.ToLower(strings.Join([]string{
		s.Subject, s.From, strings.Join(s.To, " "), strings.Join(s.Recipients, " "),
	}, " "))
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func mailListLink(query string, page int) string {
	values := url.Values{"page": {strconv.Itoa(page)}}
	if query != "" {
		values.Set("q", query)
	}
	return "./?" + values.Encode()
}

func (m *Mailbox) withMessage(show func(http.ResponseWriter, *http.Request, Message)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		msg, err := m.Get(r.PathValue("id"))
		switch {
		case errors.Is(err, ErrNoMessage):
			m.render(w, http.StatusNotFound, "gone.html", strings.Repeat("../", strings.Count(r.URL.Path, "/")-1)+"./")
		case err != nil:
			m.fail(w, err)
		default:
			show(w, r, msg)
		}
	}
}

func (m *Mailbox) showMessage(w http.ResponseWriter, _ *http.Request, msg Message) {
	m.render(w, http.StatusOK, "message.html", msg)
}

var (
	headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
	docType = regexp.MustCompile(`(?i)^\s*<!doctype[^>]*>`)
)

// serveHTML serves the HTML part for a frame: links open in a window of their own, pictures sent along are shown, and
// nothing else is loaded.
func (m *Mailbox) serveHTML(w http.ResponseWriter, _ *http.Request, msg Message) {
	html := msg.HTML
	for n, a := range msg.Attachments {
		if a.ContentID != "" {
			html = strings.ReplaceAll(html, "cid:"+a.ContentID, fmt.Sprintf("parts/%d", n+1))
		}
	}
	at := 0
	if found := headTag.FindStringIndex(html); found != nil {
		at = found[1]
	} else if found := docType.FindStringIndex(html); found != nil {
		at = found[1]
	}
	w.Header().Set("Content-Security-Policy", partPolicy)
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, html[:at], `<meta charset="utf-8"><base target="_blank">`, html[at:])
}

func (m *Mailbox) serveRaw(w http.ResponseWriter, _ *http.Request, msg Message) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(msg.Raw)
}

func (m *Mailbox) servePart(w http.ResponseWriter, r *http.Request, msg Message) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(msg.Attachments) {
		m.render(w, http.StatusNotFound, "gone.html", "../../")
		return
	}
	part := msg.Attachments[n-1]
	disposition := "attachment"
	if part.ContentID != "" && strings.HasPrefix(part.Type, "image/") {
		disposition = "inline"
	}
	name := part.Name
	if name == "" {
		name = "part-" + strconv.Itoa(n)
	}
	w.Header().Set("Content-Type", part.Type)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	w.Write(part.Data)
}

func (m *Mailbox) serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, mailboxFiles, "mailbox/style.css")
}

func (m *Mailbox) render(w http.ResponseWriter, status int, name string, page any) {
	var body bytes.Buffer
	if err := mailTemplates.ExecuteTemplate(&body, name, page); err != nil {
		m.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

func (m *Mailbox) fail(w http.ResponseWriter, err error) {
	m.log.Error("mailbox page", slog.Any("error", err))
	http.Error(w, "The mailbox cannot be read. The log says why.", http.StatusInternalServerError)
}

// webAddress finds addresses in plain text; a full stop or bracket after one belongs to the sentence.
var webAddress = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?')\]]`)

// linked escapes text and makes the addresses in it links.
func linked(text string) template.HTML {
	var out strings.Builder
	at := 0
	for _, found := range webAddress.FindAllStringIndex(text, -1) {
		address := template.HTMLEscapeString(text[found[0]:found[1]])
		out.WriteString(template.HTMLEscapeString(text[at:found[0]]))
		fmt.Fprintf(&out, `<a href="%s" rel="noreferrer">%s</a>`, address, address)
		at = found[1]
	}
	out.WriteString(template.HTMLEscapeString(text[at:]))
	return template.HTML(out.String())
}

func sizeWords(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1_000_000)
	}
}
