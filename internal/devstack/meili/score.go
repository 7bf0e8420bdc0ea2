package meili

// mostLeftOut is the number of terms that the matching strategy may leave out.
func (r *ranking) mostLeftOut() int {
	most := 0
	for _, group := range r.graph.skip {
		if group != 0 {
			most++
		}
	}
	return most
}

// phraseWords counts the words of the query's phrases, stop words aside.
func (r *ranking) phraseWords() int {
	count := 0
	for _, t := range r.query.terms {
		for _, word := range t.phrase {
			if word != "" {
				count++
			}
		}
	}
	return count
}

// weigh counts the terms that a path has kept, and the typos that are the most they could have: a word can stand apart, which counts
// as one, where it can have no typo.
func (r *ranking) weigh(kept uint16) (terms, worstTypos int) {
	for i, t := range r.query.terms {
		if kept&(1<<i) == 0 {
			continue
		}
		terms++
		if t.phrase == nil {
			worstTypos += max(t.typos, 1)
		}
	}
	return terms, worstTypos
}

// pairs counts the neighbours among the terms that a path has kept.
func (r *ranking) pairs(kept uint16) int {
	count := 0
	for i := 1; i < len(r.query.terms); i++ {
		if kept&(3<<(i-1)) == 3<<(i-1) && r.query.terms[i-1].end+1 == r.query.terms[i].start {
			count++
		}
	}
	return count
}
