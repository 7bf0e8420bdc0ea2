package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/files"
)

// The ledger's size in `make test`; `make faults` runs for FAULTS_FOR. FAULTS_SEED has a run's faults come in the same order again.
const (
	ledgerFaults  = 10
	ledgerClients = 3
	betweenForms  = 40 * time.Millisecond // of one client: what is acknowledged is read again at the end
)

// ledger is what clients wrote down: each form once, and the reference that acknowledged it.
type ledger struct {
	mu      sync.Mutex
	entries map[string]entry
	tries   atomic.Int64 // that were not acknowledged
}

type entry struct{ reference, question, link, file string }

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

// TestLedger has clients write down every acknowledgement while everything that can fail does, and then compares: nothing is lost, nothing
// is there twice, nothing differs, nothing is stuck; no mail went out twice by itself, and of each that may not have arrived somebody is told.
func TestLedger(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("FAULTS_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("FAULTS_SEED: %v", err)
		}
	}
	length, err := time.ParseDuration(os.Getenv("FAULTS_FOR"))
	long := err == nil
	t.Logf("FAULTS_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 11))
	if _, err := binary(); err != nil { // once for the package
		t.Fatal(err)
	}
	began := time.Now()
	d := newLedgerDesk(t)
	t.Logf("ready after %.1f s", time.Since(began).Seconds())
	book := &ledger{entries: map[string]entry{}}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range ledgerClients {
		clients.Go(func() { d.client(i, book, stop) })
	}
	all := d.faults()
	made := map[string]int{}
	for end := time.Now().Add(length); ; {
		random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		for n, fault := range all {
			if long && time.Now().After(end) || !long && n == ledgerFaults {
				break
			}
			d.make(fault, book, long, random)
			made[fault.name]++
		}
		if !long || time.Now().After(end) {
			break
		}
	}
	close(stop)
	clients.Wait()
	t.Logf("faults: %v, after %.1f s", made, time.Since(began).Seconds())
	d.settle(long)
	t.Logf("nothing is left to do after %.1f s", time.Since(began).Seconds())
	d.compare(book)
	d.compareMails(book)
	t.Logf("compared after %.1f s", time.Since(began).Seconds())
}

// make lets a fault last, mends it, and waits until inquiries are acknowledged again.
func (d *ledgerDesk) make(fault ledgerFault, book *ledger, long bool, random *rand.Rand) {
	d.t.Helper()
	lasts := 300*time.Millisecond + time.Duration(random.IntN(400))*time.Millisecond
	if long {
		lasts = time.Second + time.Duration(random.IntN(2000))*time.Millisecond
	}
	began := time.Now()
	fault.does()
	time.Sleep(lasts) // a fault lasts
	fault.mends()
	before := book.size() // a form may have been on its way
	eventually(d.t, time.Minute, func() error {
		if book.size() < before+2*ledgerClients {
			return fmt.Errorf("after %q nothing is acknowledged any more", fault.name)
		}
		return nil
	})
	d.t.Logf("%s: acknowledging again after %.1f s", fault.name, time.Since(began).Seconds())
}

// ledgerDesk is a split desk that reaches its database and its mail server through proxies, and whose processes can be killed and come back.
type ledgerDesk struct {
	*split
	cutter      *cutter
	road        *mailRoad
	web, worker *process
	address     string
	files       string
	disk        *smallDisk // of files; nil where this account may not mount one
	number      string     // of the account
}

func newLedgerDesk(t *testing.T) *ledgerDesk {
	t.Helper()
	d := &ledgerDesk{split: startSplit(t), number: "163920702842"}
	d.files = filepath.Join(d.dir, "files")
	if disk, ok := filesOnASmallDisk(t, "64m"); ok {
		d.files, d.disk = disk.dir, &disk
	}
	var database, mail string
	d.cutter, database = newCutter(t, d.postgres.URL(), straight)
	d.road, mail = newMailRoad(t, d.mail.URL())
	d.env = append(d.env, "DATABASE_URL="+database, "SMTP_URL="+mail, "FILES_DIR="+d.files, "SHUTDOWN_GRACE=0s")
	_, err := d.db.Exec(t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ($1, 'Ana María Núñez', '{ana,maria,nunez}', 'ana@mail.example')`, d.number)
	d.must(err)
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
	pause := time.NewTicker(betweenForms)
	defer pause.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-pause.C:
		}
		token, err := tryToken(b)
		if err != nil {
			continue
		}
		subject := fmt.Sprintf("Ledger %d %d", number, n)
		e := entry{question: fmt.Sprintf("Where is my card? It is the %d. time that I ask.", n)}
		given := map[int]string{0: "", 1: unknownNumber, 2: d.number}[n%3]
		e.link = map[int]string{0: "none", 1: "unmatched", 2: "corroborated"}[n%3] // docs/linking.md
		form := inquiryForm(token, subject, given)
		form.Set("question", e.question)
		if n%4 == 0 {
			e.file = "%PDF-1.4 " + strings.Repeat(subject+"\n", 50)
		}
		for e.reference == "" {
			status, header, err := b.postWithFile("/inquiries", form, e.file)
			reference, ours := strings.CutPrefix(header.Get("Location"), "/inquiries/ASK-") // else a form that is shown again
			if err == nil && status == http.StatusSeeOther && ours {
				e.reference = "ASK-" + reference
				break
			}
			book.tries.Add(1)
			<-pause.C
		}
		book.write(subject, e)
	}
}

// postWithFile is post with a file, unless that is "".
func (b *browser) postWithFile(path string, form url.Values, file string) (int, http.Header, error) {
	if file == "" {
		status, _, header, err := b.post(path, form)
		return status, header, err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range form {
		if err := w.WriteField(name, form.Get(name)); err != nil {
			return 0, nil, err
		}
	}
	part, err := w.CreateFormFile("attachments", "letter.pdf")
	if err == nil {
		_, err = io.WriteString(part, file)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequest(http.MethodPost, b.base+path, &body)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	status, _, header, err := b.do(req)
	return status, header, err
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

// settle waits until nothing is left to do. In a short run the leases of workers that were killed are ended.
func (d *ledgerDesk) settle(long bool) {
	d.t.Helper()
	d.road.once(nil)
	if !long {
		d.worker.signal(syscall.SIGTERM)
		if !d.worker.ended(10 * time.Second) {
			d.t.Error("the worker does not stop")
		}
		d.endLeases()
		d.worker = start(d.t, d.env, "work")
	}
	eventually(d.t, 4*time.Minute, d.idle)
}

// compare holds the tickets that there are to what was written down.
func (d *ledgerDesk) compare(book *ledger) {
	t := d.t
	t.Helper()
	store, err := files.NewFolder(d.files)
	d.must(err)
	rows, err := d.db.Query(t.Context(), `
		SELECT t.subject, t.reference, t.link_state, m.body, count(*) OVER (PARTITION BY t.subject), COALESCE(a.storage_key, ''), a.sha256
		FROM ticket t JOIN message m ON m.ticket_id = t.id LEFT JOIN attachment a ON a.message_id = m.id
		WHERE t.subject LIKE 'Ledger %'`)
	d.must(err)
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next() {
		var subject, reference, link, body, key string
		var times int
		var hash []byte
		d.must(rows.Scan(&subject, &reference, &link, &body, &times, &key, &hash))
		want, acknowledged := book.entries[subject]
		if !acknowledged || times != 1 || reference != want.reference || body != want.question || link != want.link {
			t.Errorf("%s: %d times, %s (acknowledged as %q), link %s, want %s, %q", subject, times, reference, want.reference, link, want.link, body)
		}
		if sum := sha256.Sum256([]byte(want.file)); (key == "") != (want.file == "") || key != "" && (!bytes.Equal(hash, sum[:]) || d.content(store, key) != want.file) {
			t.Errorf("%s: its file is not what was sent", subject)
		}
		seen[subject] = true
	}
	d.must(rows.Err())
	for subject, e := range book.entries {
		if !seen[subject] {
			t.Errorf("%s was acknowledged as %s and is lost", subject, e.reference)
		}
	}
	t.Logf("%d acknowledged, %d tries before that were not", len(book.entries), book.tries.Load())
}

func (d *ledgerDesk) content(store *files.Folder, key string) string {
	d.t.Helper()
	f, err := store.Open(context.Background(), key)
	if err != nil {
		d.t.Errorf("a file is lost: %v", err)
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	d.must(err)
	return string(text)
}

// compareMails holds the mails that the mail server took to the tickets: one each, or none or one where somebody is told that nobody knows.
// Those a person has sent again: then each ticket has a mail, and of two the Message-ID is one.
func (d *ledgerDesk) compareMails(book *ledger) {
	t := d.t
	t.Helper()
	told := d.told()
	went := d.mailsByTicket()
	lost := 0
	for _, e := range book.entries {
		n := len(went[e.reference])
		if told[e.reference] && n == 0 {
			lost++
		}
		if n > 1 || n == 0 && !told[e.reference] {
			t.Errorf("%s: %d mails went out, told as unconfirmed: %t", e.reference, n, told[e.reference])
		}
	}
	agent := newBrowser(t, d.url)
	agent.signInAsAgent()
	for reference := range told {
		_, page := agent.get("/console/tickets/" + reference)
		if action := "/console/tickets/" + reference + "/acknowledgement/again"; !strings.Contains(page, `action="`+action) {
			t.Errorf("%s: the page of the ticket does not offer to send its acknowledgement again", reference)
		} else if status, _, _, err := agent.post(action, url.Values{}); err != nil || status != http.StatusSeeOther {
			t.Errorf("%s: send again: %d %v", reference, status, err)
		}
	}
	eventually(t, time.Minute, d.idle)
	twice := 0
	for reference, ids := range d.mailsByTicket() {
		if len(ids) > 2 || len(ids) == 2 && (ids[0] != ids[1] || !told[reference]) {
			t.Errorf("%s: mails %v, of an unconfirmed one: %t", reference, ids, told[reference])
		}
		twice += len(ids) - 1
	}
	if left := d.told(); len(left) != 0 {
		t.Errorf("%d mails are unconfirmed after they were sent again", len(left))
	}
	t.Logf("no mail went out twice by itself; %d unconfirmed, all told, %d of them had not arrived; sent again, %d arrived twice under one Message-ID",
		len(told), lost, twice)
}

// told are the tickets whose history says that nobody knows whether their acknowledgement was taken, and that wait for a person.
func (d *ledgerDesk) told() map[string]bool {
	d.t.Helper()
	rows, err := d.db.Query(d.t.Context(), `
		SELECT t.reference, EXISTS (SELECT FROM ticket_event e WHERE e.ticket_id = t.id AND e.kind = 'acknowledged' AND e.data ->> 'reason' = 'unconfirmed')
		FROM outgoing_mail o JOIN ticket t ON t.id = o.ticket_id
		WHERE o.state = 'unconfirmed'`)
	d.must(err)
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var reference string
		var inHistory bool
		d.must(rows.Scan(&reference, &inHistory))
		if !inHistory {
			d.t.Errorf("%s: the history does not tell that its mail is unconfirmed", reference)
		}
		found[reference] = true
	}
	d.must(rows.Err())
	return found
}

// mailsByTicket lists the Message-IDs of the mails about each ticket.
func (d *ledgerDesk) mailsByTicket() map[string][]string {
	d.t.Helper()
	mails, err := d.mail.Messages()
	d.must(err)
	ids := map[string][]string{}
	for _, m := range mails {
		reference := m.Header.Get("X-Askwell-Reference")
		ids[reference] = append(ids[reference], m.Header.Get("Message-Id"))
	}
	return ids
}
