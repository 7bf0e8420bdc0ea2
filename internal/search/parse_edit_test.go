package search_test

import (
	"testing"

	"github.com/askwell/askwell/internal/search"
)

func TestReplaceLeavesTheRestAsItWasTyped(t *testing.T) {
	t.Parallel()
	status := func(value string) search.Condition { return search.Condition{Field: search.FieldStatus, Value: value} }
	for name, tt := range map[string]struct {
		typed string
		old   search.Condition
		with  []search.Condition
		want  string
	}{
		"taken out":            {`Green  Card status:open "lost it"`, status("open"), nil, `Green Card "lost it"`},
		"alone":                {"status:open", status("open"), nil, ""},
		"corrected":            {"card status:opne lost", status("opne"), []search.Condition{status("open")}, "card status:open lost"},
		"one of several":       {"status:open,pending card", status("open"), nil, "status:pending card"},
		"twice":                {"status:open card status:open", status("open"), nil, "card"},
		"left out":             {"-status:open card", search.Condition{Field: search.FieldStatus, Value: "open", Not: true}, nil, "card"},
		"not the opposite":     {"-status:open card", status("open"), nil, "-status:open card"},
		"in quotes":            {`queue:"my team" card`, search.Condition{Field: search.FieldQueue, Value: "my team"}, nil, "card"},
		"another name for it":  {"lang:es card", search.Condition{Field: search.FieldLanguage, Value: "es"}, nil, "card"},
		"no such operator":     {"stauts:open card", search.Condition{Field: "stauts", Value: "open"}, []search.Condition{status("open")}, "status:open card"},
		"no value":             {"card status:", status(""), nil, "card"},
		"not there":            {"card status:open", status("new"), nil, "card status:open"},
		"a quote with no end":  {`card "lost status:open`, status("open"), nil, `card "lost`},
		"a value with a space": {"card assignee:x", search.Condition{Field: "assignee", Value: "x"}, []search.Condition{{Field: "assignee", Value: "Ana B"}}, `card assignee:"Ana B"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := search.Replace(tt.typed, tt.old, tt.with...); got != tt.want {
				t.Errorf("Replace(%q) = %q, want %q", tt.typed, got, tt.want)
			}
		})
	}
}
