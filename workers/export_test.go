package workers

import "context"

// RunJob runs the job of a name once, as the schedule does.
func (w *Workers) RunJob(ctx context.Context, name string) {
	for _, j := range w.jobs() {
		if j.name == name {
			w.runJob(ctx, j)
		}
	}
}
