package relevance

import (
	"fmt"
	"slices"
)

// Goal is what an engine has to reach over some classes, as shares of the queries.
type Goal struct {
	Name        string
	Classes     []string
	First, Five float64
}

// Met reports whether a report reaches the goal, and says what it reaches.
func (g Goal) Met(r Report) (met bool, got string) {
	first, five := r.Total(g.Classes...).Shares()
	return first >= g.First && five >= g.Five, fmt.Sprintf("%.0f %% come first, %.0f %% among five", 100*first, 100*five)
}

func (g Goal) String() string {
	return fmt.Sprintf("%s: %.0f %% come first, %.0f %% among five", g.Name, 100*g.First, 100*g.Five)
}

var (
	identifiers = []string{ClassNumber, ClassReceipt, ClassANumber, ClassEmail, ClassReference}
	words       = slices.DeleteFunc(Classes(), func(class string) bool { return slices.Contains(identifiers, class) })
	// spelled are those of words that need no forgiveness, which PostgreSQL has none of.
	spelled = slices.DeleteFunc(slices.Clone(words), func(class string) bool { return class == ClassTypo })
)

// MeilisearchGoals and PostgreSQLGoals are what each engine has to reach; an identifier is found by either.
func MeilisearchGoals() []Goal {
	return []Goal{{"identifiers", identifiers, 1, 1}, {"words, with slips", words, 0.95, 0.97}}
}

// PostgreSQLGoals are of the engine that stands in.
func PostgreSQLGoals() []Goal {
	return []Goal{{"identifiers", identifiers, 1, 1}, {"words without slips", spelled, 0.9, 0.95}}
}
