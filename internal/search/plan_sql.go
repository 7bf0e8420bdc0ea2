package search

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/ticket"
)

// conditions collects what PostgreSQL is to check of a ticket t and its queue q, with numbered arguments.
type conditions struct {
	all  []string
	args []any
}

// bind takes an argument and gives its place, as $3.
func (c *conditions) bind(arg any) string {
	c.args = append(c.args, arg)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) say(not bool, condition string) {
	condition = "(" + condition + ")"
	if not {
		condition = "NOT " + condition
	}
	c.all = append(c.all, condition)
}

func (c *conditions) sql() string { return strings.Join(append([]string{"true"}, c.all...), " AND ") }

// columns of a ticket t, and of its queue q, by field. from is a field of its own: the address's first ticket.
var columns = map[Field]string{
	FieldStatus: "t.status", FieldCategory: "t.category", FieldQueue: "q.code", FieldLink: ticket.LinkShownSQL,
	FieldLanguage: "t.language", FieldAssignee: "COALESCE(t.assignee_id, 0)", FieldAccount: "t.account_id",
	FieldFrom:   "lower(t.applicant_email)",
	FieldOpened: "t.opened_at",
}

// facetColumns are what FacetFields are counted by, as Meilisearch's documents have it. %s is the desk's zone.
var facetColumns = map[Field]string{
	FieldStatus: "t.status", FieldCategory: "t.category", FieldQueue: "q.code", FieldLink: ticket.LinkShownSQL, FieldLanguage: "t.language",
	FieldAssignee: "COALESCE(t.assignee_id, 0)", FieldOpened: "to_char(t.opened_at AT TIME ZONE %s::text, 'YYYY-MM')",
}

// where says in SQL what the plan's clauses say, the same for both engines and for the exact look-up. anyway does not leave
// excluded tickets out.
func (p plan) where(c *conditions, anyway bool) {
	for _, cl := range p.clauses {
		switch cl.field {
		case FieldIs: // below
		case FieldOpened:
			c.say(cl.not, wherePeriods(c, cl.spans))
		case FieldFrom:
			c.say(cl.not, fmt.Sprintf(`%s IN (SELECT lower(applicant_email) FROM ticket WHERE id = ANY (%s))`, columns[cl.field], c.bind(cl.ids))+c.orFollows(cl.own))
		case FieldAssignee:
			c.say(cl.not, fmt.Sprintf(`%s = ANY (%s)`, columns[cl.field], c.bind(cl.ids)))
		case FieldAccount:
			c.say(cl.not, fmt.Sprintf(`COALESCE(%s = ANY (%s), false)`, columns[cl.field], c.bind(cl.ids)))
		default:
			c.say(cl.not, fmt.Sprintf(`(%s) = ANY (%s)`, columns[cl.field], c.bind(cl.texts)))
		}
	}
	if !anyway || p.excluded() {
		c.say(p.excluded(), `t.excluded_reason IS NULL`)
	}
}

// orFollows adds the tickets that follow one of the accounts, whatever address is written on them.
func (c *conditions) orFollows(accounts []int64) string {
	if len(accounts) == 0 {
		return ""
	}
	return ` OR COALESCE(t.account_id = ANY (` + c.bind(accounts) + `), false) AND ` + ticket.FollowsAccountSQL
}

// wherePeriods says of a t with a time of opening what the plan's clauses say of that alone.
func (p plan) wherePeriods(c *conditions) {
	for _, cl := range p.clauses {
		if cl.field == FieldOpened {
			c.say(cl.not, wherePeriods(c, cl.spans))
		}
	}
}

func wherePeriods(c *conditions, spans []period) string {
	var any []string
	for _, s := range spans {
		all := "true"
		if !s.from.IsZero() {
			all += " AND t.opened_at >= " + c.bind(s.from)
		}
		if !s.before.IsZero() {
			all += " AND t.opened_at < " + c.bind(s.before)
		}
		any = append(any, "("+all+")")
	}
	return strings.Join(any, " OR ")
}
