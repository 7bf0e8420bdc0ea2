package meili

import "cmp"

// A score counts ranks within ranks: each rule's within the bucket of the one before.
type score struct{ rank, of int }

func (s *score) within(rank, of int) {
	s.rank, s.of = (s.rank-1)*of+max(min(rank, of), 1), s.of*of
}

func (s score) share() float64 { return float64(s.rank) / float64(s.of) }

// A scoreValue is what one ranking rule, or several that look at the query, say of a hit: a share of the best possible, or a value to
// sort by.
type scoreValue struct {
	share      float64
	key        *rankKey
	descending bool
}

// score returns Meilisearch's _rankingScore, the place among all that a document could have as a share of the best, and the values by
// which hits of several searches compare.
func (r *ranking) score(doc uint32, steps []step) (float64, []scoreValue) {
	var at state
	if len(r.query.terms) > 0 {
		at = r.place(doc)
	}
	total := score{1, 1}
	var part *score
	var values []scoreValue
	flush := func() {
		if part != nil {
			values = append(values, scoreValue{share: part.share()})
			part = nil
		}
	}
	for _, s := range steps {
		if s.value != nil {
			flush()
			values = append(values, scoreValue{key: ptr(s.value.key(doc)), descending: s.value.descending})
			continue
		}
		if part == nil {
			part = &score{1, 1}
		}
		rank, of := r.rankOf(doc, at, s.name)
		part.within(rank, of)
		total.within(rank, of)
	}
	flush()
	return total.share(), values
}

// rankOf is a document's rank under a rule that looks at the query: the highest is the best.
func (r *ranking) rankOf(doc uint32, at state, rule string) (rank, of int) {
	terms, worstTypos := r.weigh(at.kept)
	below := func(worst, weight int) (int, int) { return worst + 1 - int(at.costs[weight]), worst + 1 }
	switch rule {
	case "words":
		return below(r.mostLeftOut()+max(r.phraseWords()-1, 0), weighWords)
	case "typo":
		return below(worstTypos, weighTypo)
	case "proximity":
		return below(r.pairs(at.kept)*farthest, weighProximity)
	case "attributeRank":
		if r.unweighted {
			return 1, 1
		}
		return below(terms*(len(r.view.rec.searchable())-1), weighAttribute)
	case "wordPosition":
		return below(terms*10, weighPosition)
	case "exactAttribute":
		return r.whole(doc) + 1, wholeIs + 1
	case "exactWords":
		return below(terms, weighExactness)
	}
	return 1, 1
}

// compareScores orders hits by their values, one rule after another: the better first. A hit of which less is said comes after.
func compareScores(a, b []scoreValue, weightA, weightB float64) int {
	for i := range min(len(a), len(b)) {
		if a[i].key == nil || b[i].key == nil {
			left, right := a[i].share*weightA, b[i].share*weightB
			if difference := left - right; difference > 2.3e-16 || difference < -2.3e-16 {
				return cmp.Compare(right, left)
			}
			continue
		}
		if c := compareKeys(*a[i].key, *b[i].key, a[i].descending); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(b), len(a))
}

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
