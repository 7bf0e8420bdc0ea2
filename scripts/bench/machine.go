package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is what the figures were measured on.
type Machine struct {
	System    string  `json:"system"`
	Processor string  `json:"processor"`
	Cores     int     `json:"cores"`
	MemoryGB  float64 `json:"memory_gb"`
	Go        string  `json:"go"`
	Postgres  string  `json:"postgres"`
	Redis     string  `json:"redis"`
}

func thisMachine() Machine {
	m := Machine{System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	if bytes, err := kilobytes("/proc/meminfo", "MemTotal:"); err == nil {
		m.MemoryGB = float64(bytes>>20) / 1024
	}
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(data)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			m.Processor = strings.TrimSpace(value)
			break
		}
	}
	return m
}

// loadAverage is how many processes wanted a core over the last minute.
func loadAverage() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	var load float64
	_, _ = fmt.Sscan(string(data), &load) // 0 when it cannot be told
	return load
}

// describe adds the versions of what the desk runs on.
func (r *Result) describe(ctx context.Context, d *desk) error {
	r.Machine.Redis = "in the process"
	for _, s := range family(d.process.Pid) {
		if strings.Contains(s.name, "redis") || strings.Contains(s.name, "valkey") {
			r.Machine.Redis = "by " + s.name
		}
	}
	if err := d.db.QueryRow(ctx, `SELECT current_setting('server_version')`).Scan(&r.Machine.Postgres); err != nil {
		return fmt.Errorf("ask for PostgreSQL's version: %w", err)
	}
	return nil
}
