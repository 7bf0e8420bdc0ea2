package outbox

import "time"

// TaskQueue is how one of the task queue's own queues stands.
type TaskQueue struct {
	Name      string
	Waiting   int // handed over, not begun
	Active    int // being worked on
	Retrying  int // failed, tried again later
	Scheduled int
	Archived  int           // failed for good
	Processed int           // today, failed ones among them
	Latency   time.Duration // how long the oldest waiting one has waited
	Paused    bool
}
