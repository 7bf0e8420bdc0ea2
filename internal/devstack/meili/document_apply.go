package meili

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt"
)

// An incoming document, its identifier known to be valid.
type incoming struct {
	id     string
	raw    json.RawMessage
	update bool // merge into the document there is, instead of replacing it
}

// errInterrupted ends work that the next start takes up again.
var errInterrupted = errors.New("the search server is closing")

func decodeDocument(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var doc map[string]any
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	return doc, nil
}

// put adds, replaces or updates documents. The side store is written before
// Bleve: what a crash leaves half done, the unfinished task does again.
func (x *searchIndex) put(docs []incoming) error {
	writer := newEngineWriter(x.engine, x.dir != "")
	for chunk := range slices.Chunk(docs, chunkSize) {
		if x.stop.Err() != nil {
			return errors.Join(errInterrupted, writer.wait())
		}
		batch, err := x.putChunk(chunk)
		if err == nil {
			err = writer.write(batch)
		}
		if err != nil {
			_ = writer.wait()
			return err
		}
	}
	return writer.wait()
}

func (x *searchIndex) putChunk(chunk []incoming) (*index.Batch, error) {
	rec := x.record()
	rec.Fields = maps.Clone(rec.Fields)
	rec.FieldOrder = slices.Clone(rec.FieldOrder)
	batch := index.NewBatch()
	err := x.db.Update(func(tx *bolt.Tx) error {
		data, err := writeData(tx, rec.Data)
		if err != nil {
			return err
		}
		for _, in := range chunk {
			if err := putOne(&rec, batch, data, in); err != nil {
				return err
			}
		}
		rec.UpdatedAt = now()
		rec.count(batch)
		return putJSON(tx.Bucket(bucketIndexes), []byte(rec.UID), rec)
	})
	if err != nil {
		return nil, fmt.Errorf("store documents of %s: %w", rec.UID, err)
	}
	x.mu.Lock()
	x.rec = rec
	x.mu.Unlock()
	return batch, nil
}

func putOne(rec *record, batch *index.Batch, data data, in incoming) error {
	raw, sequence := []byte(in.raw), data.ids.Get([]byte(in.id))
	if sequence == nil {
		next, err := data.docs.NextSequence()
		if err != nil {
			return err
		}
		sequence = key64(next)
		if err := data.ids.Put([]byte(in.id), sequence); err != nil {
			return err
		}
		rec.Documents++
	} else if value := data.docs.Get(sequence); value != nil {
		old, err := storedJSON(value)
		if err != nil {
			return err
		}
		if raw, err = replaceDocument(rec, old, in); err != nil {
			return err
		}
	}
	doc, err := decodeDocument(raw)
	if err != nil {
		return err
	}
	rec.countFields(doc, raw)
	built, stream := rec.layout().build(string(engineID(sequence)), doc)
	batch.Update(built)
	if err := data.streams.Put(sequence, stream); err != nil {
		return err
	}
	return data.docs.Put(sequence, packJSON(raw))
}

// replaceDocument uncounts the old document's fields and returns the new one.
func replaceDocument(rec *record, old []byte, in incoming) ([]byte, error) {
	var have map[string]json.RawMessage
	if err := json.Unmarshal(old, &have); err != nil {
		return nil, fmt.Errorf("decode stored document: %w", err)
	}
	rec.uncountFields(have)
	if !in.update {
		return in.raw, nil
	}
	var change map[string]json.RawMessage
	if err := json.Unmarshal(in.raw, &change); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	maps.Copy(have, change)
	return json.Marshal(have)
}

// countFields counts doc's fields; new ones join the order in which they
// stand in the document, for that is their weight when all are searchable.
func (r *record) countFields(doc map[string]any, raw []byte) {
	if r.Fields == nil {
		r.Fields = map[string]int64{}
	}
	unknown := false
	for name := range doc {
		r.Fields[name]++
		unknown = unknown || !slices.Contains(r.FieldOrder, name)
	}
	if !unknown {
		return
	}
	for _, name := range fieldNames(raw) {
		if !slices.Contains(r.FieldOrder, name) {
			r.FieldOrder = append(r.FieldOrder, name)
		}
	}
}

// fieldNames lists the members of a JSON object in their order.
func fieldNames(raw []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	var names []string
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return names
		}
		names = append(names, name.(string))
	}
	return names
}

func (r *record) uncountFields(doc map[string]json.RawMessage) {
	for name := range doc {
		if r.Fields[name]--; r.Fields[name] <= 0 {
			delete(r.Fields, name)
		}
	}
}

// remove deletes documents by identifier and returns how many there were.
// Bleve goes first here: once the identifiers are gone from the side store, a
// task done again could no longer find them in Bleve.
func (x *searchIndex) remove(documentIDs []string) (int64, error) {
	writer := newEngineWriter(x.engine, x.dir != "")
	var deleted int64
	for chunk := range slices.Chunk(documentIDs, chunkSize) {
		rec := x.record()
		found, batch := map[string][]byte{}, index.NewBatch()
		err := x.db.View(func(tx *bolt.Tx) error {
			ids := readData(tx, rec.Data).ids
			if ids == nil {
				return nil
			}
			for _, id := range chunk {
				if sequence := ids.Get([]byte(id)); sequence != nil {
					found[id] = bytes.Clone(sequence)
					batch.Delete(string(engineID(sequence)))
				}
			}
			return nil
		})
		if err != nil {
			return deleted, fmt.Errorf("look up documents of %s: %w", rec.UID, err)
		}
		if len(found) == 0 {
			continue
		}
		rec.count(batch)
		if err := writer.write(batch); err != nil {
			return deleted, err
		}
		if err := writer.wait(); err != nil {
			return deleted, err
		}
		if err := x.forget(found); err != nil {
			return deleted, err
		}
		deleted += int64(len(found))
	}
	return deleted, nil
}

func (x *searchIndex) forget(found map[string][]byte) error {
	rec := x.record()
	rec.Fields = maps.Clone(rec.Fields)
	err := x.db.Update(func(tx *bolt.Tx) error {
		data, err := writeData(tx, rec.Data)
		if err != nil {
			return err
		}
		for id, sequence := range found {
			var have map[string]json.RawMessage
			if raw, err := storedJSON(data.docs.Get(sequence)); err == nil && json.Unmarshal(raw, &have) == nil {
				rec.uncountFields(have)
			}
			err := errors.Join(data.docs.Delete(sequence), data.streams.Delete(sequence), data.ids.Delete([]byte(id)))
			if err != nil {
				return err
			}
			rec.Documents--
		}
		rec.Writes++
		rec.UpdatedAt = now()
		return putJSON(tx.Bucket(bucketIndexes), []byte(rec.UID), rec)
	})
	if err != nil {
		return fmt.Errorf("delete documents of %s: %w", rec.UID, err)
	}
	x.mu.Lock()
	x.rec = rec
	x.mu.Unlock()
	return nil
}

// clear deletes every document and returns how many there were.
func (x *searchIndex) clear() (int64, error) {
	rec := x.record()
	deleted := rec.Documents
	err := x.db.Update(func(tx *bolt.Tx) error { return dropData(tx, rec.Data) })
	if err != nil {
		return 0, fmt.Errorf("delete documents of %s: %w", rec.UID, err)
	}
	rec.Documents, rec.Fields, rec.UpdatedAt = 0, map[string]int64{}, now()
	return deleted, x.rebuild(rec)
}
