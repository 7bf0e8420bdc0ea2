package meili

import (
	"slices"
	"sort"
)

// A ranking ranks the documents that matched a query.
type ranking struct {
	*matcher

	mandatory  []int // slots every hit matches
	droppable  []int // slots in the order in which they are kept
	mask       *slotMask
	ownWords   []uint16 // the query's words in order, for exactness
	placements map[uint32]placement
}

// newRanking settles which words a document may lack: none, the last ones,
// or the most frequent ones.
func newRanking(m *matcher, strategy string) *ranking {
	r := &ranking{matcher: m, placements: map[uint32]placement{}}
	for i, s := range m.query.slots {
		if strategy == "all" || s.phrase != nil {
			r.mandatory = append(r.mandatory, i)
		} else {
			r.droppable = append(r.droppable, i)
		}
	}
	if strategy == "frequency" {
		counts := make([]int, len(m.slots))
		for i, match := range m.slots {
			for _, typos := range match.typos {
				if typos != unmatched {
					counts[i]++
				}
			}
		}
		sort.SliceStable(r.droppable, func(a, b int) bool { return counts[r.droppable[a]] < counts[r.droppable[b]] })
	}
	return r
}

// candidates returns the documents among allowed that are hits.
func (r *ranking) candidates(allowed docSet) docSet {
	if len(r.slots) == 0 {
		return allowed
	}
	required := r.mandatory
	if len(required) == 0 {
		required = r.droppable[:1]
	}
	set := newDocSet(r.view.size)
	allowed.each(func(doc uint32) {
		for _, i := range required {
			if r.slots[i].typos[doc] == unmatched {
				return
			}
		}
		set.add(doc)
	})
	return set
}

// keptSlots calls fn with every slot that counts for a document: the ones it
// must match, and the droppable ones up to the first it lacks.
func (r *ranking) keptSlots(doc uint32, fn func(slot int)) {
	for _, i := range r.mandatory {
		fn(i)
	}
	for _, i := range r.droppable {
		if r.slots[i].typos[doc] == unmatched {
			return
		}
		fn(i)
	}
}

func (r *ranking) sum(doc uint32, of func(slot int) int) int {
	total := 0
	r.keptSlots(doc, func(slot int) { total += of(slot) })
	return total
}

func (r *ranking) kept(doc uint32) int {
	return r.sum(doc, func(int) int { return 1 })
}

func (r *ranking) typos(doc uint32) int {
	return r.sum(doc, func(slot int) int { return int(r.slots[slot].typos[doc]) })
}

func (r *ranking) attributeRank(doc uint32) int {
	return r.sum(doc, func(slot int) int { return int(r.slots[slot].attr[doc]) })
}

func (r *ranking) exactWords(doc uint32) int {
	return r.sum(doc, func(slot int) int {
		if r.slots[slot].exact.has(doc) {
			return 1
		}
		return 0
	})
}

// place returns where the query's words stand in a document.
func (r *ranking) place(doc uint32) placement {
	if p, ok := r.placements[doc]; ok {
		return p
	}
	worst := placement{proximity: gapPositions * len(r.slots), position: 0xffff}
	if r.mask == nil {
		r.buildMask()
	}
	p := worst
	if stream, err := r.stream(doc); err == nil {
		p = place(stream, r.mask, len(r.slots), r.ownWords, r.searches)
	}
	r.placements[doc] = p
	return p
}

func (r *ranking) buildMask() {
	r.mask = new(slotMask)
	set := func(slot int, word string) { r.mask[hash16(word)] |= 1 << slot }
	for i, s := range r.query.slots {
		if s.phrase != nil {
			r.ownWords = appendHashes(r.ownWords, s.phrase...)
			set(i, s.phrase[0])
			continue
		}
		r.ownWords = appendHashes(r.ownWords, s.word)
		for word := range r.slots[i].words {
			set(i, word)
		}
		if r.slots[i].short {
			r.eachBeginning(s.word, func(hash uint16) { r.mask[hash] |= 1 << i })
		}
	}
	for _, alt := range r.phrases {
		// What replaces slots lends them its words in order: as near to each
		// other as the slots' own words would be.
		for i := alt.first; i <= alt.last; i++ {
			set(i, alt.phrase[min(i-alt.first, len(alt.phrase)-1)])
		}
	}
}

func appendHashes(list []uint16, words ...string) []uint16 {
	for _, word := range words {
		if word == "" {
			list = append(list, gap)
			continue
		}
		list = append(list, hash16(word))
	}
	return list
}

// eachBeginning calls fn with the hash of every word that begins with prefix.
func (m *matcher) eachBeginning(prefix string, fn func(hash uint16)) {
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			if found, err := part.beginning(rank, prefix); err == nil {
				for _, hash := range found.hashes {
					fn(hash)
				}
			}
		}
	}
}

// score is Meilisearch's _rankingScore: the rules' ranks, each within the
// buckets of the one before, as a share of the best possible.
func (r *ranking) score(doc uint32) float64 {
	if len(r.slots) == 0 {
		return 1
	}
	rank, of := 1, 1
	merge := func(inner, innerOf int) {
		rank, of = (rank-1)*innerOf+max(min(inner, innerOf), 1), of*innerOf
	}
	slots := len(r.slots)
	allowedTypos := 0
	for _, s := range r.query.slots {
		allowedTypos += s.typos
	}
	merge(r.kept(doc), slots)
	for _, name := range r.view.rec.Settings.RankingRules {
		switch name {
		case "typo":
			merge(allowedTypos-r.typos(doc)+1, allowedTypos+1)
		case "proximity":
			if slots > 1 {
				worst := (slots - 1) * gapPositions
				merge(worst-r.place(doc).proximity+1, worst)
			}
		case "attribute", "attributeRank":
			worst := slots * max(len(r.attributes), 1)
			merge(worst-r.attributeRank(doc), worst)
		case "exactness":
			merge(r.place(doc).whole+1, 3)
			merge(r.exactWords(doc)+1, slots+1)
		}
	}
	return float64(rank) / float64(of)
}

// attributesToSearch returns the ranks of the searchable attributes, or of
// those among them that the request names.
func (v *view) attributesToSearch(named []string) ([]int, *apiError) {
	all := v.rec.searchable()
	for _, name := range named {
		if name != "*" && !slices.ContainsFunc(all, func(a string) bool { return matchesAttribute(name, a) }) &&
			!slices.ContainsFunc(all, func(a string) bool { return matchesAttribute(a, name) }) {
			return nil, invalid("invalid_search_attributes_to_search_on",
				"Attribute `%s` is not searchable. Available searchable attributes are: `%s`.", name, joinNames(all))
		}
	}
	var ranks []int
	for rank, attribute := range all {
		if len(named) == 0 || matchesAny(named, attribute) {
			ranks = append(ranks, rank)
		}
	}
	return ranks, nil
}
