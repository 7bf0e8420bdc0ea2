package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What pgbench 15 prints, and the two logs of its two threads.
const (
	printed = `pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: multiple scripts
scaling factor: 1
query mode: prepared
number of clients: 8
number of threads: 2
maximum number of tries: 1
duration: 5 s
number of transactions actually processed: 4
number of failed transactions: 0 (0.000%)
latency average = 2.500 ms
initial connection time = 31.000 ms
tps = 3187.401554 (without initial connection time)
`
	logOne = "0 1 1000 0 1763910000 100\n1 1 2000 1 1763910000 200\n"
	logTwo = "2 1 4000 0 1763910000 300\n3 1 3000 1 1763910000 400\n"
)

func writeLogs(t *testing.T, logs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, log := range logs {
		if err := os.WriteFile(filepath.Join(dir, "log.42"+strings.Repeat(".1", i)), []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadLoad(t *testing.T) {
	t.Parallel()
	got, err := readLoad([]byte(printed), writeLogs(t, logOne, logTwo))
	if err != nil {
		t.Fatal(err)
	}
	want := load{perSecond: 3187.401554, times: Times{2, 4, 4}, count: 4}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(load{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		out  string
		logs []string
	}{
		"no rate":              {"pgbench (15.18)\n", []string{logOne}},
		"failed transactions":  {strings.Replace(printed, "failed transactions: 0", "failed transactions: 3", 1), []string{logOne}},
		"no log":               {printed, nil},
		"an empty log":         {printed, []string{""}},
		"a log of other words": {printed, []string{"0 1 failed 0 1763910000 100\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := readLoad([]byte(tc.out), writeLogs(t, tc.logs...)); err == nil {
				t.Errorf("read %+v", got)
			}
		})
	}
}
