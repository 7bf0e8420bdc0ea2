package main

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		done, left int
		took       time.Duration
		want       string
	}{
		"half":             {50_000, 50_000, 5 * time.Second, ", 10,000 a second, 5s left"},
		"more than a hour": {1_000_000, 8_000_000, 10 * time.Minute, ", 1,666 a second, 1h20m0s left"},
		"the last one":     {100, 0, 10 * time.Second, ", 10 a second, 0s left"},
		"just begun":       {1000, 9000, time.Second, ""},
		"nothing done":     {0, 9000, time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := pace(c.done, c.left, c.took); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
