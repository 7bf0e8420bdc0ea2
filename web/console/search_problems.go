package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/search"
)

// searchProblem is a part of a search that was left out of account: what is wrong, what was probably meant, and how to be rid
// of it.
type searchProblem struct {
	search.Problem
	Text    string
	Nearest string // as it would be typed; "" when nothing is near
	Fix     string // the search with Nearest
	Drop    string // the search without
}

const (
	shownProblems = 5  // are told one by one
	toldValue     = 40 // characters of a value are quoted
)

// problems explains what was left out of account.
func (d *searchPage) problems() []searchProblem {
	var all []searchProblem
	for _, p := range slices.Concat(d.Search.Problems, d.Results.Problems) {
		told := searchProblem{Problem: p, Text: d.problemText(p), Drop: d.Search.instead(p.Condition).url()}
		if meant, ok := d.nearest(p); ok {
			told.Nearest, told.Fix = meant.String(), d.Search.instead(p.Condition, meant).url()
		}
		all = append(all, told)
	}
	return all
}

// ShownProblems are as many as a reader can take in.
func (d *searchPage) ShownProblems() []searchProblem {
	return d.Problems[:min(len(d.Problems), shownProblems)]
}

// MoreProblems is how many there are beside them.
func (d *searchPage) MoreProblems() int { return len(d.Problems) - len(d.ShownProblems()) }

// problemText says what is wrong in the words of the field, if it has some.
func (d *searchPage) problemText(p search.Problem) string {
	key := "console.search.problem." + p.Code
	if d.Printer.Has(key + "_" + string(p.Field)) {
		key += "_" + string(p.Field)
	}
	value, cut := cleaned(p.Value, toldValue)
	if cut {
		value += "…"
	}
	return d.Printer.T(key, "field", string(p.Field), "value", value)
}

// nearest is the condition that was probably meant.
func (d *searchPage) nearest(p search.Problem) (search.Condition, bool) {
	meant := p.Condition
	switch p.Code {
	case search.ProblemOperator:
		name := nearestOf(string(p.Field), fieldNames())
		meant.Field = search.Field(name)
		return meant, name != ""
	case search.ProblemUnknown:
		candidates := d.candidates(p.Field)
		at := nearestAt(strings.ToLower(p.Value), candidates)
		if at < 0 {
			return meant, false
		}
		meant.Value = candidates[at].value
		return meant, true
	default:
		return meant, false
	}
}

// suggestion is a value with the texts by which people call it.
type suggestion struct {
	value string
	names []string
}

// candidates are the values that the search box offers for a field, with what people call them; of a colleague the row too. Those
// of languages and days are only examples: another one is no slip.
func (d *searchPage) candidates(field search.Field) []suggestion {
	if field == search.FieldLanguage || field == search.FieldOpened {
		return nil
	}
	rows := map[string]string{}
	for _, m := range d.known.staff {
		rows[m.Email] = strconv.FormatInt(m.ID, 10)
	}
	var all []suggestion
	for _, v := range d.known.valuesOf(d.Printer, field, d.who, time.Time{}) {
		names := []string{strings.ToLower(v.Value), strings.ToLower(v.Label)}
		if row := rows[v.Value]; field == search.FieldAssignee && row != "" {
			names = append(names, row)
		}
		all = append(all, suggestion{strings.ToLower(v.Value), names})
	}
	return all
}

// nearestOf is the text that the typed one was probably meant to be, "" when none is near.
func nearestOf(typed string, texts []string) string {
	var all []suggestion
	for _, t := range texts {
		all = append(all, suggestion{t, []string{t}})
	}
	if at := nearestAt(strings.ToLower(typed), all); at >= 0 {
		return all[at].value
	}
	return ""
}

// nearestAt finds the candidate that was probably meant: one with a name that begins with what was typed or holds it as a word,
// else the one that is the fewest slips away, at most a third of the letters; -1 for none.
func nearestAt(typed string, all []suggestion) int {
	best, least := -1, len([]rune(typed))/3+1
	for i, c := range all {
		for _, name := range c.names {
			if len(typed) >= 3 && (strings.HasPrefix(name, typed) || slices.Contains(strings.FieldsFunc(name, notLetter), typed)) {
				return i
			}
			if apart := len(name) - len(typed); max(apart, -apart) > 4*least {
				continue // so many letters more or less cannot be slips
			}
			if n := search.Slips(typed, name); n < least {
				best, least = i, n
			}
		}
	}
	return best
}

func notLetter(r rune) bool { return strings.ContainsRune(" -_.@", r) }
