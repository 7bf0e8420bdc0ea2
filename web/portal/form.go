package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/password"
	forms "github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/page"
)

// form is a page with fields.
type form struct {
	page.Frame
	Problems []page.Problem
	wrong    map[string]string
}

// newForm begins the page whose title is the message portal.<key>.title. path is an address that can be asked for, for the language links.
func (a *Area) newForm(c *gin.Context, key, path string) form {
	f := form{Frame: a.Pages.Frame(c), wrong: map[string]string{}}
	f.Title, f.Path = f.Printer.T("portal."+key+".title"), path
	return f
}

// typedForm is newForm for a page on which something is typed: another language keeps it.
func (a *Area) typedForm(c *gin.Context, key, path string) form {
	f := a.newForm(c, key, path)
	f.Switch = page.Again("form", path)
	return f
}

// refuse takes over what is wrong with fields: the messages portal.problem.<field>.<code>. What has no message there is of any field.
func (f *form) refuse(fields ...failure.Field) {
	for _, w := range fields {
		key := "portal.problem." + w.Name + "." + w.Code
		if !f.Printer.Has(key) {
			key = "portal.problem.any." + w.Code
		}
		f.problem(w.Name, f.Printer.T(key, "limit", limits[w.Name], "least", password.Min, "most", password.Max))
	}
}

// limits are those that the messages tell, in characters.
var limits = map[string]int{"name": 128, "email": 254, "address": 1000}

func (f *form) problem(field, text string) {
	f.Problems = append(f.Problems, page.Problem{Field: field, Text: text})
	if f.wrong[field] == "" {
		f.wrong[field] = text
	}
	f.Error = true
}

// field is a text field whose words are portal.field.<name>.label and .hint.
func (f *form) field(name, value string, change ...func(*page.Field)) page.Field {
	p := page.Field{
		Name: name, Value: value, Error: f.wrong[name], Required: true,
		Label: f.Printer.T("portal.field." + name + ".label"), Hint: f.Printer.Find("portal.field."+name+".hint", "", "least", password.Min),
	}
	for _, fn := range change {
		fn(&p)
	}
	return p
}

func email(p *page.Field) { p.Type, p.InputMode, p.Autocomplete = "email", "email", "email" }

// accountName is a field that takes an address or an account number. Its words are portal.field.account_name.*.
func (f *form) accountName(p *page.Field) {
	p.Label, p.Hint = f.Printer.T("portal.field.account_name.label"), f.Printer.T("portal.field.account_name.hint")
	p.InputMode, p.Autocomplete, p.Verbatim = "email", "username", true
}

func currentPassword(p *page.Field) { p.Type, p.Autocomplete = "password", "current-password" }

func newPassword(p *page.Field) { p.Type, p.Autocomplete = "password", "new-password" }

// status is that of a page with or without problems.
func (f *form) status() int {
	if f.Error {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// locked says when to try again, if that is what err is about; wait is how long.
func (f *form) locked(c *gin.Context, err error, now time.Time) bool {
	var locked *guard.Locked
	if !errors.As(err, &locked) {
		return false
	}
	f.wait(c, locked.Until.Sub(now))
	return true
}

// wait has somebody come back later: status 429.
func (f *form) wait(c *gin.Context, wait time.Duration) {
	forms.RetryAfter(c, wait)
	f.problem("", f.Printer.T("portal.problem.wait", "wait", forms.WaitText(f.Printer, wait)))
}

// typed gives a field of the form without blanks at its ends.
func typed(c *gin.Context, name string) string { return strings.TrimSpace(c.PostForm(name)) }

// born reads the three fields of a date of birth; the zero time when they are no day.
func born(c *gin.Context) time.Time {
	number := func(name string) int {
		n, err := strconv.Atoi(typed(c, name))
		if err != nil {
			return -1
		}
		return n
	}
	y, m, d := number("birth_year"), number("birth_month"), number("birth_day")
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1000 || y > 9999 || t.Year() != y || int(t.Month()) != m || t.Day() != d {
		return time.Time{}
	}
	return t
}

// dateFields is a date in three fields, as typed. Months are named: which comes first, day or month, differs from country to country.
type dateFields struct {
	Error            string
	Day, Month, Year string
	Months           []page.Option
}

func (f *form) date(day, month, year string) dateFields {
	d := dateFields{Error: f.wrong["date_of_birth"], Day: day, Month: month, Year: year}
	for m := time.January; m <= time.December; m++ {
		d.Months = append(d.Months, page.Option{Value: strconv.Itoa(int(m)), Label: f.Printer.T("portal.month." + strconv.Itoa(int(m)))})
	}
	return d
}
