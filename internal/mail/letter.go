package mail

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	texttemplate "text/template"
	"unicode"
)

//go:embed templates
var templateFiles embed.FS

var (
	textTemplates = texttemplate.Must(texttemplate.ParseFS(templateFiles, "templates/*.txt"))
	htmlTemplates = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/*.html"))
)

// sheet is what the templates show.
type sheet struct {
	Texts
	Letter
	Agency     Agency
	Body       string   // a reply's
	Paragraphs []string // the same, split at empty lines
	StatusURL  string
}

// CategoryLabel is the category's label in the mail's language.
func (s sheet) CategoryLabel() string {
	return categoryLabel(s.Texts, s.Category, s.Label)
}

func categoryLabel(t Texts, code, label string) string {
	return t.Find("category."+code, cmp.Or(label, code))
}

// Topic is what the mail is about in one line.
func (s sheet) Topic() string { return cmp.Or(s.Subject, s.CategoryLabel()) }

// Promise says by when an answer comes.
func (s sheet) Promise() string { return s.T("mail.promise", "count", s.Agency.AnswerWithin) }

// Greeting addresses the applicant, if it is known who has the address.
func (s sheet) Greeting() string { return greeting(s.Texts, s.Name) }

func greeting(t Texts, name string) string {
	if name == "" {
		return t.T("mail.greeting_nobody")
	}
	return t.T("mail.greeting", "name", plain(name))
}

// sheet is all that a mail about a ticket says.
func (m *Mailer) sheet(l Letter, body string) sheet {
	s := sheet{
		Texts: m.cfg.Texts(l.Language), Letter: l, Agency: m.agency(l.Language),
		Body: lines(body), Paragraphs: paragraphs(body),
	}
	status := m.cfg.BaseURL.JoinPath("status")
	status.RawQuery = url.Values{"reference": {l.Reference}, "lang": {s.T("mail.language")}}.Encode()
	s.StatusURL = status.String()
	s.Subject, s.Name = plain(l.Subject), plain(l.Name)
	return s
}

func (s sheet) render(name string) (text, html string, err error) {
	var t, h bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&t, name+".txt", s); err != nil {
		return "", "", fmt.Errorf("render %s.txt: %w", name, err)
	}
	if err := htmlTemplates.ExecuteTemplate(&h, name+".html", s); err != nil {
		return "", "", fmt.Errorf("render %s.html: %w", name, err)
	}
	return t.String(), h.String(), nil
}

// visible maps away what has no place in a mail: control characters, and those that turn the direction of a line.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return ' '
	}
	return r
}

func paragraphs(body string) []string {
	var found []string
	for p := range strings.SplitSeq(lines(body), "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			found = append(found, p)
		}
	}
	return found
}

// lines gives every line end the same form. Lines stay as long as they are: the mail's encoding folds them.
func lines(body string) string {
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(visible, strings.ToValidUTF8(body, "\uFFFD")))
}
