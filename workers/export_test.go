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

// Jobs lists the jobs that run by the clock.
func (w *Workers) Jobs() (found []string) {
	for _, j := range w.jobs() {
		found = append(found, j.name)
	}
	return found
}

// Kinds lists every kind of task.
func Kinds() []string { return names(func(kind) bool { return true }) }

// PlacesLeft is how many tasks of a process can go on while everything that asks the mail server, the scanner or Meilisearch waits for it.
func PlacesLeft(concurrency int) int {
	p := newPlaces(concurrency)
	left := concurrency - cap(p.all) - cap(p.scans)
	for _, k := range kinds {
		if k.name == TaskIndexTicket || k.name == TaskIndexAccount {
			left -= k.lanes
		}
	}
	return left
}
