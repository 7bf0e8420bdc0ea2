package page

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/web/messages"
)

// Frame is what every page stands in. Page data embeds it: struct{ page.Frame; ... }.
type Frame struct {
	Lang      string            // the language of the page, a code of the catalogue
	Dir       string            // its direction, ltr or rtl
	Languages []LanguageLink    // all languages when there is a choice, else empty
	Title     string            // what the page is, without the agency's name
	Error     bool              // the page tells of a problem: its title gets the prefix "Error: "
	Agency    Agency            // with the legal texts of Lang only
	Path      string            // where a language link leads back to; set it on pages that answer a POST
	Switch    *Switch           // how another language keeps what is typed; nil on pages where nothing is
	Member    *Member           // who is signed in to the console, nil on public pages
	Applicant *Applicant        // who is signed in to their account, nil for everybody else
	Query     string            // what the console's search box holds
	Operators []Operator        // what the search box understands
	Views     []ViewGroup       // the console's rail
	Flashes   []Flash           // what the page before wanted to say
	MailHeld  instance.Held     // why and since when no mail is sent
	BodyClass string            // a class for the page's own styles
	Theme     string            // light, dark, or empty to follow the system
	Printer   *messages.Printer `json:"-"`
	carries   bool              // the language stands in the page's address alone
	typedAs   string            // for whom the page is made, signed
	unsent    unsent            // the form that was kept
}

// LanguageLink leads to the same page in another language.
type LanguageLink struct {
	messages.Language
	URL     string
	Current bool
}

// Switch makes the language links buttons of the page's form, so that what is typed travels to the page in the other language.
type Switch struct {
	Form   string // the form's id
	Action string // what shows the page again
	Name   string // the button's name and value, by which the action knows
	Value  string
}

// fieldShow is a form's field that asks for its page again and for nothing else.
const fieldShow = "show"

// Again is the Switch of a form whose handler asks ShownAgain.
func Again(form, action string) *Switch {
	return &Switch{Form: form, Action: action, Name: fieldShow, Value: "again"}
}

// ShownAgain reports whether a form was sent to be shown again in another language.
func ShownAgain(c *gin.Context) bool { return c.PostForm(fieldShow) != "" }

// To is the address that shows the page in a language.
func (s Switch) To(lang string) string { return s.Action + "?" + url.Values{"lang": {lang}}.Encode() }

// At is a form's action. The language travels in it where the browser keeps no cookie of it.
func (f Frame) At(path string) string {
	if !f.carries {
		return path
	}
	return withLanguage(path, f.Lang)
}

func withLanguage(path, lang string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	query := u.Query()
	query.Set("lang", lang)
	u.RawQuery = query.Encode()
	return u.String()
}

// KeepLanguage is a middleware: a redirect keeps the language of a request whose browser keeps no cookie of it.
func (r *Renderer) KeepLanguage(c *gin.Context) {
	if lang, carried := r.carries(c); carried {
		c.Writer = &keepsLanguage{c.Writer, lang}
	}
	c.Next()
}

// carries reports whether the language of a request stands in its address alone.
func (r *Renderer) carries(c *gin.Context) (lang string, carried bool) {
	lang = r.Language(c)
	kept, _ := c.Cookie(languageCookie)
	return lang, c.Query("lang") == lang && kept != lang
}

// keepsLanguage writes the language into the address of a redirect.
type keepsLanguage struct {
	gin.ResponseWriter
	lang string
}

// Unwrap lets a deadline reach the connection.
func (w *keepsLanguage) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *keepsLanguage) WriteHeader(status int) {
	if to := w.Header().Get("Location"); status >= http.StatusMultipleChoices && status < http.StatusBadRequest && strings.HasPrefix(to, "/") {
		w.Header().Set("Location", withLanguage(to, w.lang))
	}
	w.ResponseWriter.WriteHeader(status)
}

// Member is the member of staff who reads the page.
type Member struct {
	ID    string
	Name  string
	Email string
	Role  string // agent, supervisor or administrator
}

// Applicant is whose account the reader is signed in to.
type Applicant struct{ Name, Number, Email string }

// Supervises says whether reports and queues are for this member.
func (m *Member) Supervises() bool {
	return m != nil && (m.Role == "supervisor" || m.Role == "administrator")
}

// Operator is something that the console's search box understands: what to type, and what it finds.
type Operator struct{ Example, Text string }

// ViewGroup is a heading in the console's rail with its views; an empty Title shows none.
type ViewGroup struct {
	Title string
	Views []View
}

// View is a line in the console's rail. A negative Count shows none.
type View struct {
	Label   string
	URL     string
	Icon    string
	Count   int
	Current bool
}

// Flash is a message that the next page shows once. Kind is success, info, warning or error.
type Flash struct {
	Kind string `json:"k"`
	Text string `json:"t"`
}

type framed interface{ frame() Frame }

func (f Frame) frame() Frame { return f }

const (
	languageCookie = "askwell_lang"
	themeCookie    = "askwell_theme"
	flashCookie    = "askwell_flash"
	memberKey      = "askwell.member"
	applicantKey   = "askwell.applicant"
	flashKey       = "askwell.flashes"
	maxFlashes     = 4
)

// Frame begins a page for this request. It takes the flash messages out, so call it once a page.
func (r *Renderer) Frame(c *gin.Context) Frame {
	p := r.Printer(c)
	f := Frame{
		Lang: p.Language.Code, Dir: p.Language.Dir, Path: c.Request.URL.Path, Printer: p,
		Agency: r.Agency.in(p.Language.Code), Theme: theme(c), Flashes: r.takeFlashes(c), Query: c.Query("q"),
	}
	if m, ok := c.Get(memberKey); ok {
		f.Member, _ = m.(*Member)
	}
	if a, ok := c.Get(applicantKey); ok {
		f.Applicant, _ = a.(*Applicant)
	}
	f.Languages = r.languageLinks(c, f.Lang)
	_, f.carries = r.carries(c)
	f.typedAs, f.unsent = c.GetString(typedAsKey), unsentOf(c)
	if GivenBack(c) != "" {
		f.Flashes = append(f.Flashes, Flash{Kind: "warning", Text: p.T("unsent.given_back")})
	}
	return f
}

// SetApplicant says whose account the reader is signed in to, for the frames of this request.
func SetApplicant(c *gin.Context, a *Applicant) { c.Set(applicantKey, a) }

// Burden says how long a form takes to fill in: the agency's own statement, else ours.
func (f Frame) Burden(minutes int) Text {
	if own := f.Agency.Burden; own.Words != "" {
		own.Words = strings.ReplaceAll(own.Words, "{minutes}", strconv.Itoa(minutes))
		return own
	}
	return Text{Words: f.Printer.T("form.burden", "count", minutes)}
}

// SetMember says who is signed in, for the frames of this request.
func SetMember(c *gin.Context, m *Member) { c.Set(memberKey, m) }

// Language is the reader's language: ?lang= (which is kept in a cookie), else the cookie, else the default. What the browser
// asks for is not looked at: the same address shows the same page to everybody who chose nothing.
func (r *Renderer) Language(c *gin.Context) string {
	choice := r.languages(c)
	offered := func(code string) bool {
		return slices.ContainsFunc(choice, func(l messages.Language) bool { return l.Code == code })
	}
	if asked := c.Query("lang"); asked != "" && offered(asked) {
		if isGet(c) && !c.GetBool(languageCookie) {
			c.Set(languageCookie, true)
			r.setCookie(c, languageCookie, asked, 365*24*3600)
		}
		return asked
	}
	if kept, err := c.Cookie(languageCookie); err == nil && offered(kept) {
		return kept
	}
	if !offered(r.Config.Language) {
		return messages.Fallback
	}
	return r.Config.Language
}

// languages are those that the page asked for can be read in: the staff's pages are in fewer than the applicants'.
func (r *Renderer) languages(c *gin.Context) []messages.Language {
	if path := c.Request.URL.Path; path == "/console" || strings.HasPrefix(path, "/console/") {
		return r.staff
	}
	return r.Messages.Languages()
}

func (r *Renderer) languageLinks(c *gin.Context, current string) []LanguageLink {
	all := r.languages(c)
	if len(all) < 2 {
		return nil
	}
	links := make([]LanguageLink, 0, len(all))
	for _, l := range all {
		query := url.Values{}
		if isGet(c) {
			query = c.Request.URL.Query()
		}
		query.Set("lang", l.Code)
		links = append(links, LanguageLink{Language: l, URL: "?" + query.Encode(), Current: l.Code == current})
	}
	return links
}

// Flash keeps a message for the next page, in a cookie: it must hold nothing that the reader's browser may not.
func (r *Renderer) Flash(c *gin.Context, kind, text string) {
	var waiting []Flash
	if v, ok := c.Get(flashKey); ok {
		waiting, _ = v.([]Flash)
	}
	waiting = append(waiting, Flash{Kind: kind, Text: text})
	c.Set(flashKey, waiting)
	data, err := json.Marshal(waiting)
	if err != nil {
		return // strings always marshal
	}
	r.setCookie(c, flashCookie, base64.RawURLEncoding.EncodeToString(data), 60)
}

func (r *Renderer) takeFlashes(c *gin.Context) []Flash {
	kept, err := c.Cookie(flashCookie)
	if err != nil || kept == "" {
		return nil
	}
	r.setCookie(c, flashCookie, "", -1)
	data, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil {
		return nil
	}
	var flashes []Flash
	if json.Unmarshal(data, &flashes) != nil || len(flashes) > maxFlashes {
		return nil
	}
	return slices.DeleteFunc(flashes, func(f Flash) bool {
		return !slices.Contains([]string{"success", "info", "warning", "error"}, f.Kind) || f.Text == ""
	})
}

// setCookie takes the place of a cookie of that name that this answer sets already.
func (r *Renderer) setCookie(c *gin.Context, name, value string, seconds int) {
	header := c.Writer.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(s string) bool { return strings.HasPrefix(s, name+"=") })
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: r.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// theme is the colour scheme the reader chose; the switch on the page sets the cookie.
func theme(c *gin.Context) string {
	if kept, err := c.Cookie(themeCookie); err == nil && (kept == "light" || kept == "dark") {
		return kept
	}
	return ""
}
