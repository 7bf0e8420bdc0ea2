package search

import (
	"fmt"
	"strconv"
	"strings"
)

// attributes of a ticket's document by field.
var attributes = map[Field]string{
	FieldStatus: "status", FieldCategory: "category", FieldQueue: "queue", FieldLink: "link_state", FieldLanguage: "language",
	FieldAssignee: "assignee", FieldAccount: "account", FieldFrom: "sender", FieldOpened: "opened_at",
}

// facetAttributes are counted; the months of FieldOpened are an attribute of their own.
var facetAttributes = map[Field]string{
	FieldStatus: "status", FieldCategory: "category", FieldQueue: "queue", FieldLink: "link_state", FieldLanguage: "language",
	FieldAssignee: "assignee", FieldOpened: "opened_month",
}

// filter says in Meilisearch's filter language what the plan's clauses say. Every text in it was found among the known ones
// before, and is quoted all the same.
func (p plan) filter() string {
	all := []string{"hidden = " + strconv.FormatBool(p.excluded())}
	for _, c := range p.clauses {
		var condition string
		switch {
		case c.field == FieldIs:
			continue
		case c.field == FieldOpened:
			condition = filterPeriods(c.spans)
		case c.ids != nil:
			condition = attributes[c.field] + " IN [" + joinedIDs(c.ids) + "]"
			if len(c.own) > 0 { // ticket.FollowsAccountSQL, in the words of a document
				condition += " OR (account IN [" + joinedIDs(c.own) + "] AND link_state IN [verified, corroborated, confirmed])"
			}
			condition = "(" + condition + ")"
		default:
			condition = attributes[c.field] + " IN [" + joined(c.texts, quote) + "]"
		}
		if c.not {
			condition = "NOT (" + condition + ")"
		}
		all = append(all, condition)
	}
	return strings.Join(all, " AND ")
}

func filterPeriods(spans []period) string {
	return "(" + strings.Join(mapped(spans, func(s period) string {
		var all []string
		if !s.from.IsZero() {
			all = append(all, fmt.Sprintf("opened_at >= %d", s.from.Unix()))
		}
		if !s.before.IsZero() {
			all = append(all, fmt.Sprintf("opened_at < %d", s.before.Unix()))
		}
		return "(" + strings.Join(all, " AND ") + ")"
	}), " OR ") + ")"
}

// quote writes a text as a value of Meilisearch's filter language.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func joinedIDs(ids []int64) string {
	return joined(ids, func(id int64) string { return strconv.FormatInt(id, 10) })
}

func joined[T any](all []T, write func(T) string) string {
	return strings.Join(mapped(all, write), ", ")
}

func mapped[T, U any](all []T, fn func(T) U) []U {
	out := make([]U, len(all))
	for i, v := range all {
		out[i] = fn(v)
	}
	return out
}
