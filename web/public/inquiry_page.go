package public

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// inquiryPage is what the form and the check page have in common.
type inquiryPage struct {
	page.Frame
	Steps    page.Steps
	Problems []page.Problem
	Notices  []page.Notice
	Files    []form.FileView
	Token    string
	Trap     string
	Asker    *account.Account // who asks from their account; nil for everybody else
	SignIn   *signInOffer
}

func (a *Area) newPage(c *gin.Context, f *sentForm, step int, key string) inquiryPage {
	frame := a.Pages.Frame(c)
	t := frame.Printer
	frame.Title = t.T("public." + key + ".title")
	frame.Path = formPath // the other addresses of the form only take a POST
	p := inquiryPage{
		Frame: frame, Token: f.Token.Text, Asker: f.asker, SignIn: f.signIn,
		Steps: page.Steps{Current: step, Labels: steps(t)},
	}
	if f.Trapped {
		p.Trap = "1" // hands on that it was filled in, not what with
	}
	p.Files = a.Forms.FileViews(t, f.Sent)
	if f.Masked {
		p.Notices = append(p.Notices, page.Notice{Kind: "warning", Title: t.T("public.masked.title"), Text: t.T("public.masked.text")})
	}
	return p
}

func steps(t *messages.Printer) []string {
	return []string{t.T("public.steps.form"), t.T("public.steps.check"), t.T("public.steps.sent")}
}

// formPage is the page to fill in.
type formPage struct {
	inquiryPage
	Category, Number, Name, Email, Subject, Question, Attachments page.Field
}

// showForm renders the form with what was typed, and what is wrong with it.
func (a *Area) showForm(c *gin.Context, status int, f *sentForm, wrong []form.Problem, notices ...page.Notice) error {
	list, err := a.offered(c)
	if err != nil && f.Category == "" && len(wrong) == 0 {
		return err // an empty form without its list helps nobody; what was typed is shown in any case
	}
	p := formPage{inquiryPage: a.newPage(c, f, 1, "form")}
	t := p.Printer
	summary, beside := form.Texts(t, "public", wrong)
	p.Problems, p.Error = summary, status >= http.StatusBadRequest
	p.Switch = &page.Switch{Form: "inquiry", Action: checkPath, Name: fieldChange, Value: changeForm}
	if len(wrong) > 0 {
		p.Switch.Value = changeWrong
	}
	p.Notices = append(notices, p.Notices...)
	field := func(name, value string) page.Field {
		return page.Field{
			Name: name, Value: value, Error: beside[name], Label: t.T("public.field." + name + ".label"),
			Hint: t.Find("public.field."+name+".hint", "", "limit", form.MaxFiles, "size", form.MaxFileSize>>20),
		}
	}
	p.Category = field(fieldCategory, f.Category)
	p.Category.Required, p.Category.Prompt, p.Category.Options = true, t.T("public.field.category.prompt"), optionGroups(list, t)
	p.Number = field(fieldNumber, withoutMarker(f.Number))
	p.Number.InputMode, p.Number.Autocomplete, p.Number.Shape, p.Number.Width = "text", "off", "account-number", "xl"
	p.Number.NoDraft = p.Number.Value != f.Number // a number that was taken out must not come back from the browser's draft
	if f.Reading.Masked {
		p.Notices = append(p.Notices, page.Notice{Kind: "warning", Title: t.T("public.masked.title"), Text: t.T("public.masked." + string(maskedKind(f.Reading)))})
	}
	p.Name = field(fieldName, f.Name)
	p.Name.Required, p.Name.Autocomplete = true, "name"
	p.Email = field(fieldEmail, f.Email)
	p.Email.Required, p.Email.Autocomplete, p.Email.Type, p.Email.InputMode = true, "email", "email", "email"
	p.Subject = field(fieldSubject, f.Subject)
	p.Subject.Required, p.Subject.MaxLength = true, ticket.MaxSubject
	p.Question = field(fieldQuestion, f.Question)
	p.Question.Required, p.Question.MaxLength, p.Question.Rows = true, ticket.MaxQuestion, 8
	p.Attachments = field(form.FieldFiles, "")
	p.Attachments.Optional = true
	p.Attachments.Accept, p.Attachments.Page = form.Accept, formPath
	return a.Pages.HTML(c, status, "public/inquiry_new", p)
}

// withoutMarker is what the number field shows of an entry out of which a number was taken.
func withoutMarker(number string) string {
	return strings.TrimSpace(strings.ReplaceAll(number, identifier.Marker, ""))
}

// checkRow is a line of the check page. Note says what a number looks like.
type checkRow struct {
	Field, Label, Value, Note string
	Masked                    bool
	Fixed                     bool // it is the account's and cannot be changed here
}

type hiddenField struct{ Name, Value string }

// checkPage shows the answers before they are sent.
type checkPage struct {
	inquiryPage
	Rows   []checkRow
	Hidden []hiddenField
	Retry  bool // it could not be sent: the button says so
}

// showCheck renders the answers with every field kept in the page.
func (a *Area) showCheck(c *gin.Context, status int, f *sentForm, notices ...page.Notice) error {
	return a.Pages.HTML(c, status, checkTemplate, a.checkPage(c, status, f, notices...))
}

const checkTemplate = "public/inquiry_check"

func (a *Area) checkPage(c *gin.Context, status int, f *sentForm, notices ...page.Notice) checkPage {
	key := "check"
	if f.signIn != nil {
		key = "signed_out"
	} else if status >= http.StatusBadRequest {
		key = "not_sent"
	}
	p := checkPage{inquiryPage: a.newPage(c, f, 2, key)}
	p.Error, p.Retry = status >= http.StatusBadRequest, status >= http.StatusBadRequest && f.signIn == nil
	p.Switch = &page.Switch{Form: "inquiry", Action: checkPath, Name: "show", Value: "check"}
	p.Notices = append(notices, p.Notices...)
	t := p.Printer
	if status == http.StatusOK {
		if reference := a.madeBefore(c, f); reference != "" {
			p.Notices = append(p.Notices, page.Notice{Kind: "info", Title: t.T("public.again.title", "reference", reference), Text: t.T("public.again.check")})
		}
	}
	list, _ := a.offered(c) // without the list the code's own words stand
	category := labelOf(list, f.Category, t)
	number := checkRow{Field: fieldNumber, Value: f.Number, Note: looksLike(t, f.Reading), Masked: f.Reading.Masked}
	if f.asker != nil {
		number = checkRow{Field: fieldNumber, Value: identifier.FormatAccountNumber(f.asker.Number), Fixed: true}
	}
	for _, row := range []checkRow{
		{Field: fieldCategory, Value: category}, number, {Field: fieldName, Value: f.Name, Fixed: f.asker != nil},
		{Field: fieldEmail, Value: f.Email, Fixed: f.asker != nil}, {Field: fieldSubject, Value: f.Subject}, {Field: fieldQuestion, Value: f.Question},
	} {
		row.Label = t.T("public.check." + row.Field)
		row.Fixed = row.Fixed || f.signIn != nil
		p.Rows = append(p.Rows, row)
	}
	p.Hidden = []hiddenField{
		{form.FieldToken, f.Token.Text}, {fieldCategory, f.Category}, {fieldNumber, f.Number}, {fieldName, f.Name},
		{fieldEmail, f.Email}, {fieldSubject, f.Subject}, {fieldQuestion, f.Question}, {fieldTrap, p.Trap},
		{fieldAsker, f.Raw(fieldAsker)},
	}
	for _, key := range f.Removed {
		p.Hidden = append(p.Hidden, hiddenField{form.FieldRemove, key})
	}
	return p
}

// looksLike says what another number than an account number looks like, by its shape alone: twelve digits are never spoken of,
// so that nobody learns here which numbers there are.
func looksLike(t *messages.Printer, r identifier.Reading) string {
	if r.Kind == identifier.KindNone || r.Kind == identifier.KindAccountNumber && !r.Masked || twelveDigits(r.Given) {
		return ""
	}
	kind := r.Kind
	if r.Masked {
		kind = maskedKind(r)
	}
	return t.Find("public.looks."+string(kind), t.T("public.looks.unusable"))
}

// maskedKind is the kind of number that was taken out: it stands last when an account number was beside it.
func maskedKind(r identifier.Reading) identifier.Kind { return r.Looks[len(r.Looks)-1] }

func twelveDigits(given string) bool {
	digits := 0
	for _, r := range identifier.Normalize(given) {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits == 12
}
