package public

import (
	"html"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/web/form"
)

// stencil is the page of a refused inquiry, rendered once by its template and cut where what was typed stands: whole texts and quoted
// attributes. In a flood most answers are this page, and rendering it takes forty times as long as filling it in.
type stencil struct {
	texts []string // one more than slots
	slots []int
	size  int
}

// stencilKey is what the page depends on beside what was typed.
type stencilKey struct {
	lang    string
	carries bool // the language is in the form's addresses
	number  bool // something is typed in the number's field
}

// What is typed, in the order of slots; the category's label comes last.
const slotCount = 8

// The characters around a slot's number are for private use: no text of ours has them.
const slotOpen, slotClose = "\uE0F0", "\uE0F1"

func slotMark(slot int) string { return slotOpen + string(rune('a'+slot)) + slotClose }

// stencilled is the page of a refused inquiry, as showCheck renders it; false for one that has more to show than six answers.
func (a *Area) stencilled(c *gin.Context, f *sentForm) ([]byte, bool) {
	plain := f.Fresh && len(f.Files)+len(f.FileProblems)+len(f.Removed)+len(f.Broken) == 0 && !f.TooLarge && !f.Masked && !f.Reading.Masked &&
		!f.Trapped && f.Raw(fieldAsker) == ""
	typed := f.Category != "" && f.Name != "" && f.Email != "" && f.Subject != "" && f.Question != ""
	frame := a.Pages.Frame(c)
	if !plain || !typed || len(frame.Flashes) > 0 || looksLike(frame.Printer, f.Reading) != "" {
		return nil, false
	}
	key := stencilKey{frame.Lang, frame.At(formPath) != formPath, f.Number != ""}
	s, known := a.stencils.Load(key)
	if !known {
		made, err := a.newStencil(c, key.number)
		if err != nil {
			return nil, false // showCheck tells
		}
		s, _ = a.stencils.LoadOrStore(key, made)
	}
	return s.(*stencil).fill([slotCount]string{
		f.Token.Text, f.Category, f.Number, f.Name, f.Email, f.Subject, f.Question, labelOf(a.categories.known(), f.Category, frame.Printer),
	}), true
}

func (a *Area) newStencil(c *gin.Context, number bool) (*stencil, error) {
	f := &sentForm{Sent: &form.Sent{Token: form.Token{Text: slotMark(0)}}, answers: answers{
		Category: slotMark(1), Name: slotMark(3), Email: slotMark(4), Subject: slotMark(5), Question: slotMark(6), Reading: identifier.Read(""),
	}}
	if number {
		f.Number = slotMark(2)
	}
	p := a.checkPage(c, http.StatusServiceUnavailable, f, a.busyNotice(c))
	p.Rows[0].Value = slotMark(slotCount - 1)
	body, err := a.Pages.Render(c, checkTemplate, p)
	if err != nil {
		return nil, err
	}
	s := &stencil{size: len(body) + len(body)/2}
	for i, text := range strings.Split(string(body), slotOpen) {
		if i > 0 {
			s.slots = append(s.slots, int(text[0]-'a'))
			text = text[1+len(slotClose):]
		}
		s.texts = append(s.texts, text)
	}
	return s, nil
}

func (s *stencil) fill(values [slotCount]string) []byte {
	for i := range values {
		values[i] = html.EscapeString(values[i])
	}
	b := make([]byte, 0, s.size)
	for i, text := range s.texts {
		b = append(b, text...)
		if i < len(s.slots) {
			b = append(b, values[s.slots[i]]...)
		}
	}
	return b
}
