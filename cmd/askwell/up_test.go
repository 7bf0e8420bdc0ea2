package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children lists the processes that work on the folder, this test aside.
func children(t *testing.T, dir string) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		cmdline, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		cwd, _ := os.Readlink(filepath.Join(filepath.Dir(path), "cwd"))
		text := strings.ReplaceAll(string(cmdline), "\x00", " ")
		if strings.Contains(text, dir) || strings.HasPrefix(cwd, dir) {
			found = append(found, path+": "+text)
		}
	}
	return found
}

func noChildren(t *testing.T, dir string, within time.Duration) {
	t.Helper()
	eventually(t, within, func() error {
		if left := children(t, dir); len(left) > 0 {
			return fmt.Errorf("still there: %q", left)
		}
		return nil
	})
}

func TestUpStopsEverythingAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := startUp(t, dir, nil, "--no-demo")
	status, _, _, err := newBrowser(t, first.url).post("/inquiries", inquiryForm(newBrowser(t, first.url).token(), "Keep me", ""))
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("send an inquiry: %d %v", status, err)
	}
	if len(children(t, dir)) < 2 {
		t.Error("no children were found: the test looks in the wrong place")
	}

	for name, stop := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT} {
		began := time.Now()
		first.signal(stop)
		if !first.ended(5 * time.Second) {
			t.Fatalf("%s: not stopped in 5 s", name)
		}
		t.Logf("%s: stopped in %s", name, time.Since(began))
		if first.err != nil {
			t.Errorf("%s: exit %v", name, first.err)
		}
		noChildren(t, dir, time.Second)
	}

	began := time.Now()
	second := startUp(t, dir, nil, "--no-demo")
	t.Logf("a second start took %s", time.Since(began))
	var subject string
	if err := second.db.QueryRow(t.Context(), `SELECT subject FROM ticket`).Scan(&subject); err != nil || subject != "Keep me" {
		t.Errorf("after a restart: %q, %v", subject, err)
	}

	second.signal(syscall.SIGKILL)
	if !second.ended(5 * time.Second) {
		t.Fatal("SIGKILL did not end it")
	}
	noChildren(t, dir, 5*time.Second)

	third := startUp(t, dir, nil, "--no-demo")
	if err := third.db.QueryRow(t.Context(), `SELECT subject FROM ticket`).Scan(&subject); err != nil || subject != "Keep me" {
		t.Errorf("after SIGKILL: %q, %v", subject, err)
	}
	third.signal(syscall.SIGTERM)
	if !third.ended(5 * time.Second) {
		t.Fatal("SIGTERM: not stopped in 5 s")
	}
	noChildren(t, dir, time.Second)
}

func TestSecondUpSaysSoAndStops(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	d := startUp(t, dir, nil, "--no-demo")
	out, err := try(t, nil, "", "up", "--data", dir, "--listen", "127.0.0.1:0", "--no-demo")
	if err == nil || !strings.Contains(out, "running") || !strings.Contains(out, d.url) {
		t.Errorf("a second up: %v, %q", err, out)
	}
	if status, _ := newBrowser(t, d.url).get("/readyz"); status != http.StatusOK {
		t.Errorf("the first one answers %d afterwards", status)
	}
}

func TestUpSaysThatTheAddressIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := dataDir(t)
	out, err := try(t, nil, "", "up", "--data", dir, "--listen", taken.Addr().String())
	if err == nil || !strings.Contains(out, "is taken") || !strings.Contains(out, "--listen") {
		t.Errorf("got %v, %q", err, out)
	}
	noChildren(t, dir, time.Second)
}

func TestUpStartsAgainWhatDies(t *testing.T) {
	t.Parallel()
	d := startUp(t, dataDir(t), nil, "--no-demo")
	for _, name := range []string{"postgres", "redis-server"} {
		pid := childNamed(t, d, name)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, func() error {
			if status, body := newBrowser(t, d.url).get("/readyz"); status != http.StatusOK {
				return errors.New(tail(body, 200))
			}
			if childNamed(t, d, name) == pid {
				return errors.New("it is the same process")
			}
			return nil
		})
	}
}

// childNamed finds the process of the desk whose program has this name.
func childNamed(t *testing.T, d *upDesk, name string) (pid int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		var id, parent int
		var state string
		open, shut := strings.IndexByte(string(stat), '('), strings.LastIndexByte(string(stat), ')')
		if _, err := fmt.Sscan(string(stat[:open]), &id); err != nil {
			continue
		}
		if _, err := fmt.Sscan(string(stat[shut+1:]), &state, &parent); err != nil {
			continue
		}
		if parent == d.cmd.Process.Pid && string(stat[open+1:shut]) == name {
			return id
		}
	}
	return 0
}

func TestCommandsFindARunningDesk(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, err := try(t, nil, "", "doctor", "--data", dir); err == nil || !strings.Contains(out, "no desk is running") {
		t.Errorf("doctor without a desk: %v, %q", err, out)
	}
	d := startUp(t, dir, nil, "--no-demo")
	out := runCommand(t, nil, "a password of my own choosing\n",
		"staff", "add", "--email", "rosa@desk.example", "--name", "Rosa Parra", "--role", "supervisor", "--data", dir)
	if !strings.Contains(out, "Rosa Parra can sign in") {
		t.Errorf("staff add printed %q", out)
	}
	for name, args := range map[string][]string{
		"twice":    {"--email", "ROSA@desk.example", "--name", "R", "--role", "agent"},
		"no role":  {"--email", "x@desk.example", "--name", "X", "--role", "boss"},
		"no email": {"--email", "", "--name", "X", "--role", "agent"},
	} {
		if out, err := try(t, nil, "another password of mine\n", append([]string{"staff", "add", "--data", dir}, args...)...); err == nil {
			t.Errorf("%s: accepted: %q", name, out)
		}
	}
	if out, err := try(t, nil, "short\n", "staff", "add", "--email", "y@desk.example", "--name", "Y", "--role", "agent", "--data", dir); err == nil {
		t.Errorf("a short password was accepted: %q", out)
	}
	out = runCommand(t, nil, "", "doctor", "--data", dir)
	if strings.Contains(out, "FAIL") {
		t.Errorf("doctor:\n%s", out)
	}
	runCommand(t, nil, "", "migrate", "--data", dir)
	b := newBrowser(t, d.url)
	status, _, _, err := b.post("/console/sign-in", map[string][]string{"email": {"rosa@desk.example"}, "password": {"a password of my own choosing"}})
	if err != nil || status != http.StatusSeeOther {
		t.Errorf("Rosa signs in: %d, %v", status, err)
	}
	if status, _ := b.get("/console/reports/response-times"); status != http.StatusOK {
		t.Errorf("a supervisor's report answers %d", status)
	}
}

func TestMistakesInSettingsAreReportedTogether(t *testing.T) {
	t.Parallel()
	out, err := try(t, []string{"FORM_MIN_FILL=soon", "FORM_RATE=lots", "AGENCY_COLOR=blue"}, "", "up", "--data", dataDir(t))
	if err == nil {
		t.Fatal("it started")
	}
	for _, name := range []string{"FORM_MIN_FILL", "FORM_RATE", "AGENCY_COLOR"} {
		if !strings.Contains(out, name) {
			t.Errorf("%s is not named:\n%s", name, out)
		}
	}
	if out, err := try(t, nil, "", "serve"); err == nil || !strings.Contains(out, "DATABASE_URL") || !strings.Contains(out, "SECRET_KEY") {
		t.Errorf("serve without settings: %v, %q", err, out)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"frobnicate"}, {"up", "--what"}, {"up", "extra"}, {"staff"}} {
		out, err := try(t, nil, "", args...)
		if err == nil || !strings.Contains(out, "usage") {
			t.Errorf("askwell %v: %v, %q", args, err, out)
		}
	}
	if out := runCommand(t, nil, "", "version"); !strings.HasPrefix(out, "askwell ") {
		t.Errorf("version prints %q", out)
	}
}
