package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

func (e *Engine) meiliComparison(name, kind, uid, task string, mend func(context.Context, []int64) error) comparison {
	return comparison{
		name: name, table: kind, task: task, mend: mend,
		ready: func(ctx context.Context) error {
			err := e.current(ctx)
			if errors.Is(err, errOtherSettings) {
				return failure.Unavailable("The index is of another version; it has to be built again first.", err)
			}
			return err
		},
		held: func(ctx context.Context, _ postgres.Querier, s span) (versions, error) {
			return e.documentVersions(ctx, uid, s.filter())
		},
		still: func(ctx context.Context, look func(postgres.Querier) error) error { return e.locked(ctx, uid, look) },
	}
}

func (s span) filter() string {
	if s.ids != nil {
		return "id IN [" + joined(s.ids, func(id int64) string { return strconv.FormatInt(id, 10) }) + "]"
	}
	filter := fmt.Sprintf("id > %d", s.after)
	if s.upTo < endOfRows {
		filter += fmt.Sprintf(" AND id <= %d", s.upTo)
	}
	return filter
}

// documentVersions reads all documents of a filter, however many. Those that come and go between two pages seem to differ, and
// are looked at again.
func (e *Engine) documentVersions(ctx context.Context, uid, filter string) (versions, error) {
	found := versions{}
	for offset := int64(0); ; offset += checkRange {
		var page meilisearch.DocumentsResult
		err := e.reader.Index(uid).GetDocumentsWithContext(ctx, &meilisearch.DocumentsQuery{
			Filter: filter, Fields: []string{"id", "version"}, Offset: offset, Limit: checkRange,
		}, &page)
		if err != nil {
			return nil, failed("read versions of documents", err)
		}
		for _, hit := range page.Results {
			var id, version int64
			for name, into := range map[string]*int64{"id": &id, "version": &version} {
				if err := json.Unmarshal(hit[name], into); err != nil {
					return nil, fmt.Errorf("read %s of a document: %w", name, err)
				}
			}
			found[id] = version
		}
		if len(page.Results) < checkRange {
			return found, nil
		}
	}
}
