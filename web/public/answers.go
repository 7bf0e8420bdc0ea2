package public

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
)

// The fields of the form, fixed by its users: programs fill it in too.
const (
	fieldCategory = "category"
	fieldNumber   = "account_number"
	fieldName     = "name"
	fieldEmail    = "email"
	fieldSubject  = "subject"
	fieldQuestion = "question"

	fieldTrap   = "homepage" // hidden from people: what fills it in is a program
	fieldChange = "change"
	fieldAsker  = "asking_as" // the number of the account that the form was shown to
)

// answers are what an applicant typed, cleaned: no invalid UTF-8, and no number that must not be kept.
type answers struct {
	Category, Number, Name, Email, Subject, Question string

	Reading identifier.Reading // of the number field
	Found   identifier.Reading // of the field, or else of the subject and the question
	Masked  bool               // a number that must not be kept was taken out of the other fields
	Broken  []string           // fields that held bytes that are no text
	Trapped bool
}

// sentForm is the inquiry's form as it came in.
type sentForm struct {
	*form.Sent
	answers
	change string
	asker  *account.Account // who asks, when they are signed in: name, address and number are theirs, whatever the form says
	alone  bool             // who asked from an account asks without it now

	askerGone bool         // the form was shown to an account's owner who is not signed in now
	signIn    *signInOffer // on the page that says so
}

// readForm reads the form, files as they arrive into the store. Errors: invalid for what no browser sends.
func (a *Area) readForm(c *gin.Context) (*sentForm, error) {
	sent, err := a.Forms.Read(c)
	if err != nil {
		return nil, err
	}
	f := &sentForm{Sent: sent, answers: clean(sent.Raw), change: sent.Raw(fieldChange)}
	f.alone = f.change == changeAlone
	if !c.GetBool(busyKey) { // nobody looked who is signed in
		a.askFrom(c, f)
	}
	return f, nil
}

// ask takes over who asks from their account.
func (f *sentForm) ask(mine account.Account) {
	f.asker = &mine
	f.Name, f.Email, f.Number = mine.Name, mine.Email, ""
	f.Reading = identifier.Read("")
	f.Found = identifier.Read(mine.Number)
	f.Broken = slices.DeleteFunc(f.Broken, func(field string) bool { return field == fieldName || field == fieldEmail })
}

// clean takes what the fields held as sent. What must not be kept is in no field of the result.
func clean(sent func(field string) string) answers {
	var a answers
	read := func(name string, lines bool) string {
		text, broken := form.Plain(sent(name), lines)
		if broken {
			a.Broken = append(a.Broken, name)
		}
		return text
	}
	masked := func(text string) string {
		text, kinds := identifier.MaskSensitive(text)
		a.Masked = a.Masked || len(kinds) > 0
		return text
	}
	a.Category = read(fieldCategory, false)
	a.Name = masked(read(fieldName, false))
	a.Email = identifier.CleanEmail(read(fieldEmail, false))
	a.Subject = masked(read(fieldSubject, false))
	a.Question = masked(read(fieldQuestion, true))
	number, _ := form.Plain(sent(fieldNumber), false) // whatever it is, it is no error
	a.Reading = identifier.Read(number)
	a.Number = a.Reading.Given
	a.Found = identifier.ReadInquiry(number, a.Subject, a.Question)
	a.Trapped = strings.TrimSpace(sent(fieldTrap)) != ""
	return a
}

// problems lists what must be mended, in the order of the form. known says whether the agency has the category.
func (a answers) problems(known func(category string) bool) []form.Problem {
	var found []form.Problem
	add := func(field, code string) { found = append(found, form.Problem{Field: field, Code: code}) }
	check := func(field, value string, limit int) bool {
		p, wrong := form.CheckText(field, value, slices.Contains(a.Broken, field), limit)
		if wrong {
			found = append(found, p)
		}
		return !wrong
	}
	switch {
	case a.Category == "":
		add(fieldCategory, "missing")
	case !known(a.Category):
		add(fieldCategory, "unknown")
	}
	check(fieldName, a.Name, ticket.MaxName)
	if check(fieldEmail, a.Email, ticket.MaxEmail) && !identifier.ValidEmail(a.Email) {
		add(fieldEmail, "invalid")
	}
	check(fieldSubject, a.Subject, ticket.MaxSubject)
	check(fieldQuestion, a.Question, ticket.MaxQuestion)
	return found
}
