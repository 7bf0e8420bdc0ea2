package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// pgbench is PostgreSQL's own load generator, the measure of what the database does at best.
type pgbench struct {
	program string
	env     []string // where the database is; the password is in no argument
	dir     string
}

// newPgbench finds the pgbench that came with the desk's server.
func (d *desk) newPgbench(dir, databaseURL string) (*pgbench, error) {
	program := ""
	for _, s := range family(d.process.Pid) {
		if s.name != "postgres" {
			continue
		}
		if path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.pid)); err == nil {
			program = filepath.Join(filepath.Dir(path), "pgbench")
			break
		}
	}
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("pgbench"); err != nil {
			return nil, fmt.Errorf("pgbench is not installed beside PostgreSQL: %w", err)
		}
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, errors.New("the database's address cannot be read")
	}
	password, _ := u.User.Password()
	return &pgbench{program: program, dir: dir, env: []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "PGSSLMODE=disable", "PGHOST=" + u.Hostname(), "PGPORT=" + u.Port(),
		"PGUSER=" + u.User.Username(), "PGPASSWORD=" + password, "PGDATABASE=" + strings.TrimPrefix(u.Path, "/"),
	}}, nil
}

// load is what one run of pgbench did.
type load struct {
	perSecond float64
	times     Times
	count     int
	cpu       CPU
}

// run repeats the scripts, each as often as the others, for a time with so many clients: prepared, without vacuum, two threads.
func (p *pgbench) run(ctx context.Context, clients int, length time.Duration, scripts []string, variables map[string]string) (load, error) {
	dir, err := os.MkdirTemp(p.dir, "pgbench-")
	if err != nil {
		return load{}, err
	}
	defer os.RemoveAll(dir)
	args := []string{"-M", "prepared", "-n", "-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(2, clients)),
		"-T", strconv.Itoa(max(1, int(length.Seconds()))), "-l", "--log-prefix=" + filepath.Join(dir, "log")}
	for i, script := range scripts {
		path := filepath.Join(dir, fmt.Sprintf("script%d.sql", i))
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			return load{}, err
		}
		args = append(args, "-f", path)
	}
	for name, value := range variables {
		args = append(args, "-D", name+"="+value)
	}
	out, err := p.output(ctx, args)
	if err != nil {
		return load{}, err
	}
	return readLoad(out, dir)
}

// output runs pgbench bound to this process.
func (p *pgbench) output(ctx context.Context, args []string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, p.program, args...)
	cmd.Env, cmd.SysProcAttr = p.env, bound()
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("pgbench: %w\n%s", err, problems.Bytes())
	}
	return out, nil
}

var (
	tpsLine    = regexp.MustCompile(`(?m)^tps = ([0-9.]+) `)
	failedLine = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
)

// readLoad reads what pgbench printed, and how long each transaction took from its log.
func readLoad(out []byte, dir string) (load, error) {
	tps := tpsLine.FindSubmatch(out)
	if tps == nil {
		return load{}, fmt.Errorf("pgbench printed no rate:\n%s", out)
	}
	if failed := failedLine.FindSubmatch(out); failed != nil && string(failed[1]) != "0" {
		return load{}, fmt.Errorf("pgbench: %s transactions failed", failed[1])
	}
	var l load
	var err error
	if l.perSecond, err = strconv.ParseFloat(string(tps[1]), 64); err != nil {
		return load{}, err
	}
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return load{}, err
	}
	var times []time.Duration
	for _, path := range logs {
		if times, err = readTimes(path, times); err != nil {
			return load{}, err
		}
	}
	if len(times) == 0 {
		return load{}, errors.New("pgbench logged no transaction")
	}
	l.times, l.count = percentiles(times), len(times)
	return l, nil
}

// readTimes reads pgbench's log: client, transaction, microseconds and more on each line.
func readTimes(path string, times []time.Duration) ([]time.Duration, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			return nil, fmt.Errorf("pgbench's log has a line %q", lines.Text())
		}
		micros, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("pgbench's log has a line %q", lines.Text())
		}
		times = append(times, time.Duration(micros)*time.Microsecond)
	}
	return times, lines.Err()
}
