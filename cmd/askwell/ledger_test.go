package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/devstack"
)

// The ledger's size in `make test`; `make faults` runs for FAULTS_FOR with a seed of its own each time.
const (
	ledgerFaults  = 8
	ledgerClients = 3
	faultLasts    = 1200 * time.Millisecond
)

// ledger is what clients wrote down: each form once, and the reference that acknowledged it.
type ledger struct {
	mu      sync.Mutex
	entries map[string]entry
	retries int
}

type entry struct{ reference, question string }

func (l *ledger) write(subject string, e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[subject] = e
}

func (l *ledger) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// cutter is a TCP proxy in front of PostgreSQL that can cut every connection in the middle of whatever is said.
type cutter struct {
	net.Listener
	target string
	mu     sync.Mutex
	open   map[net.Conn]bool
}

func newCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, target: target, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); c.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go c.join(near)
		}
	}()
	return c
}

func (c *cutter) join(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer far.Close()
	c.mu.Lock()
	c.open[near] = true
	c.mu.Unlock()
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
	c.mu.Lock()
	delete(c.open, near)
	c.mu.Unlock()
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
}

// TestLedger has clients write down every acknowledgement while everything that can fail does, and then compares: nothing is lost, nothing
// is there twice, nothing differs, nothing is stuck.
func TestLedger(t *testing.T) {
	t.Parallel()
	faults, seed := ledgerFaults, uint64(11)
	until := time.Time{}
	if length, err := time.ParseDuration(os.Getenv("FAULTS_FOR")); err == nil {
		seed, faults, until = rand.Uint64(), 1<<30, time.Now().Add(length)
	}
	t.Logf("seed %d", seed)
	d := newLedgerDesk(t)
	book := &ledger{entries: map[string]entry{}}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range ledgerClients {
		clients.Go(func() { d.client(i, book, stop) })
	}
	random := rand.New(rand.NewPCG(seed, 11))
	list := d.faults()
	for n := 0; n < faults && (until.IsZero() || time.Now().Before(until)); n++ {
		fault := list[n%len(list)]
		if !until.IsZero() {
			fault = list[random.IntN(len(list))]
		}
		before := book.size()
		fault.does()
		time.Sleep(faultLasts + time.Duration(random.IntN(800))*time.Millisecond) // a fault lasts
		fault.mends()
		eventually(t, time.Minute, func() error {
			if book.size() < before+ledgerClients {
				return fmt.Errorf("after %q nothing is acknowledged any more", fault.name)
			}
			return nil
		})
	}
	close(stop)
	clients.Wait()
	d.compare(book)
}

type ledgerFault struct {
	name        string
	does, mends func()
}

// ledgerDesk is a split desk whose database is reached through a cutter and whose processes can be killed and come back.
type ledgerDesk struct {
	*split
	cutter      *cutter
	web, worker *process
	address     string
}

func newLedgerDesk(t *testing.T) *ledgerDesk {
	t.Helper()
	d := &ledgerDesk{split: startSplit(t)}
	u, err := url.Parse(d.postgres.URL())
	d.must(err)
	d.cutter = newCutter(t, u.Host)
	u.Host = d.cutter.Addr().String()
	d.env = append(d.env, "DATABASE_URL="+u.String(), "SHUTDOWN_GRACE=0s")
	t.Cleanup(d.signalPostgres(syscall.SIGCONT)) // a server that is stalled does not stop
	d.web = d.serve()
	d.address = strings.TrimPrefix(d.url, "http://")
	d.worker = start(t, d.env, "work")
	eventually(t, 30*time.Second, func() error { return answers(d.url+"/readyz", http.StatusOK) })
	return d
}

// client sends one form after the other, each until it is acknowledged, always with the same token: what was taken and not acknowledged
// must not become a second ticket.
func (d *ledgerDesk) client(number int, book *ledger, stop <-chan struct{}) {
	b := newBrowser(d.t, d.url)
	b.http.Timeout = 5 * time.Second
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		token, err := tryToken(b)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		subject := fmt.Sprintf("Ledger %d %d", number, n)
		form := inquiryForm(token, subject, unknownNumber)
		e := entry{question: fmt.Sprintf("Where is my card? It is the %d. time that I ask.", n)}
		form.Set("question", e.question)
		for e.reference == "" {
			status, _, header, err := b.post("/inquiries", form)
			if err == nil && status == http.StatusSeeOther {
				e.reference = strings.TrimPrefix(header.Get("Location"), "/inquiries/")
				break
			}
			book.mu.Lock()
			book.retries++
			book.mu.Unlock()
			time.Sleep(50 * time.Millisecond)
		}
		book.write(subject, e)
	}
}

func tryToken(b *browser) (string, error) {
	req, err := http.NewRequest(http.MethodGet, b.base+"/inquiries/new", nil)
	if err != nil {
		return "", err
	}
	status, body, _, err := b.do(req)
	if err != nil || status != http.StatusOK {
		return "", fmt.Errorf("the form: %d %w", status, err)
	}
	found := tokenField.FindStringSubmatch(body)
	if found == nil {
		return "", errors.New("the form has no token")
	}
	return found[1] + found[2], nil
}

func (d *ledgerDesk) faults() []ledgerFault {
	t := d.t
	options, err := redis.ParseURL(d.redis.URL())
	d.must(err)
	cache := redis.NewClient(options)
	t.Cleanup(func() { _ = cache.Close() })
	kill := func(p **process) func() { return func() { (*p).signal(syscall.SIGKILL) } }
	readOnly := func(value string) func() {
		return func() {
			eventually(t, 20*time.Second, func() error {
				conn, err := d.db.Acquire(context.Background())
				if err != nil {
					return err
				}
				defer conn.Release()
				for _, sql := range []string{`SET default_transaction_read_only = off`, `ALTER SYSTEM SET default_transaction_read_only = ` + value, `SELECT pg_reload_conf()`} {
					if _, err := conn.Exec(context.Background(), sql); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	setRedis := func(args ...any) func() {
		return func() {
			eventually(t, 10*time.Second, func() error { return cache.Do(context.Background(), args...).Err() })
		}
	}
	return []ledgerFault{
		{"serve killed", kill(&d.web), func() {
			d.web.ended(10 * time.Second)
			d.web = start(t, d.env, "serve", "--listen", d.address)
		}},
		{"the database's connections cut", d.cutter.cut, d.cutter.cut},
		{"work killed", kill(&d.worker), func() { d.worker = start(t, d.env, "work") }},
		{"PostgreSQL stalled", d.signalPostgres(syscall.SIGSTOP), d.signalPostgres(syscall.SIGCONT)},
		{"Redis is full", setRedis("CONFIG", "SET", "maxmemory", "1"), setRedis("CONFIG", "SET", "maxmemory", "0")},
		{"PostgreSQL only reads", readOnly("on"), readOnly("off")},
		{"Redis emptied", setRedis("FLUSHALL"), func() {}},
		{"PostgreSQL restarted", func() { d.must(d.postgres.Stop(startContext(t))) }, func() {
			u, err := url.Parse(d.postgres.URL())
			d.must(err)
			port, err := strconv.Atoi(u.Port())
			d.must(err)
			d.postgres, err = devstack.StartPostgres(startContext(t), devstack.PostgresConfig{Dir: d.dir, Port: port})
			d.must(err)
		}},
		{"search killed", func() { d.must(d.search.Close()) }, func() { d.search = d.startSearch(strings.TrimPrefix(d.search.URL(), "http://")) }},
	}
}

// signalPostgres stops or continues the server and all of its sessions.
func (d *ledgerDesk) signalPostgres(s syscall.Signal) func() {
	return func() {
		found, err := filepath.Glob(filepath.Join(d.dir, "*", "postmaster.pid"))
		if more, errMore := filepath.Glob(filepath.Join(d.dir, "*", "*", "postmaster.pid")); errMore == nil {
			found = append(found, more...)
		}
		if err != nil || len(found) == 0 {
			d.t.Errorf("no postmaster.pid below %s: %v", d.dir, err)
			return
		}
		text, err := os.ReadFile(found[0])
		d.must(err)
		line, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(line)
		d.must(err)
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		d.must(err)
		for _, stat := range stats {
			text, err := os.ReadFile(stat)
			if err != nil {
				continue
			}
			fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
			id, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			if err == nil && (id == pid || len(fields) > 1 && fields[1] == line) {
				_ = syscall.Kill(id, s)
			}
		}
	}
}

// compare holds what there is to what was written down.
func (d *ledgerDesk) compare(book *ledger) {
	t := d.t
	ctx := context.Background()
	eventually(t, 3*time.Minute, func() error {
		var n int
		err := d.db.QueryRow(ctx, `SELECT count(*) FROM outbox_task`).Scan(&n)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d tasks are stuck", n)
		}
		return err
	})
	rows, err := d.db.Query(ctx, `
		SELECT t.subject, t.reference, t.link_state, m.body, count(*) OVER (PARTITION BY t.subject)
		FROM ticket t JOIN message m ON m.ticket_id = t.id
		WHERE t.subject LIKE 'Ledger %'`)
	d.must(err)
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next() {
		var subject, reference, link, body string
		var times int
		d.must(rows.Scan(&subject, &reference, &link, &body, &times))
		want, acknowledged := book.entries[subject]
		if !acknowledged || times != 1 || reference != want.reference || body != want.question || link != "unmatched" {
			t.Errorf("%s: %d times, %s (acknowledged as %q), link %s, %q", subject, times, reference, want.reference, link, body)
		}
		seen[subject] = true
	}
	d.must(rows.Err())
	for subject, e := range book.entries {
		if !seen[subject] {
			t.Errorf("%s was acknowledged as %s and is lost", subject, e.reference)
		}
	}
	mails, err := d.mail.Messages()
	d.must(err)
	ids := map[string]map[string]int{} // of each ticket: Message-ID -> times
	for _, m := range mails {
		for _, e := range book.entries {
			if strings.Contains(m.Subject+m.Text, e.reference) {
				if ids[e.reference] == nil {
					ids[e.reference] = map[string]int{}
				}
				ids[e.reference][m.Header.Get("Message-Id")]++
			}
		}
	}
	twice := 0
	for _, e := range book.entries {
		switch got := ids[e.reference]; {
		case len(got) != 1:
			t.Errorf("%s: mails with %d Message-IDs, want one", e.reference, len(got))
		default:
			for _, n := range got {
				twice += n - 1
			}
		}
	}
	t.Logf("%d acknowledged, %d tries again, %d mails went out a second time", len(book.entries), book.retries, twice)
}
