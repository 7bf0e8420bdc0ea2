package public

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/page"
)

// privacySections are the parts of our own notice, in order; each has a title and a text.
var privacySections = []string{"use", "readers", "choice", "keep", "device", "rights"}

// privacyPage is the notice. Written is the language it is written in, when that is another than the page's.
type privacyPage struct {
	page.Frame
	Written  string
	Sections []privacySection
}

// privacySection is a part of the notice; the first one of an agency's own notice may have no title.
type privacySection struct {
	Title      string
	Paragraphs []string
}

// Privacy is GET /privacy: the agency's privacy notice, else ours. Anybody may call it.
func (a *Area) Privacy(c *gin.Context) error {
	p := privacyPage{Frame: a.Pages.Frame(c)}
	t := p.Printer
	p.Title = t.T("public.privacy.title")
	own, written := a.Settings.Agency.PrivacyText.In(p.Lang)
	if own == "" {
		p.Sections = append(p.Sections, privacySection{Paragraphs: []string{t.T("public.privacy.lead")}})
		for _, name := range privacySections {
			key := "public.privacy." + name
			p.Sections = append(p.Sections, privacySection{t.T(key + ".title"), []string{t.T(key + ".text")}})
		}
		return a.Pages.HTML(c, http.StatusOK, "public/privacy", p)
	}
	if written != p.Lang {
		p.Written = written
	}
	p.Sections = sectionsOf(own)
	return a.Pages.HTML(c, http.StatusOK, "public/privacy", p)
}

// sectionsOf reads a notice: a line that begins with "# " is a title, every other one a paragraph.
func sectionsOf(text string) []privacySection {
	sections := []privacySection{{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		last := &sections[len(sections)-1]
		switch title, is := strings.CutPrefix(line, "# "); {
		case is:
			sections = append(sections, privacySection{Title: title})
		case line != "":
			last.Paragraphs = append(last.Paragraphs, line)
		}
	}
	return sections
}
