package meili

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A taskFilter is what GET /tasks, cancel and delete select by.
type taskFilter struct {
	uids, statuses, types, indexes, canceledBy []string
	before, after                              map[string]time.Time // by enqueuedAt, startedAt, finishedAt
	given                                      bool
}

// taskStatuses and taskTypes are what tasks can be listed by; the case does not matter.
var (
	taskStatuses = []string{statusEnqueued, statusProcessing, statusSucceeded, statusFailed, statusCanceled}
	taskTypes    = []string{
		taskAdd, "documentEdition", taskDelete, taskSettings, taskIndexCreation, taskIndexDeletion, taskIndexUpdate, taskIndexSwap,
		taskCancelation, taskDeletionOfTask, "dumpCreation", "snapshotCreation", "upgradeDatabase",
	}
)

// parseTaskFilter reads the parameters that select; others are those that may come besides.
func parseTaskFilter(q url.Values, others ...string) (taskFilter, *apiError) {
	f := taskFilter{before: map[string]time.Time{}, after: map[string]time.Time{}}
	lists := map[string]*[]string{
		"uids": &f.uids, "statuses": &f.statuses, "types": &f.types, "indexUids": &f.indexes, "canceledBy": &f.canceledBy,
	}
	for _, name := range sortedKeys(q) {
		if into := lists[name]; into != nil {
			f.given = true
			for _, value := range strings.Split(q.Get(name), ",") {
				value, err := taskValue(name, value)
				if err != nil {
					return f, err
				}
				*into = append(*into, value)
			}
			if slices.Contains(*into, "*") {
				*into = nil
			}
			continue
		}
		side, moment := name[:strings.IndexAny(name+"A", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")], ""
		if side == "before" || side == "after" {
			moment = name[len(side):]
		}
		switch {
		case slices.Contains([]string{"EnqueuedAt", "StartedAt", "FinishedAt"}, moment):
			at, err := taskMoment(q.Get(name), side == "after")
			if err != nil {
				return f, invalid("invalid_task_"+snake(name), "Invalid value in parameter `%s`: `%s` is an invalid date-time. It should follow "+
					"the YYYY-MM-DD or RFC 3339 date-time format.", name, q.Get(name))
			}
			f.given = true
			map[string]map[string]time.Time{"before": f.before, "after": f.after}[side][moment] = at
		case !slices.Contains(others, name):
			return f, invalid("bad_request", "Unknown parameter `%s`", name)
		}
	}
	return f, nil
}

// taskValue checks one value of a list, and gives it as tasks have it.
func taskValue(name, value string) (string, *apiError) {
	if value == "*" {
		return value, nil
	}
	pick := func(known []string) int {
		return slices.IndexFunc(known, func(one string) bool { return strings.EqualFold(one, value) })
	}
	switch name {
	case "uids", "canceledBy":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return "", invalid("invalid_task_"+snake(name), "Invalid value in parameter `%s`: could not parse `%s` as a positive integer", name, value)
		}
		return strconv.FormatUint(n, 10), nil
	case "statuses":
		if at := pick(taskStatuses); at >= 0 {
			return taskStatuses[at], nil
		}
		return "", invalid("invalid_task_statuses", "Invalid value in parameter `statuses`: `%s` is not a valid task status. Available "+
			"statuses are `%s`.", value, strings.Join(taskStatuses, "`, `"))
	case "types":
		if at := pick(taskTypes); at >= 0 {
			return taskTypes[at], nil
		}
		return "", invalid("invalid_task_types", "Invalid value in parameter `types`: `%s` is not a valid task type. Available types are `%s`.",
			value, strings.Join(taskTypes, "`, `"))
	}
	if !validIndexUID.MatchString(value) {
		return "", invalid("invalid_index_uid", "Invalid value in parameter `indexUids`: `%s` is not a valid index uid. Index uid can be an "+
			"integer or a string containing only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.", value)
	}
	return value, nil
}

// taskMoment reads a moment, or a day: what comes after a day comes after its end.
func taskMoment(text string, after bool) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if after {
		day = day.AddDate(0, 0, 1)
	}
	return day, err
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
	filter, apiErr := parseTaskFilter(r.URL.Query(), "limit", "from", "reverse", "batchUids")
	if apiErr != nil {
		return 0, nil, apiErr
	}
	if r.URL.Query().Has("batchUids") {
		return 0, nil, unsupported("batches")
	}
	limit, err := r.number("limit", "invalid_task_limit", 20)
	if err != nil {
		return 0, nil, err
	}
	from, err := r.number("from", "invalid_task_from", -1)
	if err != nil {
		return 0, nil, err
	}
	reverse := false
	if text := r.URL.Query().Get("reverse"); r.URL.Query().Has("reverse") {
		if reverse = text == "true"; !reverse && text != "false" {
			return 0, nil, invalid("invalid_task_reverse",
				"Invalid value in parameter `reverse`: could not parse `%s` as a boolean, expected either `true` or `false`", text)
		}
	}
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
