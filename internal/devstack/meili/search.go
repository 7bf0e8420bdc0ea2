package meili

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bolt "go.etcd.io/bbolt"
)

// A searchRequest is the body of POST /indexes/{uid}/search. What the server
// does not do is listed so that it can say so.
type searchRequest struct {
	Q                     *string         `json:"q"`
	Offset                *int            `json:"offset"`
	Limit                 *int            `json:"limit"`
	Page                  *int            `json:"page"`
	HitsPerPage           *int            `json:"hitsPerPage"`
	Filter                json.RawMessage `json:"filter"`
	Facets                []string        `json:"facets"`
	Sort                  []string        `json:"sort"`
	AttributesToRetrieve  []string        `json:"attributesToRetrieve"`
	AttributesToSearchOn  []string        `json:"attributesToSearchOn"`
	AttributesToHighlight []string        `json:"attributesToHighlight"`
	HighlightPreTag       *string         `json:"highlightPreTag"`
	HighlightPostTag      *string         `json:"highlightPostTag"`
	AttributesToCrop      []string        `json:"attributesToCrop"`
	CropLength            *int            `json:"cropLength"`
	CropMarker            *string         `json:"cropMarker"`
	MatchingStrategy      string          `json:"matchingStrategy"`
	ShowMatchesPosition   bool            `json:"showMatchesPosition"`
	ShowRankingScore      bool            `json:"showRankingScore"`
	unsupportedSearch

	within bool // a federation: its list is as long as it likes
}

func (q *searchRequest) check() *apiError {
	if err := q.unsupportedSearch.check(); err != nil {
		return err
	}
	if q.MatchingStrategy == "" {
		q.MatchingStrategy = "last"
	}
	if !slices.Contains([]string{"last", "all", "frequency"}, q.MatchingStrategy) {
		return invalid("invalid_search_matching_strategy",
			"Unknown value `%s` at `.matchingStrategy`: expected one of `last`, `all`, `frequency`", q.MatchingStrategy)
	}
	for _, field := range []struct {
		name  string
		value *int
	}{
		{"offset", q.Offset}, {"limit", q.Limit}, {"page", q.Page}, {"hitsPerPage", q.HitsPerPage}, {"cropLength", q.CropLength},
	} {
		if field.value != nil && *field.value < 0 {
			return invalid("invalid_search_"+snake(field.name),
				"Invalid value type at `.%s`: expected a positive integer, but found a negative integer: `%d`", field.name, *field.value)
		}
	}
	return nil
}

// pages says whether the request counts in pages, and its first and last place.
func (q searchRequest) pages(maxTotal int) (paged bool, from, to int) {
	if q.Page == nil && q.HitsPerPage == nil {
		from = orElse(q.Offset, 0)
		to = from + orElse(q.Limit, 20)
	} else {
		paged = true
		perPage := orElse(q.HitsPerPage, 20)
		from = (max(orElse(q.Page, 1), 1) - 1) * perPage
		to = from + perPage
		if orElse(q.Page, 1) == 0 {
			to = from
		}
	}
	return paged, min(from, maxTotal), min(to, maxTotal)
}

func orElse[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

func (q searchRequest) text() string { return orElse(q.Q, "") }

type sortBy struct {
	attribute  string
	descending bool
}

func (v *view) parseSort(list []string) ([]sortBy, *apiError) {
	var out []sortBy
	for _, item := range list {
		attribute, descending, ok := customRule(strings.TrimSpace(item))
		if !ok {
			return nil, invalid("invalid_search_sort",
				"Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `%s`.", item)
		}
		if strings.HasPrefix(attribute, "_geo") {
			return nil, unsupported("sorting by place")
		}
		if !matchesAny(v.rec.Settings.SortableAttributes, attribute) {
			return nil, invalid("invalid_search_sort", "Attribute `%s` is not sortable. Available sortable attributes are: `%s`.",
				attribute, joinNames(v.rec.Settings.SortableAttributes))
		}
		out = append(out, sortBy{attribute, descending})
	}
	return out, nil
}

// A hit is one document found, with what a federation needs to merge it.
type hit struct {
	fields   map[string]json.RawMessage
	sequence uint64 // the document's in its index
	score    float64
	values   []scoreValue
}

// A found holds the outcome of one search.
type found struct {
	index  string
	docs   docSet                // all that was found, in the view's numbers
	view   *scorch.IndexSnapshot // only to tell views apart
	steps  []step
	hits   []hit
	total  int
	from   int
	to     int
	paged  bool
	facets map[string]distribution
	stats  map[string]facetStats
	took   time.Duration
}

// search answers a request on one index.
func (s *Server) search(ctx context.Context, uid string, q searchRequest) (*found, error) {
	started := time.Now()
	if err := q.check(); err != nil {
		return nil, err
	}
	x, err := s.index(uid)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.end()
	v, err := x.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	var out *found
	err = s.db.View(func(tx *bolt.Tx) error {
		var err error
		out, err = v.search(readData(tx, v.rec.Data), q)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.took = time.Since(started)
	return out, nil
}

// begin waits for a processor that no other search has: more searches at a time would take none of them less time, and all of them
// more memory. The caller ends what it began.
func (s *Server) begin(ctx context.Context) error {
	select {
	case s.searching <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) end() { <-s.searching }

func (v *view) search(data data, q searchRequest) (*found, error) {
	until := time.Now().Add(v.rec.Settings.cutoff())
	sort, apiErr := v.parseSort(q.Sort)
	if apiErr != nil {
		return nil, apiErr
	}
	r, hits, err := v.match(data, q)
	if err != nil {
		return nil, err
	}
	steps := r.steps(sort)
	out := &found{index: v.rec.UID, docs: hits, view: v.snapshot, steps: steps, total: hits.count()}
	most := v.rec.Settings.Pagination.MaxTotalHits
	if q.within {
		most = out.total
	}
	out.total = min(out.total, most)
	if q.Facets != nil {
		if out.facets, out.stats, err = v.facets(q.Facets, hits); err != nil {
			return nil, err
		}
	}
	out.paged, out.from, out.to = q.pages(most)
	if out.to <= out.from || data.docs == nil {
		return out, nil
	}
	r.until = until
	ordered := order(hits.slice(), r.rules(steps), out.from, out.to)
	if err := v.ctx.Err(); err != nil {
		return nil, err // the order is none
	}
	ordered = ordered[min(out.from, len(ordered)):min(out.to, len(ordered))]
	format := newFormatter(r, q)
	for _, doc := range ordered {
		hit, err := r.hit(doc, steps, format, q)
		if err != nil {
			return nil, err
		}
		if hit != nil {
			out.hits = append(out.hits, *hit)
		}
	}
	return out, nil
}

// match returns the ranking of a query and the documents it finds.
func (v *view) match(data data, q searchRequest) (*ranking, docSet, error) {
	filter, apiErr := parseFilter(q.Filter, "invalid_search_filter")
	if apiErr != nil {
		return nil, nil, apiErr
	}
	allowed := v.live
	var err error
	if filter != nil {
		if allowed, err = v.filter(filter, "invalid_search_filter"); err != nil {
			return nil, nil, err
		}
	}
	attributes, apiErr := v.attributesToSearch(q.AttributesToSearchOn)
	if apiErr != nil {
		return nil, nil, apiErr
	}
	m, err := v.matched(data, q, attributes)
	if err != nil {
		return nil, nil, err
	}
	if len(m.query.negative) > 0 {
		excluded, err := m.excluded()
		if err != nil {
			return nil, nil, err
		}
		allowed = allowed.clone()
		allowed.andNot(excluded)
	}
	r := newRanking(m, q.MatchingStrategy)
	return r, r.candidates(allowed), nil
}

// matched returns what a query's words match. What it holds of that is shared with other searches and stays as it is.
func (v *view) matched(data data, q searchRequest, attributes []int) (*matcher, error) {
	key := matchKey{v.snapshot, v.rec.UpdatedAt, q.text(), strings.Join(q.AttributesToSearchOn, "\x00")}
	m, err := v.shared.get(v.ctx, key, func() (matcher, error) {
		m := matcher{view: v, data: data, deriver: newDeriver(), query: parseQuery(q.text(), v.rec.Settings), attributes: attributes}
		err := m.run()
		return m.detached(), err
	})
	m.view, m.data = v, data
	return &m, err
}

// detached is the matcher without the view and the transaction that found what it holds.
func (m matcher) detached() matcher {
	m.view, m.data, m.deriver, m.noting, m.having, m.cursor, m.lastNumber = nil, data{}, nil, nil, nil, nil, 0
	return m
}

// hit reads a document and gives it the shape that was asked for. A document
// deleted since the view was taken is none.
func (r *ranking) hit(doc uint32, steps []step, format *formatter, q searchRequest) (*hit, error) {
	sequence, err := r.view.sequence(doc)
	if err != nil {
		return nil, err
	}
	value := r.data.docs.Get(sequence)
	if value == nil {
		return nil, nil
	}
	raw, err := storedJSON(value)
	if err != nil {
		return nil, err
	}
	fields, err := format.fields(raw)
	if err != nil {
		return nil, err
	}
	out := &hit{fields: fields, sequence: binary.BigEndian.Uint64(sequence)}
	out.score, out.values = r.score(doc, steps)
	if q.ShowRankingScore {
		if out.fields["_rankingScore"], err = json.Marshal(out.score); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// response is the body that answers a search.
func (f *found) response(q searchRequest) map[string]any {
	hits := make([]map[string]json.RawMessage, 0, len(f.hits))
	for _, h := range f.hits {
		hits = append(hits, h.fields)
	}
	out := map[string]any{"hits": hits, "query": q.text(), "processingTimeMs": f.took.Milliseconds()}
	if f.facets != nil {
		out["facetDistribution"], out["facetStats"] = f.facets, f.stats
	}
	if !f.paged {
		out["offset"], out["limit"], out["estimatedTotalHits"] = orElse(q.Offset, 0), orElse(q.Limit, 20), f.total
		return out
	}
	perPage := orElse(q.HitsPerPage, 20)
	out["page"], out["hitsPerPage"], out["totalHits"], out["totalPages"] = orElse(q.Page, 1), perPage, f.total, 0
	if perPage > 0 {
		out["totalPages"] = (f.total + perPage - 1) / perPage
	}
	return out
}
