package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

// settingsVersion numbers the settings and the documents' form together. It goes up with every change to either; indexes of
// another version are rebuilt beside those in use, and until then PostgreSQL answers.
const settingsVersion = 8

// stamp is the one document of the index that says which version the other two are of. It is swapped with them, so that it
// never says of one pair what is true of another. Run is the rebuild that made the pair, by which one that was broken off
// knows its own again; 0 for the pair of a desk that was empty.
type stamp struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Run     int64  `json:"run"`
}

const stampID = "desk"

// settingsSeen is what the last look at the stamp found.
type settingsSeen struct {
	at time.Time
	ok bool
}

// current says whether the indexes are of our version, by a look that is at most settingsFor old. Errors: errOtherSettings;
// unavailable.
func (e *Engine) current(ctx context.Context) error {
	if seen := e.seen.Load(); seen != nil && seen.ok && e.now().Sub(seen.at) < settingsFor {
		return nil
	}
	if err := e.named(ctx); err != nil {
		return err
	}
	s, err := e.stamp(ctx, e.stampIndex())
	if err != nil {
		return err
	}
	e.seen.Store(&settingsSeen{at: e.now(), ok: s.Version == settingsVersion})
	if note, err := e.serverNote(ctx); err == nil { // who answers is said on the page, and nothing hangs on it
		e.server.Store(&note)
	}
	if s.Version != settingsVersion {
		return errOtherSettings
	}
	return nil
}

// stamp reads an index's stamp; version 0 when there is none. Errors: unavailable.
func (e *Engine) stamp(ctx context.Context, uid string) (stamp, error) {
	var s stamp
	err := e.reader.Index(uid).GetDocumentWithContext(ctx, stampID, nil, &s)
	if isCode(err, "index_not_found", "document_not_found") {
		return stamp{}, nil
	}
	if err != nil {
		return stamp{}, failed("read the version of the indexes", err)
	}
	return s, nil
}

// mark stamps a pair of indexes with our version and their run. It comes last: what it says has to be so.
func (e *Engine) mark(ctx context.Context, uid string, run int64) error {
	key := "id"
	documents := []stamp{{stampID, settingsVersion, run}}
	info, err := e.write.Index(uid).AddDocumentsWithContext(ctx, documents, &meilisearch.DocumentOptions{PrimaryKey: &key})
	if err != nil {
		return failed("write the version of the indexes", err)
	}
	if err := e.worked(ctx, info.TaskUID); err != nil {
		return fmt.Errorf("write the version of the indexes: %w", err)
	}
	e.seen.Store(nil)
	return nil
}

// unmark takes the stamp off the indexes in use, when they lack what they should hold: PostgreSQL answers until they are built
// again.
func (e *Engine) unmark(ctx context.Context) error {
	info, err := e.write.Index(e.stampIndex()).DeleteDocumentWithContext(ctx, stampID, nil)
	if err != nil {
		return failed("take off the version of the indexes", err)
	}
	if err := e.worked(ctx, info.TaskUID); err != nil {
		return fmt.Errorf("take off the version of the indexes: %w", err)
	}
	e.seen.Store(nil)
	return nil
}

// isCode reports whether Meilisearch answered with one of these error codes.
func isCode(err error, codes ...string) bool {
	var client *meilisearch.Error
	if !errors.As(err, &client) {
		return false
	}
	for _, code := range codes {
		if client.MeilisearchApiError.Code == code {
			return true
		}
	}
	return false
}
