package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

// binary builds the program once for all tests of the package: they run it as a stranger would.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "askwell-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "askwell")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if address := os.Getenv(searchServerAddress); address != "" {
		runSearchServer(address, os.Getenv(searchServerFolder))
		return
	}
	testkit.Main(m)
}

// process is a running askwell.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  output
	done chan struct{}
	err  error
}

// output collects what a process prints, while others read it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs the binary with these settings and nothing else of the environment that Askwell reads.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.run()
	return p
}

// run starts the program and ends it with the test.
func (p *process) run() {
	p.t.Helper()
	t, args := p.t, p.cmd.Args
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		if !p.ended(10 * time.Second) {
			p.signal(syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(args, " "), tail(p.out.String(), 6000))
		}
	})
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *process) ended(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// runCommand runs a command to its end and gives what it printed; it must succeed.
func runCommand(t *testing.T, env []string, stdin string, args ...string) string {
	t.Helper()
	out, err := try(t, env, stdin, args...)
	if err != nil {
		t.Fatalf("askwell %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func try(t *testing.T, env []string, stdin string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// doctor runs `askwell doctor` with these settings, looks for lines in what it prints and gives all of it. Other checks may fail.
func doctor(t *testing.T, env []string, want ...string) string {
	t.Helper()
	out, _ := try(t, env, "", "doctor")
	for _, line := range want {
		if !strings.Contains(out, line) {
			t.Errorf("doctor printed %s\nwant %q in it", out, line)
		}
	}
	return out
}

// eventually waits until fn gives no error.
func eventually(t *testing.T, within time.Duration, fn func() error) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within %s: %v", within, err)
		case <-tick.C:
		}
	}
}

var readyLine = regexp.MustCompile(`(?m)^ready: (\S+)$`)

// upDesk is an `askwell up` on a folder of its own.
type upDesk struct {
	*process
	dir, url string
	db       *pgxpool.Pool
}

func dataDir(t *testing.T) string {
	t.Helper()
	dir, cleanup, err := devstack.MemoryDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	return dir
}

// startUp runs `askwell up` on a free port and waits until it is ready.
func startUp(t *testing.T, dir string, env []string, args ...string) *upDesk {
	t.Helper()
	args = append([]string{"up", "--data", dir, "--listen", "127.0.0.1:0"}, args...)
	d := &upDesk{process: start(t, env, args...), dir: dir}
	eventually(t, 2*time.Minute, func() error {
		if found := readyLine.FindStringSubmatch(d.out.String()); found != nil {
			d.url = found[1]
			return nil
		}
		if d.ended(0) {
			t.Fatalf("askwell up ended: %v\n%s", d.err, d.out.String())
		}
		return errors.New("not ready")
	})
	running, err := devstack.ReadRunning(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d.db, err = postgres.Open(t.Context(), running.DatabaseURL, 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.db.Close)
	return d
}

// browser is a person with cookies.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, http: &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) do(req *http.Request) (int, string, http.Header, error) {
	res, err := b.http.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header, err
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	status, body, _, err := b.do(req)
	if err != nil {
		b.t.Fatalf("GET %s: %v", path, err)
	}
	return status, body
}

func (b *browser) json(path string, into any) {
	b.t.Helper()
	status, body := b.get(path)
	if status != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, status, tail(body, 500))
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		b.t.Fatalf("GET %s: %v", path, err)
	}
}

func (b *browser) post(path string, form url.Values) (int, string, http.Header, error) {
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

const demoPassword = "askwell-demo-password"

func (b *browser) signIn(email string) {
	b.t.Helper()
	b.signInWith(email, demoPassword)
}

// signInAsAgent is for a desk without demo data, to which the test has added this agent.
func (b *browser) signInAsAgent() {
	b.t.Helper()
	b.signInWith("agent@desk.example", demoPassword+" two")
}

func (b *browser) signInWith(email, password string) {
	b.t.Helper()
	status, body, _, err := b.post("/console/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil || status != http.StatusSeeOther {
		b.t.Fatalf("sign in: %d %v\n%s", status, err, tail(body, 500))
	}
}

var tokenField = regexp.MustCompile(`name="form_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="form_token"`)

// token loads the form.
func (b *browser) token() string {
	b.t.Helper()
	_, body := b.get("/inquiries/new")
	found := tokenField.FindStringSubmatch(body)
	if found == nil {
		b.t.Fatalf("the form has no token:\n%s", tail(body, 800))
	}
	return found[1] + found[2]
}

func inquiryForm(token, subject, number string) url.Values {
	return url.Values{
		"category": {"card-not-received"}, "account_number": {number}, "name": {"Ana María Núñez"},
		"email": {"ana@mail.example"}, "subject": {subject}, "question": {"My card was mailed in May and has not come."},
		"form_token": {token},
	}
}

// docBlock is the fenced block of a page of docs that follows the line `<!-- run: name -->`, with what differs on this machine replaced: pairs of
// text in the docs and text here. Each of them must occur.
func docBlock(t *testing.T, page, name string, replacements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- run: "+name+" -->\n")
	if !found {
		t.Fatalf("docs/%s has no block %q", page, name)
	}
	_, after, _ = strings.Cut(after, "```")
	_, after, _ = strings.Cut(after, "\n")
	block, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatalf("the block %q of docs/%s has no end", name, page)
	}
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(block, replacements[i]) {
			t.Fatalf("the block %q of docs/%s does not hold %q", name, page, replacements[i])
		}
		block = strings.ReplaceAll(block, replacements[i], replacements[i+1])
	}
	return block
}
