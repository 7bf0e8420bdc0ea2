package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What /proc tells. Where there is none, these give errors or zeros and the figures are left out.

// clockTicks a second is 100 on every Linux that Go runs on.
const clockTicks = 100

// stat is a process's line in /proc.
type stat struct {
	pid, parent int
	name        string
	cpu         time.Duration // used so far, by itself
	ended       time.Duration // used by its children that have ended
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < 0 {
		return stat{}, fmt.Errorf("process %d: unreadable", pid)
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("process %d: unreadable", pid)
	}
	parent, _ := strconv.Atoi(fields[1])
	ticks := func(at int) time.Duration {
		n, _ := strconv.ParseInt(fields[at], 10, 64)
		return time.Duration(n) * time.Second / clockTicks
	}
	return stat{
		pid: pid, parent: parent, name: string(data[open+1 : end]), cpu: ticks(11) + ticks(12), ended: ticks(13) + ticks(14),
	}, nil
}

// family lists a process and all that descend from it.
func family(root int) []stat {
	found, _ := filepath.Glob("/proc/[0-9]*")
	children := map[int][]stat{}
	var all []stat
	for _, path := range found {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		s, err := readStat(pid)
		if err != nil {
			continue // it has just ended
		}
		if pid == root {
			all = append(all, s)
		}
		children[s.parent] = append(children[s.parent], s)
	}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].pid]...)
	}
	return all
}

// CPU is processor time by who used it.
type CPU struct {
	Client, Askwell, Postgres, Other time.Duration
}

// cpuUsed tells how much the desk's processes and this one have used; pgbench counts as ours once it has ended.
func (d *desk) cpuUsed() CPU {
	var used CPU
	if own, err := readStat(os.Getpid()); err == nil {
		used.Client = own.cpu + own.ended
	}
	for _, s := range family(d.process.Pid) {
		switch {
		case s.pid == d.process.Pid:
			used.Askwell += s.cpu
		case s.name == "postgres":
			used.Postgres += s.cpu + s.ended
		default:
			used.Other += s.cpu
		}
	}
	return used
}

func (c CPU) since(before CPU) CPU {
	return CPU{c.Client - before.Client, c.Askwell - before.Askwell, c.Postgres - before.Postgres, c.Other - before.Other}
}

func (c CPU) desk() time.Duration { return c.Askwell + c.Postgres + c.Other }

func (c CPU) plus(more CPU) CPU {
	return CPU{c.Client + more.Client, c.Askwell + more.Askwell, c.Postgres + more.Postgres, c.Other + more.Other}
}

// Work is processor time for one inquiry or request, in microseconds. Unlike a rate it hardly depends on what else the machine
// does.
type Work struct {
	Askwell  float64 `json:"askwell_us"` // its workers' share with it
	Postgres float64 `json:"postgres_us"`
	Client   float64 `json:"client_us"` // the load generator
}

func (c CPU) each(n int) *Work {
	if n == 0 || c.desk() == 0 {
		return nil
	}
	micros := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	return &Work{Askwell: micros(c.Askwell), Postgres: micros(c.Postgres), Client: micros(c.Client)}
}

// memory is in bytes.
type memory struct {
	resident     int64 // of the process askwell alone
	askwell      int64 // proportional: what is shared counts once
	postgres     int64
	other        int64
	anyProcesses int
}

func (d *desk) memory() (memory, error) {
	var m memory
	for _, s := range family(d.process.Pid) {
		pss, err := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", s.pid), "Pss:")
		if errors.Is(err, os.ErrNotExist) {
			continue // it has just ended
		}
		if err != nil {
			return m, err
		}
		m.anyProcesses++
		switch {
		case s.pid == d.process.Pid:
			m.askwell = pss
			if m.resident, err = kilobytes(fmt.Sprintf("/proc/%d/status", s.pid), "VmRSS:"); err != nil {
				return m, err
			}
		case s.name == "postgres":
			m.postgres += pss
		default:
			m.other += pss
		}
	}
	if m.anyProcesses == 0 {
		return m, errors.New("this system does not tell")
	}
	return m, nil
}

// kilobytes reads a line like "Pss:  1234 kB" and gives bytes.
func kilobytes(path, name string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}

// forgetPeak makes peak begin anew (proc(5), clear_refs).
func (d *desk) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.process.Pid), []byte("5"), 0o200)
}

// peak is the most memory, in bytes, that the process askwell has had resident since forgetPeak.
func (d *desk) peak() (int64, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/status", d.process.Pid), "VmHWM:")
}
