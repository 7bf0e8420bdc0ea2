package survival

import (
	"cmp"
	"slices"
)

// Holm says which of several tests, given as their p-values, hold together: that any of them is claimed by chance alone has a
// probability of at most level, whatever the tests have to do with each other (Holm 1979). A p-value that is not from 0 to 1 is of no
// test, and claims nothing.
func Holm(level float64, p ...float64) []bool {
	claims := make([]bool, len(p))
	var order []int
	for i, v := range p {
		if v >= 0 && v <= 1 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	for k, i := range order {
		if p[i] >= level/float64(len(order)-k) {
			break
		}
		claims[i] = true
	}
	return claims
}
