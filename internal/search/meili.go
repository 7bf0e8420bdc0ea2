package search

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/meilisearch/meilisearch-go"
	"golang.org/x/sync/errgroup"
)

const (
	cropWords = 30
	// accountWeight lifts accounts over tickets that match as well: they are few, every word of the query is in their name,
	// and they are looked for by it.
	accountWeight = 1.5
)

// meili asks Meilisearch for the page and, at the same time, for the counts. Every word has to match; when no record holds
// all of them, those that hold the telling ones come. Errors: unavailable.
func (e *Engine) meili(ctx context.Context, p plan, w window) (answer, error) {
	found, err := e.meiliPage(ctx, p, w, meilisearch.All)
	if err != nil || found.total > 0 || len(w.exact) > 0 || len(p.typed.terms) < 2 {
		return found, err
	}
	if found, err = e.meiliPage(ctx, p, w, meilisearch.Frequency); err == nil {
		found.partial = found.total > 0
	}
	return found, err
}

// meiliPage asks for hits and counts at the same time: the counts need queries of their own, for each field that is filtered
// is counted without its filter, so that a person sees what else could be chosen.
func (e *Engine) meiliPage(ctx context.Context, p plan, w window, strategy meilisearch.MatchingStrategy) (found answer, err error) {
	var facets Facets
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		found, err = e.meiliHits(ctx, p, w, strategy)
		return err
	})
	if p.Facets && p.tickets() {
		both.Go(func() (err error) {
			facets, err = e.meiliFacets(ctx, p, strategy)
			return err
		})
	}
	err = both.Wait()
	found.facets = facets
	return found, err
}

// meiliHits asks for both indexes in one federated request.
func (e *Engine) meiliHits(ctx context.Context, p plan, w window, strategy meilisearch.MatchingStrategy) (answer, error) {
	request := &meilisearch.MultiSearchRequest{Federation: &meilisearch.MultiSearchFederation{
		Offset: int64(w.offset), Limit: int64(max(w.limit, 1)),
	}}
	if p.accounts() {
		request.Queries = append(request.Queries, e.accountRequest(p, w))
	}
	if p.tickets() {
		request.Queries = append(request.Queries, e.ticketRequest(p, w, strategy))
	}
	if len(request.Queries) == 0 {
		return answer{}, nil
	}
	got, err := e.reader.MultiSearchWithContext(ctx, request)
	if err != nil {
		return answer{}, failed("ask Meilisearch", err)
	}
	hits, err := e.readHits(got.Hits[:min(len(got.Hits), w.limit)])
	return answer{hits: hits, total: got.EstimatedTotalHits}, err
}

func (e *Engine) ticketRequest(p plan, w window, strategy meilisearch.MatchingStrategy) *meilisearch.SearchRequest {
	return &meilisearch.SearchRequest{
		IndexUID: e.ticketsIndex(), Query: ticketText(p.typed.terms), MatchingStrategy: strategy, Sort: meiliSort(p.Sort),
		Filter: leaveOut(p.filter(), w.ids(KindTicket)), AttributesToRetrieve: []string{"id"},
		AttributesToHighlight: []string{"subject", "body"}, AttributesToCrop: []string{"body"}, CropLength: cropWords,
		HighlightPreTag: markStart, HighlightPostTag: markEnd,
	}
}

// accountRequest wants every word to match: "how long until my card comes" is nobody's name.
func (e *Engine) accountRequest(p plan, w window) *meilisearch.SearchRequest {
	r := &meilisearch.SearchRequest{
		IndexUID: e.accountsIndex(), Query: meiliText(p.typed.terms, false), MatchingStrategy: meilisearch.All, Sort: meiliSort(p.Sort),
		AttributesToRetrieve: []string{"id"}, AttributesToHighlight: []string{"name"},
		HighlightPreTag: markStart, HighlightPostTag: markEnd,
		FederationOptions: &meilisearch.SearchFederationOptions{Weight: accountWeight},
	}
	if filter := leaveOut("", w.ids(KindAccount)); filter != "" {
		r.Filter = filter
	}
	return r
}

func meiliSort(s Sort) []string {
	return map[Sort][]string{SortNewest: {"opened_at:desc"}, SortOldest: {"opened_at:asc"}}[s]
}

// leaveOut adds to a filter that rows are not to be found.
func leaveOut(filter string, ids []int64) string {
	if len(ids) == 0 {
		return filter
	}
	if filter != "" {
		filter += " AND "
	}
	return filter + "id NOT IN [" + joined(ids, func(id int64) string { return strconv.FormatInt(id, 10) }) + "]"
}

func (e *Engine) readHits(hits meilisearch.Hits) ([]found, error) {
	var all []found
	for _, h := range hits {
		var place struct {
			IndexUID string `json:"indexUid"`
		}
		var formatted struct{ Subject, Body, Name string }
		f := found{kind: KindTicket}
		for name, into := range map[string]any{"id": &f.id, "_federation": &place, "_formatted": &formatted} {
			if err := json.Unmarshal(h[name], into); err != nil {
				return nil, fmt.Errorf("read %s of a hit of Meilisearch: %w", name, err)
			}
		}
		if place.IndexUID == e.accountsIndex() {
			f.kind = KindAccount
		}
		f.title, f.excerpt = spans(formatted.Subject+formatted.Name), spans(formatted.Body)
		all = append(all, f)
	}
	return all, nil
}
