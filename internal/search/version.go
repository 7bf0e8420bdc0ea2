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
const settingsVersion = 3

// stamp is the one document of the index that says which version the other two are of. It is swapped with them, so that it
// never says of one pair what is true of another.
type stamp struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
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
	version, err := e.version(ctx)
	if err != nil {
		return err
	}
	e.seen.Store(&settingsSeen{at: e.now(), ok: version == settingsVersion})
	if version != settingsVersion {
		return errOtherSettings
	}
	return nil
}

// version reads the stamp; 0 when there is none. Errors: unavailable.
func (e *Engine) version(ctx context.Context) (int, error) {
	var s stamp
	err := e.reader.Index(e.stampIndex()).GetDocumentWithContext(ctx, stampID, nil, &s)
	var client *meilisearch.Error
	if errors.As(err, &client) {
		switch client.MeilisearchApiError.Code {
		case "index_not_found", "document_not_found":
			return 0, nil
		}
	}
	if err != nil {
		return 0, failed("read the version of the indexes", err)
	}
	return s.Version, nil
}

// mark writes the stamp into an index.
func (e *Engine) mark(ctx context.Context, uid string) error {
	key := "id"
	info, err := e.write.Index(uid).AddDocumentsWithContext(ctx, []stamp{{stampID, settingsVersion}}, &meilisearch.DocumentOptions{PrimaryKey: &key})
	if err != nil {
		return failed("write the version of the indexes", err)
	}
	if err := e.await(ctx, info.TaskUID); err != nil {
		return fmt.Errorf("write the version of the indexes: %w", err)
	}
	e.seen.Store(nil)
	return nil
}
