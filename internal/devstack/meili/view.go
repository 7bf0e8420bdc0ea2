package meili

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A view is the index as one search sees it: a snapshot of Bleve's segments,
// their documents numbered through from zero.
type view struct {
	ctx      context.Context // ends when nobody waits for the answer any more
	rec      record
	snapshot *scorch.IndexSnapshot
	shared   *sharedMatches
	segments []*segmentView
	size     uint32
	live     docSet
}

type segmentView struct {
	ctx     context.Context
	base    uint32
	count   uint32
	segment segment.Segment
	cache   *segmentCache
	dicts   map[string]segment.TermDictionary
	numbers []uint64 // sequences, once asked for
}

// view opens a view; the caller closes it. Once ctx ends it gives nothing but an error any more, so that whatever works on it stops.
func (x *searchIndex) view(ctx context.Context) (*view, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.engine == nil {
		return nil, indexNotFound(x.rec.UID)
	}
	reader, err := x.engine.Reader()
	if err != nil {
		return nil, fmt.Errorf("read index %s: %w", x.rec.UID, err)
	}
	snapshot, ok := reader.(*scorch.IndexSnapshot)
	if !ok || snapshot == nil {
		return nil, fmt.Errorf("read index %s: not a scorch index", x.rec.UID)
	}
	v := &view{ctx: ctx, rec: x.rec, snapshot: snapshot, shared: x.shared}
	caches := x.caches.of(snapshot)
	for i, s := range snapshot.Segments() {
		v.segments = append(v.segments, &segmentView{
			ctx: ctx, base: v.size, count: uint32(s.Segment().Count()), segment: s.Segment(), cache: caches[i],
			dicts: map[string]segment.TermDictionary{},
		})
		v.size += uint32(s.Segment().Count())
	}
	v.live = newDocSet(v.size)
	for i, s := range snapshot.Segments() {
		base, deleted := v.segments[i].base, s.Deleted()
		for doc := range v.segments[i].count {
			if deleted == nil || !deleted.Contains(doc) {
				v.live.add(base + doc)
			}
		}
	}
	return v, nil
}

func (v *view) close() { _ = v.snapshot.Close() }

// locate returns the segment that holds a document.
func (v *view) locate(doc uint32) *segmentView {
	low, high := 0, len(v.segments)
	for high-low > 1 {
		if mid := (low + high) / 2; v.segments[mid].base <= doc {
			low = mid
		} else {
			high = mid
		}
	}
	return v.segments[low]
}

// sequence returns the side store's key of a document.
func (v *view) sequence(doc uint32) ([]byte, error) {
	s := v.locate(doc)
	all, err := s.sequences()
	if err != nil {
		return nil, err
	}
	return key64(all[doc-s.base]), nil
}

// sequences returns the side store's numbers of a segment's documents. They
// are also the order of documents that rank the same: it is the order in
// which they came, whatever merges do to their numbers in Bleve.
func (s *segmentView) sequences() ([]uint64, error) {
	if s.numbers != nil {
		return s.numbers, nil
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if s.numbers = s.cache.sequences; s.numbers != nil {
		return s.numbers, nil
	}
	all := make([]uint64, s.count)
	for doc := range all {
		id, err := s.segment.DocID(uint64(doc))
		if err == nil {
			all[doc], err = strconv.ParseUint(string(id), 16, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("read document number: %w", err)
		}
	}
	s.cache.sequences, s.numbers = all, all
	return all, nil
}

func (s *segmentView) dict(field string) (segment.TermDictionary, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if dict, ok := s.dicts[field]; ok {
		return dict, nil
	}
	dict, err := s.segment.Dictionary(field)
	if err != nil {
		return nil, fmt.Errorf("open dictionary %s: %w", field, err)
	}
	s.dicts[field] = dict
	return dict, nil
}

// eachPosting calls fn with the number in the segment of every document that
// has the term, deleted ones too.
func eachPosting(dict segment.TermDictionary, term string, fn func(local uint32)) error {
	list, err := dict.PostingsList([]byte(term), nil, nil)
	if err != nil {
		return fmt.Errorf("read postings: %w", err)
	}
	if list == nil || list.Count() == 0 {
		return nil
	}
	postings := list.Iterator(false, false, false, nil)
	if direct, ok := postings.(segment.OptimizablePostingsIterator); ok {
		if bitmap := direct.ActualBitmap(); bitmap != nil {
			eachBit(bitmap, fn)
			return nil
		}
		if doc, ok := direct.DocNum1Hit(); ok {
			fn(uint32(doc))
			return nil
		}
	}
	for {
		posting, err := postings.Next()
		if err != nil || posting == nil {
			return err
		}
		fn(uint32(posting.Number()))
	}
}

func eachBit(bitmap *roaring.Bitmap, fn func(uint32)) {
	var buffer [256]uint32
	many := bitmap.ManyIterator()
	for n := many.NextMany(buffer[:]); n > 0; n = many.NextMany(buffer[:]) {
		for _, doc := range buffer[:n] {
			fn(doc)
		}
	}
}

// segmentCaches holds what has been worked out about segments, which never
// change: after a small write only the small new segment is worked out anew.
type segmentCaches struct {
	mu   sync.Mutex
	byID map[uint64]*segmentCache
}

type segmentCache struct {
	mu        sync.Mutex
	columns   map[string]*column
	sequences []uint64
	prefixes  map[string]*beginning
	derived   *memo[derivedWord]
	phrases   *memo[phraseDoc]
}

// What is kept of a segment's derived words and phrases: about a megabyte each.
const (
	maxKeptDerived = 20_000
	maxKeptPhrases = 150_000
)

// Up to maxShortPrefix letters the words that begin with them are too many to
// collect anew for each key press: the documents they lead to are kept, for
// up to maxKeptPrefixes beginnings.
const (
	maxShortPrefix  = 3
	maxKeptPrefixes = 8192
)

// A beginning is what a segment has of the words with one short beginning in
// one attribute: their documents, and the hashes by which streams know them.
type beginning struct {
	docs   *roaring.Bitmap
	hashes []uint16
}

func (s *segmentView) beginning(rank int, prefix string) (*beginning, error) {
	field := wordField + strconv.Itoa(rank)
	key := field + "\x00" + prefix
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if kept := s.cache.prefixes[key]; kept != nil {
		return kept, nil
	}
	dict, err := s.dict(field)
	if err != nil {
		return nil, err
	}
	set, hashes := newDocSet(s.count), map[uint16]struct{}{}
	err = walk(dict, nil, []byte(prefix), after(prefix), func(word string) error {
		hashes[hash16(word)] = struct{}{}
		return eachPosting(dict, word, set.add)
	})
	if err != nil {
		return nil, err
	}
	if len(s.cache.prefixes) >= maxKeptPrefixes {
		clear(s.cache.prefixes)
	}
	found := &beginning{docs: roaring.BitmapOf(set.slice()...), hashes: slices.Collect(maps.Keys(hashes))}
	s.cache.prefixes[key] = found
	return found, nil
}

func newSegmentCaches() *segmentCaches {
	return &segmentCaches{byID: map[uint64]*segmentCache{}}
}

// of returns the caches of a snapshot's segments and forgets the others.
func (c *segmentCaches) of(snapshot *scorch.IndexSnapshot) []*segmentCache {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := make(map[uint64]*segmentCache, len(snapshot.Segments()))
	list := make([]*segmentCache, len(snapshot.Segments()))
	for i, s := range snapshot.Segments() {
		cache := c.byID[s.Id()]
		if cache == nil {
			cache = &segmentCache{columns: map[string]*column{}, prefixes: map[string]*beginning{},
				derived: newMemo[derivedWord](maxKeptDerived), phrases: newMemo[phraseDoc](maxKeptPhrases)}
		}
		kept[s.Id()], list[i] = cache, cache
	}
	c.byID = kept
	return list
}
