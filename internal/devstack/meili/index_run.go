package meili

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// index returns an open index.
func (s *Server) index(uid string) (*searchIndex, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if x := s.indexes[uid]; x != nil {
		return x, nil
	}
	return nil, indexNotFound(uid)
}

// ensureIndex returns an index and makes it if it is not there: documents and
// settings sent to an unknown index create it.
func (s *Server) ensureIndex(uid string) (*searchIndex, error) {
	if x, err := s.index(uid); err == nil {
		return x, nil
	}
	return s.createIndex(uid, nil, nil)
}

// createIndex makes an index; the task that asked for it, if one did, is
// finished in the same transaction. Whoever sees it finished waits for the
// lock until the index is there.
func (s *Server) createIndex(uid string, primaryKey *string, t *task) (*searchIndex, error) {
	rec := record{UID: uid, Layout: layoutVersion, PrimaryKey: primaryKey, CreatedAt: now(), UpdatedAt: now(), Settings: defaultSettings(),
		Fields: map[string]int64{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.db.Update(func(tx *bolt.Tx) error {
		var err error
		rec.Data, err = tx.Bucket(bucketIndexes).NextSequence()
		if err != nil {
			return err
		}
		if err := finishIn(tx, t); err != nil {
			return err
		}
		return putJSON(tx.Bucket(bucketIndexes), []byte(uid), rec)
	})
	if err != nil {
		return nil, fmt.Errorf("create index %s: %w", uid, err)
	}
	x := &searchIndex{db: s.db, dir: s.engineDir(), stop: s.closing}
	if err := x.open(rec); err != nil {
		return nil, err
	}
	s.indexes[uid] = x
	return x, nil
}

func (s *Server) runIndexCreation(t *task) error {
	if _, err := s.index(t.index()); err == nil {
		return indexExists(t.index())
	}
	_, err := s.createIndex(t.index(), t.Work.PrimaryKey, t)
	return err
}

// finishIn writes the task as succeeded in the transaction of its effect: a
// swap done twice after a crash would be no swap at all.
func finishIn(tx *bolt.Tx, t *task) error {
	if t == nil {
		return nil
	}
	done := *t
	done.Status, done.FinishedAt = statusSucceeded, ptr(now())
	return putJSON(tx.Bucket(bucketTasks), key64(t.UID), done)
}

func indexExists(uid string) *apiError {
	return newError(409, typeInvalid, "index_already_exists", "Index `%s` already exists.", uid)
}

func (s *Server) runIndexUpdate(t *task) error {
	x, err := s.index(t.index())
	if err != nil {
		return err
	}
	rec := x.record()
	if t.Work.PrimaryKey != nil {
		if rec.Documents > 0 && (rec.PrimaryKey == nil || *rec.PrimaryKey != *t.Work.PrimaryKey) {
			return invalid("index_primary_key_already_exists",
				"Index `%s`: Index already has a primary key: `%s`.", rec.UID, deref(rec.PrimaryKey))
		}
		rec.PrimaryKey = t.Work.PrimaryKey
	}
	rec.UpdatedAt = now()
	if t.Work.NewUID == nil || *t.Work.NewUID == rec.UID {
		return x.save(rec)
	}
	if _, err := s.index(*t.Work.NewUID); err == nil {
		return indexExists(*t.Work.NewUID)
	}
	return s.rename(map[string]*searchIndex{*t.Work.NewUID: x}, []string{rec.UID}, t)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Server) runIndexDeletion(t *task) error {
	x, err := s.index(t.index())
	if err != nil {
		return err
	}
	rec := x.record()
	s.mu.Lock()
	delete(s.indexes, rec.UID)
	s.mu.Unlock()
	t.Details = map[string]any{"deletedDocuments": rec.Documents}
	err = s.db.Update(func(tx *bolt.Tx) error {
		if err := tx.Bucket(bucketIndexes).Delete([]byte(rec.UID)); err != nil {
			return err
		}
		if err := finishIn(tx, t); err != nil {
			return err
		}
		return dropData(tx, rec.Data)
	})
	err = errors.Join(err, x.close())
	if path := x.enginePath(rec); path != "" {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// runSwap exchanges the names of pairs of indexes in one transaction: no
// search sees one without the other.
func (s *Server) runSwap(t *task) error {
	names := map[string]*searchIndex{}
	var gone []string
	for _, pair := range t.Work.Swaps {
		a, err := s.index(pair.Indexes[0])
		if err != nil {
			return swapNotFound(pair.Indexes[0])
		}
		b, err := s.index(pair.Indexes[1])
		switch {
		case err == nil && pair.Rename:
			return indexExists(pair.Indexes[1])
		case err == nil:
			names[pair.Indexes[0]], names[pair.Indexes[1]] = b, a
		case pair.Rename:
			names[pair.Indexes[1]] = a
			gone = append(gone, pair.Indexes[0])
		default:
			return swapNotFound(pair.Indexes[1])
		}
	}
	return s.rename(names, gone, t)
}

func swapNotFound(uid string) *apiError {
	return notFound("index_not_found", "Index `%s` not found.", uid)
}

// rename gives indexes their new names and takes away those in gone. Nobody
// sees its task finished and the old names still in use.
func (s *Server) rename(names map[string]*searchIndex, gone []string, t *task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := make(map[string]record, len(names))
	err := s.db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketIndexes)
		for _, uid := range gone {
			if err := bucket.Delete([]byte(uid)); err != nil {
				return err
			}
		}
		for uid, x := range names {
			rec := x.record()
			rec.UID = uid
			records[uid] = rec
			if err := putJSON(bucket, []byte(uid), rec); err != nil {
				return err
			}
		}
		return finishIn(tx, t)
	})
	if err != nil {
		return fmt.Errorf("rename indexes: %w", err)
	}
	for _, uid := range gone {
		delete(s.indexes, uid)
	}
	for uid, x := range names {
		x.mu.Lock()
		x.rec = records[uid]
		x.mu.Unlock()
		s.indexes[uid] = x
	}
	return nil
}

// openIndexes opens every index of the side store and removes folders that
// no index claims any more: a crash may leave one behind.
func (s *Server) openIndexes() error {
	var records []record
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketIndexes).ForEach(func(_, raw []byte) error {
			var rec record
			if err := json.Unmarshal(raw, &rec); err != nil {
				return fmt.Errorf("decode index: %w", err)
			}
			records = append(records, rec)
			return nil
		})
	})
	if err != nil {
		return err
	}
	begun, err := s.begunTasks()
	if err != nil {
		return err
	}
	var folders []string
	for _, rec := range records {
		x := &searchIndex{db: s.db, dir: s.engineDir(), stop: s.closing}
		if reason := x.reopen(rec, begun); reason != nil {
			s.logger.Warn("a search index is built anew", slog.String("index", rec.UID), slog.Any("reason", reason))
			if err := x.rebuild(rec); err != nil {
				return fmt.Errorf("build index %s anew: %w", rec.UID, err)
			}
		}
		s.indexes[rec.UID] = x
		folders = append(folders, x.enginePath(x.record()))
	}
	return s.removeStale(folders)
}

func (s *Server) removeStale(folders []string) error {
	if s.engineDir() == "" {
		return nil
	}
	entries, err := os.ReadDir(s.engineDir())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the search folder: %w", err)
	}
	for _, entry := range entries {
		path := s.engineDir() + string(os.PathSeparator) + entry.Name()
		if !slices.Contains(folders, path) {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("remove %s: %w", path, err)
			}
		}
	}
	return nil
}
