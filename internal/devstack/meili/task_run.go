package meili

import (
	"errors"
	"log/slog"
	"net/http"

	bolt "go.etcd.io/bbolt"
)

// run does a batch: several additions of documents, or one task of another
// kind. Errors end up in the tasks.
func (s *Server) run(batch []task) {
	var err error
	switch t := &batch[0]; t.Type {
	case taskAdd:
		s.runAdditions(batch)
		return
	case taskDelete:
		err = s.runDeletion(t)
	case taskSettings:
		err = s.runSettings(t)
	case taskIndexCreation:
		err = s.runIndexCreation(t)
	case taskIndexUpdate:
		err = s.runIndexUpdate(t)
	case taskIndexDeletion:
		err = s.runIndexDeletion(t)
	case taskIndexSwap:
		err = s.runSwap(t)
	case taskCancelation, taskDeletionOfTask:
		err = s.runOnTasks(t)
	}
	s.fail(&batch[0], err)
}

// fail records err in the task: Meilisearch's own error, or an internal one
// that goes to the log with its cause.
func (s *Server) fail(t *task, err error) {
	if err == nil {
		return
	}
	if errors.Is(err, errInterrupted) {
		s.interrupted = true
		return
	}
	var api *apiError
	if !errors.As(err, &api) {
		s.logger.Error("do a search task", slog.Uint64("task", t.UID), slog.String("type", t.Type), slog.Any("error", err))
		api = newError(http.StatusInternalServerError, typeInternal, "internal", "%s", err)
	}
	t.Error = api
}

func (s *Server) runAdditions(batch []task) {
	x, err := s.ensureIndex(batch[0].index())
	if err != nil {
		for i := range batch {
			s.fail(&batch[i], err)
		}
		return
	}
	var docs []incoming
	var accepted []*task
	for i := range batch {
		t := &batch[i]
		t.Details = map[string]any{"receivedDocuments": t.Details["receivedDocuments"], "indexedDocuments": 0}
		prepared, err := s.prepareAddition(x, *t)
		if err != nil {
			s.fail(t, err)
			continue
		}
		docs = append(docs, prepared...)
		t.Details["indexedDocuments"] = len(prepared)
		accepted = append(accepted, t)
	}
	if err := x.put(docs); err != nil {
		for _, t := range accepted {
			s.fail(t, err)
		}
	}
}

// prepareAddition reads a task's documents, settles the primary key and
// checks every identifier: one that is wrong fails the whole task.
func (s *Server) prepareAddition(x *searchIndex, t task) ([]incoming, error) {
	body, err := s.payload(t)
	if err != nil {
		return nil, err
	}
	raws, err := splitDocuments(body)
	if err != nil || len(raws) == 0 {
		return nil, err
	}
	primaryKey, err := settlePrimaryKey(x.record(), t.Work.PrimaryKey, raws[0])
	if err != nil {
		return nil, err
	}
	docs := make([]incoming, len(raws))
	for i, raw := range raws {
		id, err := documentID(primaryKey, raw)
		if err != nil {
			return nil, err
		}
		docs[i] = incoming{id: id, raw: raw, update: t.Work.Update}
	}
	rec := x.record()
	if rec.PrimaryKey == nil {
		rec.PrimaryKey = &primaryKey
		return docs, x.save(rec)
	}
	return docs, nil
}

func (s *Server) runDeletion(t *task) error {
	x, err := s.index(t.index())
	if err != nil {
		return err
	}
	ids := t.Work.IDs
	var deleted int64
	switch {
	case t.Work.All:
		deleted, err = x.clear()
	case t.Work.Filter != nil:
		if ids, err = x.idsMatching(s.closing, t.Work.Filter); err != nil {
			return err
		}
		fallthrough
	default:
		deleted, err = x.remove(ids)
	}
	if t.Details == nil {
		t.Details = map[string]any{}
	}
	t.Details["deletedDocuments"] = deleted
	return err
}

func (s *Server) runSettings(t *task) error {
	find := s.ensureIndex
	if t.Work.Reset {
		find = s.index
	}
	x, err := find(t.index())
	if err != nil {
		return err
	}
	rec := x.record()
	next := defaultSettings()
	if !t.Work.All {
		patch, err := s.payload(*t)
		if err != nil {
			return err
		}
		merged, apiErr := rec.Settings.merge(patch)
		if apiErr != nil {
			return apiErr
		}
		next = merged
	}
	reindex := rec.Settings.reindexes(next) && rec.Documents > 0
	rec.Settings, rec.UpdatedAt = next, now()
	if reindex {
		return x.rebuild(rec)
	}
	return x.save(rec)
}

func (s *Server) runOnTasks(t *task) error {
	changed := 0
	err := s.db.Update(func(tx *bolt.Tx) error {
		for _, uid := range t.Work.Tasks {
			done, err := applyToTask(tx, *t, uid)
			if err != nil {
				return err
			}
			if done {
				changed++
			}
		}
		return nil
	})
	if t.Type == taskCancelation {
		t.Details["canceledTasks"] = changed
	} else {
		t.Details["deletedTasks"] = changed
	}
	return err
}
