package meili

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt"
)

// Why an index is built anew from the documents when it is opened. Bleve itself opens what it cannot read as an older state, or as an
// empty index, and says nothing.
var (
	errOldLayout = errors.New("it is of an older form")
	errBehind    = errors.New("it lacks what was written to it")
)

// writesKey is where Bleve keeps which batch was its last one.
var writesKey = []byte("writes")

// count numbers a batch. The side store has the number too: before a task is finished for additions, after they are gone for deletions.
func (r *record) count(batch *index.Batch) {
	r.Writes++
	batch.SetInternal(writesKey, key64(r.Writes))
}

// begunTasks returns the batch that each index had come to when the task began that the last process left unfinished: the task will
// be done again from there.
func (s *Server) begunTasks() (map[string]uint64, error) {
	begun := map[string]uint64{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketTasks).ForEach(func(_, raw []byte) error {
			if !bytes.Contains(raw, []byte(`"`+statusProcessing+`"`)) {
				return nil // most are finished, and need not be read
			}
			var t task
			if err := json.Unmarshal(raw, &t); err != nil {
				return fmt.Errorf("decode task: %w", err)
			}
			if t.Status == statusProcessing {
				begun[t.index()] = t.Work.Writes
			}
			return nil
		})
	})
	return begun, err
}

// reopen opens the index of a record that was used before. An error is the reason why it has to be rebuilt.
func (x *searchIndex) reopen(rec record, begun map[string]uint64) (reason error) {
	defer func() {
		if damage := recover(); damage != nil { // Bleve trusts what its files say of their own length
			reason = fmt.Errorf("it cannot be read: %v", damage)
		}
	}()
	if err := x.open(rec); err != nil {
		return err
	}
	if rec.Layout != layoutVersion {
		return errOldLayout
	}
	needed := rec.Writes
	if from, unfinished := begun[rec.UID]; unfinished {
		needed = min(needed, from)
	}
	reader, err := x.engine.Reader()
	if err != nil {
		return err
	}
	last, err := reader.GetInternal(writesKey)
	if err = errors.Join(err, reader.Close()); err != nil {
		return err
	}
	if needed > 0 && (len(last) != 8 || binary.BigEndian.Uint64(last) < needed) {
		return errBehind
	}
	return nil
}
