package meili

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt"
)

// A record is what the side store keeps of an index.
type record struct {
	UID        string           `json:"uid"`
	Data       uint64           `json:"data"`       // names its documents; swaps go from one record to another
	Layout     int              `json:"layout"`     // layoutVersion when it was indexed
	Generation uint64           `json:"generation"` // names Bleve's folder; a rebuild makes the next one
	PrimaryKey *string          `json:"primaryKey"`
	CreatedAt  time.Time        `json:"createdAt"`
	UpdatedAt  time.Time        `json:"updatedAt"`
	Settings   settings         `json:"settings"`
	Fields     map[string]int64 `json:"fields"` // top-level fields with the number of documents that have them
	FieldOrder []string         `json:"fieldOrder"`
	Documents  int64            `json:"documents"`
	Writes     uint64           `json:"writes"` // batches that Bleve was sent
}

// layoutVersion numbers the form of what is indexed: an index of another form is built anew when it is opened.
const layoutVersion = 3

// layout returns how documents of the index are indexed.
func (r record) layout() layout {
	return layout{searchable: r.searchable(), stopWords: r.Settings.stopWords(), separators: r.Settings.separators(),
		values: r.Settings.valuePatterns()}
}

// searchable lists the searchable attributes in order; "*" is every field in
// the order of its first appearance.
func (r record) searchable() []string {
	if slices.Contains(r.Settings.SearchableAttributes, "*") {
		return r.FieldOrder
	}
	return r.Settings.SearchableAttributes
}

// A searchIndex is an open index. Only the task worker changes it; searches
// take a view of it and never wait for more than the exchange of a pointer.
type searchIndex struct {
	db   *bolt.DB
	dir  string          // empty: in memory
	stop context.Context // ends when the server closes: long work breaks off

	mu     sync.RWMutex
	rec    record
	engine index.Index
	caches *segmentCaches
	shared *sharedMatches
}

func (x *searchIndex) record() record {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.rec
}

// openEngine opens Bleve's index of a record.
func (x *searchIndex) openEngine(rec record) (index.Index, error) {
	path := x.enginePath(rec)
	engine, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": path, "unsafe_batch": true, "bolt_timeout": "5s",
	}, index.NewAnalysisQueue(2))
	if err != nil {
		return nil, fmt.Errorf("make index %s: %w", rec.UID, err)
	}
	if err := engine.Open(); err != nil {
		return nil, fmt.Errorf("open index %s: %w", rec.UID, err)
	}
	return engine, nil
}

func (x *searchIndex) enginePath(rec record) string {
	if x.dir == "" {
		return ""
	}
	return filepath.Join(x.dir, strconv.FormatUint(rec.Data, 10)+"-"+strconv.FormatUint(rec.Generation, 10))
}

func (x *searchIndex) open(rec record) error {
	x.use(rec, nil)
	engine, err := x.openEngine(rec)
	if err == nil {
		x.use(rec, engine)
	}
	return err
}

// use makes rec and its engine the current ones.
func (x *searchIndex) use(rec record, engine index.Index) {
	x.rec, x.engine, x.caches, x.shared = rec, engine, newSegmentCaches(), newSharedMatches()
}

func (x *searchIndex) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.engine == nil {
		return nil
	}
	err := x.engine.Close()
	x.engine = nil
	return err
}

// keep writes rec to the side store.
func (x *searchIndex) keep(rec record) error {
	err := x.db.Update(func(tx *bolt.Tx) error {
		return putJSON(tx.Bucket(bucketIndexes), []byte(rec.UID), rec)
	})
	if err != nil {
		return fmt.Errorf("save index %s: %w", rec.UID, err)
	}
	return nil
}

// save keeps rec and makes it the current one.
func (x *searchIndex) save(rec record) error {
	if err := x.keep(rec); err != nil {
		return err
	}
	x.mu.Lock()
	x.rec = rec
	x.mu.Unlock()
	return nil
}

// rebuild indexes every document again under next, beside the present index,
// and exchanges them. Searches see the old one until the new one is whole.
func (x *searchIndex) rebuild(next record) error {
	old := x.record()
	next.Generation, next.Layout = old.Generation+1, layoutVersion
	if path := x.enginePath(next); path != "" {
		// What a rebuild left that a crash cut short.
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("clear %s: %w", path, err)
		}
	}
	engine, err := x.openEngine(next)
	if err != nil {
		return err
	}
	if err := x.refill(engine, &next); err != nil {
		return errors.Join(err, engine.Close())
	}
	if err := x.keep(next); err != nil {
		return errors.Join(err, engine.Close())
	}
	x.mu.Lock()
	previous := x.engine
	x.use(next, engine)
	x.mu.Unlock()
	if previous != nil {
		if err := previous.Close(); err != nil {
			return fmt.Errorf("close index %s: %w", next.UID, err)
		}
	}
	if path := x.enginePath(old); path != "" {
		return os.RemoveAll(path)
	}
	return nil
}

// refill indexes all documents of next's data into engine, and writes the
// streams that go with the new layout.
func (x *searchIndex) refill(engine index.Index, next *record) error {
	writer := newEngineWriter(engine, x.dir != "")
	layout := next.layout()
	var after []byte
	for {
		if x.stop.Err() != nil {
			return errors.Join(errInterrupted, writer.wait())
		}
		more, err := x.refillChunk(writer, layout, next, &after)
		if err != nil {
			return errors.Join(err, writer.wait())
		}
		if !more {
			return writer.wait()
		}
	}
}

func (x *searchIndex) refillChunk(writer *engineWriter, layout layout, next *record, after *[]byte) (bool, error) {
	batch, count := index.NewBatch(), 0
	err := x.db.Update(func(tx *bolt.Tx) error {
		data, err := writeData(tx, next.Data)
		if err != nil {
			return err
		}
		cursor := data.docs.Cursor()
		key, value := cursor.Seek(*after)
		if *after != nil && string(key) == string(*after) {
			key, value = cursor.Next()
		}
		for ; key != nil && count < chunkSize; key, value = cursor.Next() {
			raw, err := storedJSON(value)
			if err != nil {
				return err
			}
			doc, err := decodeDocument(raw)
			if err != nil {
				return err
			}
			built, stream := layout.build(string(engineID(key)), doc)
			batch.Update(built)
			if err := data.streams.Put(key, stream); err != nil {
				return err
			}
			*after = append([]byte(nil), key...)
			count++
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read documents to index: %w", err)
	}
	if count == 0 {
		return false, nil
	}
	next.count(batch)
	return true, writer.write(batch)
}

// engineID is a document's identifier in Bleve: its sequence, printable.
func engineID(sequence []byte) []byte {
	return []byte(fmt.Sprintf("%016x", sequence))
}
