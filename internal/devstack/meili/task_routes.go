package meili

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A taskFilter is what GET /tasks, cancel and delete select by.
type taskFilter struct {
	uids, statuses, types, indexes, canceledBy []string
	before, after                              map[string]time.Time // by enqueuedAt, startedAt, finishedAt
	given                                      bool
}

func parseTaskFilter(q url.Values) (taskFilter, *apiError) {
	list := func(name string) []string {
		if q.Get(name) == "*" {
			return nil
		}
		return splitList(q.Get(name))
	}
	f := taskFilter{
		uids: list("uids"), statuses: list("statuses"), types: list("types"), indexes: list("indexUids"),
		canceledBy: list("canceledBy"), before: map[string]time.Time{}, after: map[string]time.Time{},
	}
	for _, uid := range f.uids {
		if _, err := strconv.ParseUint(uid, 10, 64); err != nil {
			return f, invalid("invalid_task_uids", "Invalid value in parameter `uids`: could not parse `%s` as a positive integer", uid)
		}
	}
	for _, status := range f.statuses {
		if !slices.Contains([]string{statusEnqueued, statusProcessing, statusSucceeded, statusFailed, statusCanceled}, status) {
			return f, invalid("invalid_task_statuses", "Invalid value in parameter `statuses`: `%s` is not a valid task status. "+
				"Available statuses are `enqueued`, `processing`, `succeeded`, `failed`, `canceled`.", status)
		}
	}
	for name := range q {
		f.given = f.given || slices.Contains([]string{"uids", "statuses", "types", "indexUids", "canceledBy"}, name)
	}
	for _, moment := range []string{"EnqueuedAt", "StartedAt", "FinishedAt"} {
		for side, into := range map[string]map[string]time.Time{"before": f.before, "after": f.after} {
			text := q.Get(side + moment)
			if text == "" {
				continue
			}
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return f, invalid("invalid_task_"+side+"_"+snake("x" + moment)[2:],
					"Invalid value in parameter `%s`: `%s` is an invalid date-time.", side+moment, text)
			}
			into[moment], f.given = at, true
		}
	}
	return f, nil
}

func (f taskFilter) matches(t task) bool {
	has := func(list []string, value string) bool { return list == nil || slices.Contains(list, value) }
	if !has(f.uids, strconv.FormatUint(t.UID, 10)) || !has(f.statuses, t.Status) || !has(f.types, t.Type) ||
		!has(f.indexes, t.index()) {
		return false
	}
	if f.canceledBy != nil && (t.CanceledBy == nil || !has(f.canceledBy, strconv.FormatUint(*t.CanceledBy, 10))) {
		return false
	}
	moments := map[string]*time.Time{"EnqueuedAt": &t.EnqueuedAt, "StartedAt": t.StartedAt, "FinishedAt": t.FinishedAt}
	for moment, limit := range f.before {
		if at := moments[moment]; at == nil || !at.Before(limit) {
			return false
		}
	}
	for moment, limit := range f.after {
		if at := moments[moment]; at == nil || !at.After(limit) {
			return false
		}
	}
	return true
}

// eachTask calls fn with the tasks, the newest first, until it returns false.
func (s *Server) eachTask(fn func(task) bool) error {
	return s.db.View(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucketTasks).Cursor()
		for key, raw := cursor.Last(); key != nil; key, raw = cursor.Prev() {
			var t task
			if err := json.Unmarshal(raw, &t); err != nil {
				return fmt.Errorf("decode task: %w", err)
			}
			if !fn(t) {
				return nil
			}
		}
		return nil
	})
}

// mayTask says whether the request's key reaches a task's index.
func (r *request) mayTask(t task) bool {
	return t.IndexUID == nil && r.key.opens("*") || t.IndexUID != nil && r.key.opens(*t.IndexUID)
}

func (s *Server) listTasks(r *request) (int, any, error) {
	filter, apiErr := parseTaskFilter(r.URL.Query())
	if apiErr != nil {
		return 0, nil, apiErr
	}
	limit, err := r.number("limit", "invalid_task_limit", 20)
	if err != nil {
		return 0, nil, err
	}
	from, err := r.number("from", "invalid_task_from", -1)
	if err != nil {
		return 0, nil, err
	}
	reverse := r.URL.Query().Get("reverse") == "true"
	var matched []task
	err = s.eachTask(func(t task) bool {
		if r.mayTask(t) && filter.matches(t) {
			matched = append(matched, t)
		}
		return true
	})
	if err != nil {
		return 0, nil, err
	}
	total := len(matched)
	if reverse {
		slices.Reverse(matched)
	}
	if from >= 0 {
		matched = slices.DeleteFunc(matched, func(t task) bool {
			return !reverse && t.UID > uint64(from) || reverse && t.UID < uint64(from)
		})
	}
	results := []map[string]any{}
	for _, t := range matched[:min(limit, len(matched))] {
		results = append(results, t.view())
	}
	out := map[string]any{"results": results, "total": total, "limit": limit, "from": nil, "next": nil}
	if len(results) > 0 {
		out["from"] = results[0]["uid"]
	}
	if len(matched) > limit {
		out["next"] = matched[limit].UID
	}
	return http.StatusOK, out, nil
}

func (s *Server) getTask(r *request) (int, any, error) {
	uid, err := strconv.ParseUint(r.PathValue("task"), 10, 64)
	if err != nil {
		return 0, nil, invalid("invalid_task_uid", "Task uid `%s` is invalid. It should only contain numeric characters.", r.PathValue("task"))
	}
	var t task
	err = s.db.View(func(tx *bolt.Tx) error {
		raw := tx.Bucket(bucketTasks).Get(key64(uid))
		if raw == nil {
			return notFound("task_not_found", "Task `%d` not found.", uid)
		}
		return json.Unmarshal(raw, &t)
	})
	if err == nil && !r.mayTask(t) {
		err = notFound("task_not_found", "Task `%d` not found.", uid)
	}
	return http.StatusOK, t.view(), err
}

func (s *Server) cancelTasks(r *request) (int, any, error) {
	return s.onTasks(r, taskCancelation, "canceledTasks")
}

func (s *Server) deleteTasks(r *request) (int, any, error) {
	return s.onTasks(r, taskDeletionOfTask, "deletedTasks")
}

// onTasks enqueues a task about other tasks. meilisearch-go expects 200 here.
func (s *Server) onTasks(r *request, kind, counted string) (int, any, error) {
	filter, apiErr := parseTaskFilter(r.URL.Query())
	if apiErr != nil {
		return 0, nil, apiErr
	}
	if !filter.given {
		return 0, nil, invalid("missing_task_filters", "Query parameters to filter the tasks are missing. Available query "+
			"parameters are: `uids`, `indexUids`, `statuses`, `types`, `canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, "+
			"`beforeStartedAt`, `afterStartedAt`, `beforeFinishedAt`, `afterFinishedAt`.")
	}
	var uids []uint64
	err := s.eachTask(func(t task) bool {
		if r.mayTask(t) && filter.matches(t) {
			uids = append(uids, t.UID)
		}
		return true
	})
	if err != nil {
		return 0, nil, err
	}
	t, err := s.enqueue(task{
		Type: kind, Work: work{Tasks: uids},
		Details: map[string]any{"matchedTasks": len(uids), counted: nil, "originalFilter": "?" + r.URL.RawQuery},
	}, nil)
	return http.StatusOK, t.summary(), err
}

// applyToTask cancels a task that waits, or deletes one that is finished.
func applyToTask(tx *bolt.Tx, by task, uid uint64) (bool, error) {
	bucket := tx.Bucket(bucketTasks)
	raw := bucket.Get(key64(uid))
	if raw == nil {
		return false, nil
	}
	var t task
	if err := json.Unmarshal(raw, &t); err != nil {
		return false, fmt.Errorf("decode task: %w", err)
	}
	if by.Type == taskDeletionOfTask {
		return t.finished(), ignoreUnless(t.finished(), func() error { return bucket.Delete(key64(uid)) })
	}
	if t.Status != statusEnqueued || t.UID == by.UID {
		return false, nil
	}
	t.Status, t.CanceledBy, t.FinishedAt = statusCanceled, &by.UID, ptr(now())
	return true, putJSON(bucket, key64(uid), t)
}

func ignoreUnless(condition bool, do func() error) error {
	if !condition {
		return nil
	}
	return do()
}

// isIndexing says whether a task for the index waits or is being done.
func (s *Server) isIndexing(uid string) (bool, error) {
	busy := false
	err := s.eachTask(func(t task) bool {
		busy = !t.finished() && t.index() == uid
		return !busy
	})
	return busy, err
}
