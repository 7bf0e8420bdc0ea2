package search

import (
	"slices"
	"strings"
)

// Field is what a condition is about. Its text is the operator in the box and the parameter in the address.
type Field string

// The fields.
const (
	FieldStatus   Field = "status"   // new, open, pending, on_hold, solved, closed
	FieldCategory Field = "category" // a category's code
	FieldQueue    Field = "queue"    // a queue's code
	FieldLink     Field = "link"     // a link state
	FieldLanguage Field = "language" // en, es, ...
	FieldAssignee Field = "assignee" // me, none, or a member's email address or row
	FieldAccount  Field = "account"  // an account number
	FieldFrom     Field = "from"     // an applicant's email address
	FieldOpened   Field = "opened"   // 2026-01-31, 2026-01, 2026, >2026-01-31, <=2026-01, 2026-01-01..2026-02-15, 30d
	FieldIs       Field = "is"       // excluded: merged, duplicate, spam or deleted, which no other search finds
)

// Fields lists every field, in the order in which a page shows them.
func Fields() []Field {
	return []Field{
		FieldStatus, FieldCategory, FieldQueue, FieldLink, FieldLanguage, FieldAssignee, FieldOpened, FieldAccount, FieldFrom, FieldIs,
	}
}

// FacetFields are those whose values are counted: Facets has these keys and no others. Those of FieldOpened are months
// (2026-01), of FieldAssignee rows of the staff and "none".
func FacetFields() []Field {
	return []Field{FieldStatus, FieldCategory, FieldQueue, FieldLink, FieldLanguage, FieldAssignee, FieldOpened}
}

// aliases are other names that people type.
var aliases = map[string]Field{"link_state": FieldLink, "lang": FieldLanguage, "assigned": FieldAssignee, "agent": FieldAssignee, "number": FieldAccount}

// Aliases lists the other names of a field.
func Aliases(f Field) []string {
	names := []string{}
	for name, field := range aliases {
		if field == f {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func fieldOf(name string) (Field, bool) {
	name = strings.ToLower(name)
	if f, known := aliases[name]; known {
		return f, true
	}
	return Field(name), slices.Contains(Fields(), Field(name))
}

// Condition is one filter. Several about one field mean any of them; those with Not all hold.
type Condition struct {
	Field Field
	Value string
	Not   bool
}

// String is the condition as it is typed.
func (c Condition) String() string {
	value := c.Value
	if strings.ContainsAny(value, " \t,\"") {
		value = `"` + strings.ReplaceAll(value, `"`, "") + `"`
	}
	if c.Not {
		return "-" + string(c.Field) + ":" + value
	}
	return string(c.Field) + ":" + value
}

// Problem is a condition that cannot be understood. Search leaves it out of account and reports it.
type Problem struct {
	Condition
	Code string // what is wrong, a problem's code
}

// The codes of problems.
const (
	ProblemEmpty    = "empty"    // no value
	ProblemUnknown  = "unknown"  // no such status, queue, member of staff ...
	ProblemShape    = "shape"    // no account number, address or date at all
	ProblemOperator = "operator" // no such operator; its text is searched for as words
)
