package mail

import (
	"errors"
	"testing"
	"time"
)

// One task tries again after a pause, a reply before anything else; each probe that fails makes the pause longer, up to a bound, and the first
// mail that is taken ends it.
func TestPause(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	p := &pause{now: func() time.Time { return now }}
	refused := errors.New("too many connections")
	admits := func(urgent bool) func() {
		t.Helper()
		done, wait := p.admit(urgent)
		if (done == nil) != (wait > 0) {
			t.Fatalf("admitted %t with a wait of %s", done != nil, wait)
		}
		return done
	}
	if admits(false) == nil || p.recovering() {
		t.Fatal("nothing is admitted to a server that takes mails")
	}
	last := time.Duration(0)
	for range 12 {
		before := p.length
		until, _ := p.refused(refused)
		if again, began := p.refused(refused); began || !again.Equal(until) || p.length < before {
			t.Fatal("what fails in a pause begins another")
		}
		if admits(true) != nil {
			t.Fatal("a task is admitted in a pause")
		}
		last = until.Sub(now)
		now = until
		if admits(false) != nil {
			t.Fatal("an acknowledgement is the probe while a reply may come")
		}
		probe := admits(true)
		if probe == nil {
			t.Fatal("no probe is admitted after the pause")
		}
		now = now.Add(repliesFirst)
		if admits(true) != nil || admits(false) != nil {
			t.Fatal("two probes are under way")
		}
		probe() // it sent nothing
		if probe = admits(false); probe == nil {
			t.Fatal("without a reply nothing else becomes the probe")
		}
		probe()
	}
	if last < longestPause*8/10 || last > longestPause*12/10 {
		t.Errorf("after twelve probes the pause is %s", last)
	}
	if !p.taken() || p.taken() || admits(false) == nil {
		t.Error("a mail that was taken does not end the pause, once")
	}
	if now = now.Add(recovery - 1); !p.recovering() {
		t.Error("its backlog is not taken for one")
	}
	if now = now.Add(1); p.recovering() {
		t.Errorf("it is recovering %s after the pause", recovery)
	}
}
