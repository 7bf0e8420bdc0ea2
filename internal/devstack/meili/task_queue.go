package meili

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/golang/snappy"
	bolt "go.etcd.io/bbolt"
)

// maxFinishedTasks is how many finished tasks are kept to look at.
const maxFinishedTasks = 10_000

// enqueue writes a task and its payload to disk and wakes the worker. Once it
// returns, the task survives the death of the process.
func (s *Server) enqueue(t task, payload []byte) (task, error) {
	t.Status, t.EnqueuedAt = statusEnqueued, now()
	err := s.db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		next, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		t.UID = next - 1 // Meilisearch counts from zero
		if len(payload) > 0 {
			t.Work.Bytes = len(payload)
			if err := tx.Bucket(bucketPayloads).Put(key64(t.UID), snappy.Encode(nil, payload)); err != nil {
				return err
			}
		}
		return putJSON(bucket, key64(t.UID), t)
	})
	if err != nil {
		return t, fmt.Errorf("enqueue task: %w", err)
	}
	s.wakeWorker()
	return t, nil
}

func (s *Server) wakeWorker() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work does tasks in their order until the server closes.
func (s *Server) work() {
	defer close(s.workerDone)
	s.warnIfOvergrown()
	for {
		batch, err := s.nextBatch()
		if err != nil {
			s.logger.Error("read search tasks", slog.Any("error", err))
		}
		if len(batch) > 0 && err == nil {
			s.process(batch)
			if s.closing.Err() != nil {
				return
			}
			continue
		}
		select {
		case <-s.closing.Done():
			return
		case <-s.wake:
		}
	}
}

// Limits of what is done together: as Meilisearch does, additions to one
// index that follow each other are one batch.
const (
	maxBatchTasks = 200
	maxBatchBytes = 24 << 20
)

// nextBatch returns the oldest unfinished task and those that can be done
// with it. A task found in processing is one that a crash cut short.
func (s *Server) nextBatch() ([]task, error) {
	var batch []task
	bytesSoFar := 0
	err := s.db.View(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucketTasks).Cursor()
		for key, raw := cursor.Seek(key64(s.oldest)); key != nil; key, raw = cursor.Next() {
			var t task
			if err := json.Unmarshal(raw, &t); err != nil {
				return fmt.Errorf("decode task: %w", err)
			}
			if t.finished() {
				continue
			}
			if len(batch) == 0 {
				s.oldest = t.UID
			} else if !batch[0].joins(t) || bytesSoFar+t.Work.Bytes > maxBatchBytes {
				return nil
			}
			batch = append(batch, t)
			if bytesSoFar += t.Work.Bytes; len(batch) == maxBatchTasks || t.Type != taskAdd {
				return nil
			}
		}
		return nil
	})
	return batch, err
}

func (t task) joins(next task) bool {
	samePrimaryKey := (t.Work.PrimaryKey == nil) == (next.Work.PrimaryKey == nil) &&
		(t.Work.PrimaryKey == nil || *t.Work.PrimaryKey == *next.Work.PrimaryKey)
	return t.Type == taskAdd && next.Type == taskAdd && t.index() == next.index() && samePrimaryKey
}

// process marks the tasks as processing, does them and writes how it went.
func (s *Server) process(batch []task) {
	started := now()
	s.batch++
	var writes uint64
	if x, err := s.index(batch[0].index()); err == nil {
		writes = x.record().Writes
	}
	for i := range batch {
		batch[i].Work.Writes = writes
		batch[i].Status, batch[i].StartedAt, batch[i].BatchUID = statusProcessing, &started, ptr(s.batch)
	}
	if err := s.saveTasks(batch, false); err != nil {
		s.logger.Error("mark search tasks as processing", slog.Any("error", err))
	}
	s.run(batch)
	s.warnIfOvergrown()
	if s.interrupted {
		return // still marked as processing: the next start does it again
	}
	finished := now()
	for i := range batch {
		batch[i].FinishedAt = &finished
		if batch[i].Status = statusSucceeded; batch[i].Error != nil {
			batch[i].Status = statusFailed
		}
	}
	if err := s.saveTasks(batch, true); err != nil {
		s.logger.Error("mark search tasks as finished", slog.Any("error", err))
	}
}

// saveTasks writes tasks back. Finished ones lose their payload, and the
// oldest finished ones beyond maxFinishedTasks go.
func (s *Server) saveTasks(tasks []task, finished bool) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		bucket, payloads := tx.Bucket(bucketTasks), tx.Bucket(bucketPayloads)
		for _, t := range tasks {
			if err := putJSON(bucket, key64(t.UID), t); err != nil {
				return err
			}
			if !finished {
				continue
			}
			if err := payloads.Delete(key64(t.UID)); err != nil {
				return err
			}
			if t.UID < maxFinishedTasks {
				continue
			}
			if err := dropFinished(bucket, t.UID-maxFinishedTasks); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropFinished deletes the oldest task if it is finished and not newer than uid.
func dropFinished(bucket *bolt.Bucket, uid uint64) error {
	key, raw := bucket.Cursor().First()
	if key == nil || bytes.Compare(key, key64(uid)) > 0 {
		return nil
	}
	var t task
	if err := json.Unmarshal(raw, &t); err != nil || !t.finished() {
		return err
	}
	return bucket.Delete(key)
}

func (s *Server) payload(t task) ([]byte, error) {
	var body []byte
	err := s.db.View(func(tx *bolt.Tx) error {
		raw := tx.Bucket(bucketPayloads).Get(key64(t.UID))
		if raw == nil {
			return nil
		}
		var err error
		body, err = snappy.Decode(nil, raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read payload of task %d: %w", t.UID, err)
	}
	return body, nil
}
