package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
)

const (
	searchPath = "/console/search"
	pageOfHits = 25
	// maxConditions is how many filters an address may hold; the facets have fewer values that a person would choose.
	maxConditions = 50
	// maxValue is the longest value of a filter, in characters; an email address has at most 254.
	maxValue = 254
)

// The parameters of a search's address beside search.Fields, whose names and values are those of the operators in the box; a
// dash before a value turns it around (status=-open).
const (
	paramText   = "q"
	paramKind   = "kind"
	paramSort   = "sort"
	paramOffset = "offset"
	paramSince  = "since"  // of the form of days; becomes opened=
	paramUntil  = "until"  // the same
	paramListed = "listed" // an identifier is shown among the results and does not lead to its record

	relevance = "relevance" // stands for search.SortRelevance in an address
)

// searchQuery is what the address of a search says.
type searchQuery struct {
	Text       string
	Cut        bool // the text was too long
	Kind       string
	Conditions []search.Condition // chosen beside the box
	Sort       search.Sort
	Offset     int
	Listed     bool
	Problems   []search.Problem // what no search understands; it is left out
	TooMany    bool             // filters beyond maxConditions are left out
}

func readSearchQuery(v url.Values) searchQuery {
	q := searchQuery{Listed: v.Get(paramListed) != ""}
	q.Text, q.Cut = queryText(v.Get(paramText))
	q.Kind = q.oneOf(paramKind, v.Get(paramKind), search.KindTicket, search.KindAccount)
	if s := q.oneOf(paramSort, v.Get(paramSort), relevance, string(search.SortNewest), string(search.SortOldest)); s != relevance {
		q.Sort = search.Sort(s)
	}
	q.Offset = q.number(paramOffset, v.Get(paramOffset), 0, search.MaxOffset)
	for _, field := range search.Fields() {
		for _, value := range v[string(field)] {
			q.choose(field, value)
		}
	}
	if span := daysBetween(v.Get(paramSince), v.Get(paramUntil)); span != "" {
		q.choose(search.FieldOpened, span)
	}
	return q
}

// choose adds a filter; one without a value, as a form sends it, is none.
func (q *searchQuery) choose(field search.Field, value string) {
	value, _ = cleaned(value, maxValue)
	c := search.Condition{Field: field, Value: value}
	if rest, found := strings.CutPrefix(value, "-"); found {
		c.Value, c.Not = strings.TrimSpace(rest), true
	}
	switch {
	case c.Value == "", slices.Contains(q.Conditions, c):
	case len(q.Conditions) == maxConditions:
		q.TooMany = true
	default:
		q.Conditions = append(q.Conditions, c)
	}
}

// oneOf reads a parameter that has few values; "" when there is none or another one.
func (q *searchQuery) oneOf(name, value string, known ...string) string {
	if value == "" || slices.Contains(known, value) {
		return value
	}
	q.problem(name, value, search.ProblemUnknown)
	return ""
}

// number reads a whole number, least when there is none or another text.
func (q *searchQuery) number(name, value string, least, most int) int {
	if value == "" {
		return least
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		q.problem(name, value, search.ProblemShape)
		n = min(max(n, least), most)
	}
	return n
}

func (q *searchQuery) problem(name, value, code string) {
	value, _ = cleaned(value, maxValue)
	q.Problems = append(q.Problems, search.Problem{Condition: search.Condition{Field: search.Field(name), Value: value}, Code: code})
}

// queryText reads what was typed; cut when only its beginning counts.
func queryText(q string) (text string, cut bool) { return cleaned(q, search.MaxText) }

// cleaned cuts what cannot have been meant: control characters, invalid bytes and anything past some characters.
func cleaned(s string, most int) (text string, cut bool) {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, " "), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if utf8.RuneCountInString(text) <= most {
		return text, false
	}
	return strings.TrimSpace(string([]rune(text)[:most])), true
}

// daysBetween is the value of FieldOpened for two days, either of which may be missing; "" for neither.
func daysBetween(since, until string) string {
	switch since, until = day(since), day(until); {
	case since != "" && until != "":
		return min(since, until) + ".." + max(since, until)
	case since != "":
		return ">=" + since
	case until != "":
		return "<=" + until
	}
	return ""
}

// days reads daysBetween back.
func days(value string) (since, until string, ok bool) {
	if first, last, between := strings.Cut(value, ".."); between {
		return day(first), day(last), day(first) != "" && day(last) != ""
	}
	if since, found := strings.CutPrefix(value, ">="); found {
		return day(since), "", day(since) != ""
	}
	until, found := strings.CutPrefix(value, "<=")
	return "", day(until), found && day(until) != ""
}

// Asked reports whether there is anything to look for.
func (q searchQuery) Asked() bool { return q.Text != "" || len(q.Conditions) > 0 }

// request is the search for a member whose days are those of the place.
func (q searchQuery) request(who staff.Member, place *time.Location) search.Query {
	return search.Query{
		For: who, Text: q.Text, Conditions: q.Conditions, Kind: q.Kind, Sort: q.Sort, Offset: q.Offset, Limit: pageOfHits,
		Facets: true, Location: place,
	}
}

func (q searchQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{paramText: q.Text, paramKind: q.Kind, paramSort: string(q.Sort)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Offset > 0 {
		v.Set(paramOffset, strconv.Itoa(q.Offset))
	}
	for _, c := range q.Conditions {
		v.Add(string(c.Field), parameter(c))
	}
	if q.Listed {
		v.Set(paramListed, "1")
	}
	return v
}

// parameter is a condition's value as an address has it.
func parameter(c search.Condition) string {
	if c.Not {
		return "-" + c.Value
	}
	return c.Value
}

// url is the address of the search.
func (q searchQuery) url() string {
	if v := q.values(); len(v) > 0 {
		return searchPath + "?" + v.Encode()
	}
	return searchPath
}

// fromStart is the search from its first result on.
func (q searchQuery) fromStart() searchQuery {
	q.Offset = 0
	return q
}

func (q searchQuery) at(offset int) string {
	q.Offset = offset
	return q.url()
}

func (q searchQuery) of(kind string) string {
	q = q.fromStart()
	q.Kind = kind
	if kind == search.KindAccount {
		q.Conditions = nil // they are about tickets
	}
	return q.url()
}

func (q searchQuery) sorted(s search.Sort) string {
	q = q.fromStart()
	q.Sort = s
	return q.url()
}

// with is the search with one more condition.
func (q searchQuery) with(c search.Condition) searchQuery {
	q = q.fromStart()
	q.Conditions = append(slices.Clone(q.Conditions), c)
	return q
}

// without is the search without conditions, wherever they stand: beside the box or in its text.
func (q searchQuery) without(gone func(search.Condition) bool) searchQuery {
	q = q.fromStart()
	q.Conditions = slices.DeleteFunc(slices.Clone(q.Conditions), gone)
	for _, c := range search.Parse(q.Text).Conditions {
		if gone(c) {
			q.Text = search.Replace(q.Text, c)
		}
	}
	return q
}

// instead is the search with one condition in the place of another.
func (q searchQuery) instead(old search.Condition, with ...search.Condition) searchQuery {
	q = q.fromStart()
	if at := slices.Index(q.Conditions, old); at >= 0 {
		q.Conditions = slices.Replace(slices.Clone(q.Conditions), at, at+1, with...)
	}
	q.Text = search.Replace(q.Text, old, with...)
	return q
}
