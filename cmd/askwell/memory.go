package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// serveMemory is what a web process keeps to where nothing else bounds it: enough for floods and for reports of a million tickets (docs/bench.md).
const serveMemory = 200 << 20

// limitMemory has the garbage collector work harder before a web process takes more than it should: four fifths of what the container
// allows, else serveMemory. GOMEMLIMIT, which the runtime reads by itself, has the last word.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := int64(serveMemory)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if most, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			limit = min(limit, most/5*4)
		}
	}
	debug.SetMemoryLimit(limit)
}
