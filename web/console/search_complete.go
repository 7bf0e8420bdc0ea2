package console

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// operatorAnswer is what may stand before a colon in the search box, and what may follow it. Without values, Text is all that
// can be said of what follows.
type operatorAnswer struct {
	Name    string        `json:"name"`
	Aliases []string      `json:"aliases"`
	Text    string        `json:"text"`
	Values  []valueAnswer `json:"values"`
}

type valueAnswer struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// operatorsFor is how many seconds a browser may keep the operators: a new colleague or queue is offered after it.
const operatorsFor = "300"

// SearchOperators gives the search box what it completes: every operator with its other names and its values.
func (a *Area) SearchOperators(c *gin.Context) error {
	who, err := me(c)
	if err != nil {
		return err
	}
	k, err := a.known(c.Request.Context())
	if err != nil {
		return err
	}
	p := a.Pages.Printer(c)
	answers := []operatorAnswer{}
	for _, f := range search.Fields() {
		answers = append(answers, operatorAnswer{
			Name: string(f), Aliases: search.Aliases(f), Text: p.T("search_box.operator." + string(f)),
			Values: k.valuesOf(p, f, who, a.Now().In(a.Pages.Location)),
		})
	}
	c.Header("Cache-Control", "private, max-age="+operatorsFor)
	c.Header("Vary", "Cookie") // the language, and who asks
	c.JSON(http.StatusOK, answers)
	return nil
}

// valuesOf lists what a field takes, in the words of the page.
func (k known) valuesOf(p *messages.Printer, f search.Field, who staff.Member, now time.Time) []valueAnswer {
	values := []valueAnswer{}
	add := func(value, label string) { values = append(values, valueAnswer{value, label}) }
	switch f {
	case search.FieldStatus:
		for _, s := range ticket.Statuses() {
			add(string(s), p.T("status."+string(s)))
		}
	case search.FieldCategory:
		for _, c := range k.categories {
			add(c.Code, k.category(p, c.Code))
		}
	case search.FieldQueue:
		for _, q := range k.queues {
			add(q.Code, k.queue(p, q.Code))
		}
	case search.FieldLink:
		for _, s := range ticket.LinkStates() {
			add(string(s), p.Find("link_state."+string(s), string(s)))
		}
	case search.FieldLanguage:
		for _, code := range p.Under("console.language") {
			add(code, p.T("console.language."+code))
		}
	case search.FieldAssignee:
		add("me", p.T("console.me"))
		add("none", p.T("console.nobody"))
		for _, m := range k.staff {
			if m.ID != who.ID {
				add(m.Email, m.Name)
			}
		}
	case search.FieldOpened:
		return periods(p, now)
	case search.FieldIs:
		add("excluded", p.T("search_box.excluded"))
	default: // typed, not chosen
	}
	return values
}

// periods are examples of every form that the opening day takes.
func periods(p *messages.Printer, now time.Time) []valueAnswer {
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	quarter := month.AddDate(0, -2, 0)
	monthly := func(t time.Time) valueAnswer {
		return valueAnswer{t.Format("2006-01"), p.T("search_box.opened.month", "month", p.T("format.month."+t.Format("1")), "year", t.Format("2006"))}
	}
	return []valueAnswer{
		{"7d", p.T("search_box.opened.days", "count", 7)},
		{"30d", p.T("search_box.opened.days", "count", 30)},
		monthly(month), monthly(month.AddDate(0, -1, 0)),
		{now.Format("2006"), p.T("search_box.opened.year", "year", now.Format("2006"))},
		{">=" + month.Format(dayLayout), p.T("search_box.opened.since", "day", p.Date(month))},
		{"<" + month.Format(dayLayout), p.T("search_box.opened.before", "day", p.Date(month))},
		{quarter.Format("2006-01") + ".." + month.Format("2006-01"), p.T("search_box.opened.between", "first", monthly(quarter).Label, "last", monthly(month).Label)},
	}
}

// examples show what follows an operator; the category and the queue are of those that every desk begins with.
var examples = map[search.Field]string{
	search.FieldStatus: "open", search.FieldCategory: "card-not-received", search.FieldQueue: "cases", search.FieldLink: "conflict",
	search.FieldLanguage: "es", search.FieldAssignee: "me", search.FieldOpened: "30d", search.FieldAccount: "100000000093",
	search.FieldFrom: "name@example.org", search.FieldIs: "excluded",
}

// operators are the lines of the help card: each operator, then what goes for all of them and for words.
func operators(p *messages.Printer) []page.Operator {
	var lines []page.Operator
	for _, f := range search.Fields() {
		lines = append(lines, page.Operator{Example: search.Condition{Field: f, Value: examples[f]}.String(), Text: p.T("search_box.operator." + string(f))})
	}
	for _, key := range []string{"several", "not", "phrase", "without"} {
		lines = append(lines, page.Operator{Example: p.T("search_box.help." + key + ".example"), Text: p.T("search_box.help." + key + ".text")})
	}
	return lines
}
