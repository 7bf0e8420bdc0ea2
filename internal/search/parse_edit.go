package search

import (
	"slices"
	"strings"
	"unicode"
)

// Replace gives a typed text with a condition exchanged for others, or taken out when there are none. The rest stays as it was,
// blanks aside. A condition that Parse reported as a problem is found, too.
func Replace(typed string, old Condition, with ...Condition) string {
	var kept []string
	for rest := strings.TrimSpace(plain(typed)); rest != ""; {
		var one Typed
		after := one.take(rest)
		token := strings.TrimSpace(rest[:len(rest)-len(after)])
		rest = strings.TrimLeftFunc(after, unicode.IsSpace)
		at := slices.Index(one.Conditions, old)
		switch {
		case at >= 0: // one of several values behind one operator leaves the others
			kept = append(kept, written(slices.Replace(one.Conditions, at, at+1, with...))...)
		case slices.ContainsFunc(one.Problems, func(p Problem) bool { return p.Condition == old }):
			kept = append(kept, written(with)...)
		default:
			kept = append(kept, token)
		}
	}
	return strings.Join(kept, " ")
}

func written(all []Condition) []string { return mapped(all, Condition.String) }
