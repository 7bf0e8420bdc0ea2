package meili

import (
	"fmt"

	index "github.com/blevesearch/bleve_index_api"
)

// chunkSize is the number of documents that go to Bleve at a time.
const chunkSize = 1000

// An engineWriter sends batches to Bleve one after another while the caller
// prepares the next one, and knows when all of them are on disk.
type engineWriter struct {
	engine    index.Index
	durable   bool
	running   chan error // the batch being indexed
	persisted []chan error
}

func newEngineWriter(engine index.Index, durable bool) *engineWriter {
	return &engineWriter{engine: engine, durable: durable}
}

// maxUnpersisted bounds the memory of batches that are indexed and not yet
// on disk.
const maxUnpersisted = 3

func (w *engineWriter) write(batch *index.Batch) error {
	if err := w.settle(maxUnpersisted - 1); err != nil {
		return err
	}
	if w.durable {
		done := make(chan error, 1)
		batch.SetPersistedCallback(func(err error) { done <- err })
		w.persisted = append(w.persisted, done)
	}
	running := make(chan error, 1)
	w.running = running
	go func() { running <- w.engine.Batch(batch) }()
	return nil
}

// wait returns when everything written is on disk.
func (w *engineWriter) wait() error { return w.settle(0) }

func (w *engineWriter) settle(allowed int) error {
	if w.running != nil {
		err := <-w.running
		w.running = nil
		if err != nil {
			w.persisted = nil
			return fmt.Errorf("index a batch: %w", err)
		}
	}
	for len(w.persisted) > allowed {
		err := <-w.persisted[0]
		w.persisted = w.persisted[1:]
		if err != nil {
			return fmt.Errorf("write the index to disk: %w", err)
		}
	}
	return nil
}
