package meili

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Statuses of a task.
const (
	statusEnqueued   = "enqueued"
	statusProcessing = "processing"
	statusSucceeded  = "succeeded"
	statusFailed     = "failed"
	statusCanceled   = "canceled"
)

// Types of task.
const (
	taskAdd            = "documentAdditionOrUpdate"
	taskDelete         = "documentDeletion"
	taskSettings       = "settingsUpdate"
	taskIndexCreation  = "indexCreation"
	taskIndexUpdate    = "indexUpdate"
	taskIndexDeletion  = "indexDeletion"
	taskIndexSwap      = "indexSwap"
	taskCancelation    = "taskCancelation"
	taskDeletionOfTask = "taskDeletion"
)

// A task is kept with what its worker needs to do it again after a crash.
type task struct {
	UID        uint64         `json:"uid"`
	BatchUID   *uint64        `json:"batchUid"`
	IndexUID   *string        `json:"indexUid"`
	Status     string         `json:"status"`
	Type       string         `json:"type"`
	CanceledBy *uint64        `json:"canceledBy"`
	Details    map[string]any `json:"details"`
	Error      *apiError      `json:"error"`
	EnqueuedAt time.Time      `json:"enqueuedAt"`
	StartedAt  *time.Time     `json:"startedAt"`
	FinishedAt *time.Time     `json:"finishedAt"`

	Work work `json:"work"`
}

// work says how to do a task; a body of documents or settings is in the
// payloads bucket.
type work struct {
	Update     bool            `json:"update,omitempty"`     // PUT of documents
	PrimaryKey *string         `json:"primaryKey,omitempty"` // given with documents or an index
	NewUID     *string         `json:"newUid,omitempty"`
	IDs        []string        `json:"ids,omitempty"`    // documents to delete
	Filter     json.RawMessage `json:"filter,omitempty"` // documents to delete
	All        bool            `json:"all,omitempty"`    // every document; or: reset all settings
	Swaps      []swap          `json:"swaps,omitempty"`
	Reset      bool            `json:"reset,omitempty"`  // settings to their defaults, of an index that is there
	Tasks      []uint64        `json:"tasks,omitempty"`  // to cancel or delete
	Bytes      int             `json:"bytes,omitempty"`  // of the payload
	Writes     uint64          `json:"writes,omitempty"` // of its index when it was begun
}

type swap struct {
	Indexes []string `json:"indexes"`
	Rename  bool     `json:"rename,omitempty"`
}

func (t task) finished() bool {
	return t.Status == statusSucceeded || t.Status == statusFailed || t.Status == statusCanceled
}

func (t task) index() string {
	if t.IndexUID == nil {
		return ""
	}
	return *t.IndexUID
}

// view is the task as GET /tasks shows it.
func (t task) view() map[string]any {
	var duration any
	if t.StartedAt != nil && t.FinishedAt != nil {
		duration = isoDuration(t.FinishedAt.Sub(*t.StartedAt))
	}
	var details any
	if t.Details != nil {
		details = t.Details
	}
	return map[string]any{
		"uid": t.UID, "batchUid": t.BatchUID, "indexUid": t.IndexUID, "status": t.Status, "type": t.Type,
		"canceledBy": t.CanceledBy, "details": details, "error": t.Error, "duration": duration,
		"enqueuedAt": t.EnqueuedAt, "startedAt": t.StartedAt, "finishedAt": t.FinishedAt,
	}
}

// summary is the task as the request that made it is answered.
func (t task) summary() map[string]any {
	return map[string]any{
		"taskUid": t.UID, "indexUid": t.IndexUID, "status": t.Status, "type": t.Type, "enqueuedAt": t.EnqueuedAt,
	}
}

func isoDuration(d time.Duration) string {
	return fmt.Sprintf("PT%sS", strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
}

func now() time.Time { return time.Now().UTC() }

func ptr[T any](value T) *T { return &value }
