package meili

import (
	"cmp"
	"slices"
)

// maxCostly is the largest bucket to which a costly rule is put as it is.
const maxCostly = 6000

type ranked[K any] struct {
	doc uint32
	key K
}

// order returns docs with the places from..to in their right order: a bucket
// sort, as Meilisearch does it. A rule is asked only about buckets that reach
// into the wanted places, so the costly ones see few documents.
func order(docs []uint32, rules []rule, from, to int) []uint32 {
	if len(rules) == 0 || len(docs) <= 1 || to <= 0 {
		return docs
	}
	rules = affordable(rules, len(docs))
	if first := rules[0]; first.number == nil {
		compare := func(a, b rankKey) int { return compareKeys(a, b, first.descending) }
		return inBuckets(docs, rules, from, to, first.key, compare)
	}
	return inBuckets(docs, rules, from, to, rules[0].number, cmp.Compare[float64])
}

// inBuckets orders docs by the key of the first rule, and those that are the same by it by the other rules.
func inBuckets[K any](docs []uint32, rules []rule, from, to int, key func(uint32) K, compare func(a, b K) int) []uint32 {
	items := make([]ranked[K], len(docs))
	for i, doc := range docs {
		items[i] = ranked[K]{doc, key(doc)}
	}
	items = best(items, to, compare)
	slices.SortStableFunc(items, func(a, b ranked[K]) int { return compare(a.key, b.key) })
	out := make([]uint32, 0, len(items))
	for start := 0; start < len(items); {
		end := start + 1
		for end < len(items) && compare(items[start].key, items[end].key) == 0 {
			end++
		}
		bucket := make([]uint32, 0, end-start)
		for _, item := range items[start:end] {
			bucket = append(bucket, item.doc)
		}
		if end > from && start < to {
			bucket = order(bucket, rules[1:], max(from-start, 0), to-start)
		}
		out = append(out, bucket...)
		if start = end; start >= to {
			break
		}
	}
	return out
}

// affordable puts a costly rule behind the next cheap one where the bucket is
// too large for it: thousands of documents that rank the same so far are
// first told apart by what the index knows by itself. If nothing cheap is
// left but the order of arrival, the costly rules are left out.
func affordable(rules []rule, size int) []rule {
	if !rules[0].costly || size <= maxCostly {
		return rules
	}
	next := slices.IndexFunc(rules, func(r rule) bool { return !r.costly })
	if next < 0 || next == len(rules)-1 {
		return rules[max(next, 0):]
	}
	reordered := append([]rule{rules[next]}, rules[:next]...)
	return append(reordered, rules[next+1:]...)
}

// best returns the first n items in order and all that equal the last of
// them, in no order but that of equals.
func best[K any](items []ranked[K], n int, compare func(a, b K) int) []ranked[K] {
	if len(items) <= 4*n || len(items) < 256 {
		return items
	}
	// The n best so far, the last of them on top: of many documents few get past it.
	heap := make([]K, 0, n)
	for _, item := range items {
		switch {
		case len(heap) < n:
			heap = append(heap, item.key)
			siftUp(heap, compare)
		case compare(item.key, heap[0]) < 0:
			heap[0] = item.key
			siftDown(heap, compare)
		}
	}
	kept := items[:0]
	for _, item := range items {
		if compare(item.key, heap[0]) <= 0 {
			kept = append(kept, item)
		}
	}
	return kept
}

func siftUp[K any](heap []K, compare func(a, b K) int) {
	for at := len(heap) - 1; at > 0; {
		parent := (at - 1) / 2
		if compare(heap[at], heap[parent]) <= 0 {
			return
		}
		heap[at], heap[parent] = heap[parent], heap[at]
		at = parent
	}
}

func siftDown[K any](heap []K, compare func(a, b K) int) {
	for at := 0; ; {
		last := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(heap); child++ {
			if compare(heap[child], heap[last]) > 0 {
				last = child
			}
		}
		if last == at {
			return
		}
		heap[at], heap[last] = heap[last], heap[at]
		at = last
	}
}
