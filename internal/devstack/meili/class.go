package meili

// classes sort a view's documents by how they match the nodes of a query: those of one class match every node with the same number of
// typos, and so cost the same along every path. There are far fewer classes than documents.
type classes struct {
	of    []uint32 // of each document; the first class matches nothing
	marks []classMark
}

// A classMark has two bits for each node of a query, of which there are at most 27: nothing, or one more than its typos.
type classMark uint64

func newClasses(size uint32) *classes {
	return &classes{of: make([]uint32, size), marks: make([]classMark, 1)}
}

// divide parts classes by the documents that match a node, each with its typos.
func (c *classes) divide(node int, docs []uint32, typos []uint8) {
	next := make([]uint32, (mostTypos+1)*len(c.marks)) // by a class and a number of typos
	for _, doc := range docs {
		to := &next[(mostTypos+1)*c.of[doc]+uint32(typos[doc])]
		if *to == 0 {
			*to = uint32(len(c.marks))
			c.marks = append(c.marks, c.marks[c.of[doc]]|classMark(typos[doc]+1)<<(2*node))
		}
		c.of[doc] = *to
	}
}

// typos are those with which a class matches a node; negative if it does not.
func (m classMark) typos(node int) int { return int(m>>(2*node)&3) - 1 }

// counts are the numbers of a set's documents in each class.
func (c *classes) counts(docs docSet) []int {
	counts := make([]int, len(c.marks))
	docs.each(func(doc uint32) { counts[c.of[doc]]++ })
	return counts
}

// mostTypos are the typos that a word may have.
const mostTypos = 2

// A noting collects the documents that match the node at hand: the fewest typos of each, and the rank of the best attribute at that
// number of typos.
type noting struct {
	docs  []uint32 // in the order in which they were noted
	typos []uint8
	attr  []uint8
}

func newNoting(size uint32) *noting {
	n := &noting{typos: make([]uint8, size), attr: make([]uint8, size)}
	for i := range n.typos {
		n.typos[i] = unmatched
	}
	return n
}

// note records that a document matches with so many typos in an attribute.
func (n *noting) note(doc uint32, typos, rank int) {
	have, attribute := n.typos[doc], uint8(min(rank, unmatched-1))
	switch {
	case have == unmatched:
		n.docs = append(n.docs, doc)
		n.typos[doc], n.attr[doc] = uint8(typos), attribute
	case uint8(typos) < have:
		n.typos[doc], n.attr[doc] = uint8(typos), attribute
	case uint8(typos) == have:
		n.attr[doc] = min(n.attr[doc], attribute)
	}
}

// reset makes ready for the next node.
func (n *noting) reset() {
	for _, doc := range n.docs {
		n.typos[doc] = unmatched
	}
	n.docs = n.docs[:0]
}
