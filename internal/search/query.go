package search

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	cropWords    = 30
	// MaxText is the longest text that is searched for, in bytes; a subject has at most 800.
	MaxText = 2000
)

// Search finds tickets and accounts. What an identifier means comes first and needs no Meilisearch; the records whose words
// mention it, or match the text, follow. For staff. Errors: unavailable, within a second or so, when the text is no
// identifier and Meilisearch is away.
func (e *Engine) Search(ctx context.Context, q Query) (Results, error) {
	started := time.Now()
	q = q.within()
	exact, err := e.exact(ctx, q.Text, q.Kind)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	page, err := e.page(ctx, q, exact)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	fresh, err := e.Freshness(ctx)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	page.LagSeconds, page.Waiting = fresh.LagSeconds, fresh.Waiting
	page.TookMS = time.Since(started).Milliseconds()
	return page, nil
}

func (q Query) within() Query {
	q.Text = strings.TrimSpace(q.Text)
	if len(q.Text) > MaxText {
		q.Text = strings.ToValidUTF8(q.Text[:MaxText], "")
	}
	if q.Limit < 1 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	q.Offset = max(q.Offset, 0)
	return q
}

// page puts what an identifier means before what the words find.
func (e *Engine) page(ctx context.Context, q Query, exact []Hit) (Results, error) {
	first := exact[min(q.Offset, len(exact)):min(q.Offset+q.Limit, len(exact))]
	words := q
	words.Offset = max(0, q.Offset-len(exact))
	words.Limit = q.Limit - len(first)
	found, total, err := e.words(ctx, words, exact)
	if len(exact) == 0 {
		return Results{Engine: EngineMeilisearch, Total: total, Hits: found}, err
	}
	if err != nil && !failure.Is(err, failure.KindUnavailable) {
		return Results{}, err
	}
	return Results{Engine: EngineExact, Total: total + int64(len(exact)), Hits: append(slices.Clone(first), found...)}, nil
}

// words asks Meilisearch for both indexes at once. Accounts stand before tickets: there are few whose every word matches, and
// they are looked for by name. An empty text finds nothing.
func (e *Engine) words(ctx context.Context, q Query, exact []Hit) ([]Hit, int64, error) {
	text := queryText(q.Text)
	if len(exact) > 0 {
		text = `"` + strings.ReplaceAll(q.Text, `"`, " ") + `"` // as written, without typing slips
	}
	if len(wordsOf(text)) == 0 {
		return nil, 0, nil
	}
	accounts, tickets := e.accountRequest(q, text, exact), e.ticketRequest(q, text, exact)
	var requests []*meilisearch.SearchRequest
	if q.Kind != KindTicket {
		requests = append(requests, accounts)
	}
	if q.Kind != KindAccount {
		requests = append(requests, tickets)
	}
	answer, err := e.ask.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: requests})
	if err != nil {
		return nil, 0, failed("ask Meilisearch", err)
	}
	return e.dress(ctx, q, answer.Results)
}

func (e *Engine) ticketRequest(q Query, text string, exact []Hit) *meilisearch.SearchRequest {
	r := request(e.ticketsIndex(), text, q, meilisearch.Frequency)
	r.Filter = without("hidden = false", KindTicket, exact)
	r.AttributesToHighlight = []string{"subject", "body"}
	r.AttributesToCrop = []string{"body"}
	r.CropLength = cropWords
	return r
}

// accountRequest wants every word to match: "how long until my card comes" is nobody's name.
func (e *Engine) accountRequest(q Query, text string, exact []Hit) *meilisearch.SearchRequest {
	r := request(e.accountsIndex(), text, q, meilisearch.All)
	if filter := without("", KindAccount, exact); filter != "" {
		r.Filter = filter
	}
	r.AttributesToHighlight = []string{"name"}
	return r
}

// request asks for everything up to the end of the page, because the page's start is counted over both indexes.
func request(index, text string, q Query, strategy meilisearch.MatchingStrategy) *meilisearch.SearchRequest {
	return &meilisearch.SearchRequest{
		IndexUID: index, Query: text, Limit: int64(q.Offset + q.Limit), MatchingStrategy: strategy,
		AttributesToRetrieve: []string{"id"}, HighlightPreTag: markStart, HighlightPostTag: markEnd,
	}
}

// without leaves out what the exact look-up has found.
func without(filter, kind string, exact []Hit) string {
	var ids []string
	for _, h := range exact {
		if h.Kind == kind {
			ids = append(ids, strconv.FormatInt(h.ID, 10))
		}
	}
	if len(ids) == 0 {
		return filter
	}
	if filter != "" {
		filter += " AND "
	}
	return filter + "id NOT IN [" + strings.Join(ids, ", ") + "]"
}

// found is one document of an answer.
type found struct {
	ID        int64 `json:"id"`
	Formatted struct {
		Subject string `json:"subject"`
		Body    string `json:"body"`
		Name    string `json:"name"`
	} `json:"_formatted"`
}

func readHits(hits meilisearch.Hits) ([]found, error) {
	all := make([]found, len(hits))
	for i, h := range hits {
		if err := json.Unmarshal(h["id"], &all[i].ID); err != nil {
			return nil, fmt.Errorf("read a hit of Meilisearch: %w", err)
		}
		if err := json.Unmarshal(h["_formatted"], &all[i].Formatted); err != nil {
			return nil, fmt.Errorf("read a hit of Meilisearch: %w", err)
		}
	}
	return all, nil
}

// dress cuts the page out of the answers and reads from PostgreSQL what its hits show. A record that is gone is left out.
func (e *Engine) dress(ctx context.Context, q Query, answers []meilisearch.SearchResponse) ([]Hit, int64, error) {
	var hits []Hit
	var total int64
	skip, room := q.Offset, q.Limit
	for _, answer := range answers {
		all, err := readHits(answer.Hits)
		if err != nil {
			return nil, 0, err
		}
		from := min(skip, len(all))
		to := min(from+room, len(all))
		dressed, err := e.dressed(ctx, answer.IndexUID, all[from:to])
		if err != nil {
			return nil, 0, err
		}
		hits = append(hits, dressed...)
		total += answer.EstimatedTotalHits
		skip, room = skip-from, room-(to-from)
	}
	return hits, total, nil
}

func (e *Engine) dressed(ctx context.Context, index string, page []found) ([]Hit, error) {
	if len(page) == 0 {
		return nil, nil
	}
	rows, err := e.rows(ctx, index, page)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	for _, f := range page {
		h, there := rows[f.ID]
		if !there {
			continue
		}
		if title := spans(f.Formatted.Subject + f.Formatted.Name); marked(title) {
			h.Marked = title
		}
		h.Excerpt = spans(f.Formatted.Body)
		hits = append(hits, h)
	}
	return hits, nil
}

func (e *Engine) rows(ctx context.Context, index string, page []found) (map[int64]Hit, error) {
	ids := make([]int64, len(page))
	for i, f := range page {
		ids[i] = f.ID
	}
	rows := make(map[int64]Hit, len(ids))
	if index == e.accountsIndex() {
		accounts, err := account.Store{DB: e.db}.ByIDs(ctx, ids)
		for _, a := range accounts {
			rows[a.ID] = accountHit(a)
		}
		return rows, err
	}
	tickets, err := e.tickets(ctx, `t.id = ANY ($1)`, ids)
	for _, h := range tickets {
		rows[h.ID] = h
	}
	return rows, err
}
