package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/testkit"
)

// readCSV gives a file's rows by column name.
func readCSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, name := range header {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
}

// Inquiries as people write them go through the public form of a running desk: each becomes one ticket, with the link that the file
// expects, found under its subject's words; and no Social Security number is left anywhere.
func TestInquiriesThroughTheForm(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			throughTheForm(t, in.Dir)
		})
	}
}

func throughTheForm(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(data, "text", "inquiries.csv")
	inquiries := readCSV(t, file)
	d := startUp(t, dataDir(t), []string{"FORM_MIN_FILL=0s"})
	runCommand(t, nil, "", "import", "accounts", filepath.Join(data, "text", "accounts.csv"), "--data", d.dir)
	runCommand(t, nil, "", "import", "cases", filepath.Join(data, "text", "cases.csv"), "--data", d.dir)
	var before int
	if err := d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket`).Scan(&before); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "replayed.csv")
	began := time.Now()
	summary := runCommand(t, nil, "", "replay", file, "--to", d.url, "--concurrency", "16", "--think", "0s", "--out", out)
	ended := time.Now()
	t.Logf("replayed %d inquiries in %s\n%s", len(inquiries), ended.Sub(began), tail(summary, 1500))
	references := map[string]string{}
	for _, row := range readCSV(t, out) {
		references[row["id"]] = row["reference"]
	}
	distinct := map[string]bool{}
	for _, r := range references {
		distinct[r] = true
	}
	if len(references) != len(inquiries) || len(distinct) != len(inquiries) {
		t.Fatalf("%d acknowledged, %d references, want %d", len(references), len(distinct), len(inquiries))
	}
	var after int
	if err := d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket`).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if after-before != len(inquiries) {
		t.Errorf("%d tickets, want %d", after-before, len(inquiries))
	}
	eventually(t, 30*time.Second-time.Since(ended), func() error { return d.allLinked(inquiries, references) })
	eventually(t, 30*time.Second-time.Since(ended), func() error { return d.indexed() })
	t.Logf("linked and indexed %s after the last one", time.Since(ended))
	eventually(t, 2*time.Minute, func() error { return d.built() })
	d.allFound(t, inquiries, references)
	d.noSecrets(t, inquiries)
}

// allLinked compares every ticket's link with what the file expects.
func (d *upDesk) allLinked(inquiries []map[string]string, references map[string]string) error {
	rows, err := d.db.Query(context.Background(), `
		SELECT t.reference, t.link_state, COALESCE(a.number, '') FROM ticket t LEFT JOIN account a ON a.id = t.account_id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	states, accounts := map[string]string{}, map[string]string{}
	for rows.Next() {
		var reference, state, number string
		if err := rows.Scan(&reference, &state, &number); err != nil {
			return err
		}
		states[reference], accounts[reference] = state, number
	}
	want, got := map[string]string{}, map[string]string{}
	for _, in := range inquiries {
		id := in["id"]
		want[id] = in["expect_link_state"] + " " + in["expect_account"]
		got[id] = states[references[id]] + " " + accounts[references[id]]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("links (-want +got):\n%s", tail(diff, 2000))
	}
	return rows.Err()
}

// built reports whether the first index is. While it is built PostgreSQL answers, which forgives no slip.
func (d *upDesk) built() error {
	var built bool
	err := d.db.QueryRow(context.Background(), `SELECT EXISTS (SELECT FROM search_index WHERE version > 0 AND run IS NULL)`).Scan(&built)
	if err == nil && !built {
		err = errors.New("the index is being built")
	}
	return err
}

// indexed reports whether nothing waits for the index.
func (d *upDesk) indexed() error {
	var waiting int
	err := d.db.QueryRow(context.Background(), `
		SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task WHERE task LIKE 'index%')`).Scan(&waiting)
	if err == nil && waiting > 0 {
		err = fmt.Errorf("%d changes wait for the index", waiting)
	}
	return err
}

func (d *upDesk) allFound(t *testing.T, inquiries []map[string]string, references map[string]string) {
	t.Helper()
	b := newBrowser(t, d.url)
	b.signIn("agent@askwell.test")
	missed := 0
	for _, in := range inquiries {
		err := searchFinds(b, in["subject"], references[in["id"]])
		for tries := 0; errors.Is(err, errSearchAway) && tries < 5; tries++ { // a second was not enough on a busy machine
			err = searchFinds(b, in["subject"], references[in["id"]])
		}
		if err != nil {
			if missed++; missed <= 10 {
				t.Error(err)
			}
		}
	}
	if missed > 0 {
		t.Errorf("%d of %d are not found under their subject's words", missed, len(inquiries))
	}
}

var ssnShape = regexp.MustCompile(`^\d{3}-\d{2}-\d{4}$`)

// noSecrets looks for every number in the shape of a Social Security number in the database, the index, the log and the mails.
func (d *upDesk) noSecrets(t *testing.T, inquiries []map[string]string) {
	t.Helper()
	var secrets []string
	for _, in := range inquiries {
		if number := strings.TrimSpace(in["account_number"]); ssnShape.MatchString(number) {
			secrets = append(secrets, number, strings.ReplaceAll(number, "-", ""))
		}
	}
	if len(secrets) < 10 {
		t.Fatalf("only %d spellings of secrets in the file: the test looks at the wrong column", len(secrets))
	}
	running, err := devstack.ReadRunning(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := exec.Command("pg_dump", "--data-only", running.DatabaseURL).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	places := map[string]string{"the database": string(dump), "the log": d.out.String()}
	for _, folder := range []string{"search", "mail", "redis"} {
		places[folder] = readAll(t, filepath.Join(d.dir, folder))
	}
	for place, text := range places {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", place, secret)
			}
		}
	}
	if !strings.Contains(places["the database"], "number removed") {
		t.Error("the database does not say that a number was removed: the test looks at the wrong tables")
	}
	if len(places["mail"]) < 1000 || len(places["search"]) < 1000 {
		t.Error("the mails or the index are empty: the test looks in the wrong folders")
	}
}

func readAll(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var data []byte
			data, err = os.ReadFile(path)
			all.Write(data)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the servers are running: files come and go
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// A help desk's history, imported and reported: the medians of the page's JSON agree with the known answers.
func TestHistoryOfAnotherDesk(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			historyOfAnotherDesk(t, in.Dir)
		})
	}
}

func historyOfAnotherDesk(t *testing.T, data string) {
	t.Helper()
	type answer struct {
		N, Events, Censored int
		Median              float64 `json:"median_seconds"`
		P90                 float64 `json:"p90_seconds"`
	}
	var known struct {
		Helpdesk struct {
			AsOf          string `json:"as_of"`
			FirstResponse answer `json:"first_response"`
			Resolution    answer
			Snapshot      struct {
				AsOf       string `json:"as_of"`
				Resolution answer
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(data, "reference", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	d := startUp(t, dataDir(t), []string{"AGENCY_TIME_ZONE=UTC"}, "--no-demo")
	file := filepath.Join(data, "eventlog", "helpdesk_tickets.csv")
	command := []string{
		"import", "tickets", file, "--data", d.dir, "--timezone", "UTC",
		"--column", "first_responded_at=taken_in_charge_at", "--column", "solved_at=resolved_at",
	}
	runCommand(t, nil, "", command...)
	runCommand(t, nil, "", command...) // again: adds nothing
	var tickets int
	if err := d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket`).Scan(&tickets); err != nil || tickets != len(readCSV(t, file)) {
		t.Fatalf("%d tickets after importing the file twice, want %d (%v)", tickets, len(readCSV(t, file)), err)
	}
	runCommand(t, nil, "a password of my own choosing\n",
		"staff", "add", "--email", "rosa@desk.example", "--name", "Rosa Parra", "--role", "supervisor", "--data", d.dir)
	b := newBrowser(t, d.url)
	status, _, _, err := b.post("/console/sign-in", url.Values{"email": {"rosa@desk.example"}, "password": {"a password of my own choosing"}})
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("sign in: %d, %v", status, err)
	}
	cut, err := time.Parse(time.RFC3339, known.Helpdesk.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := time.Parse(time.RFC3339, known.Helpdesk.Snapshot.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, to, asOf, measure string
		want                    answer
	}{
		"first response": {cut.AddDate(-5, 0, 0).Format(time.DateOnly), cut.Format(time.DateOnly), known.Helpdesk.AsOf, "first_response", known.Helpdesk.FirstResponse},
		"resolution":     {cut.AddDate(-5, 0, 0).Format(time.DateOnly), cut.Format(time.DateOnly), known.Helpdesk.AsOf, "resolution", known.Helpdesk.Resolution},
		"snapshot": {
			snapshot.AddDate(0, 0, -60).Format(time.DateOnly), snapshot.AddDate(0, 0, -1).Format(time.DateOnly),
			known.Helpdesk.Snapshot.AsOf, "resolution", known.Helpdesk.Snapshot.Resolution,
		},
	} {
		var report struct {
			Groups []struct {
				Group                      string
				Tickets, Answered, Waiting int
				Median                     *float64 `json:"median_seconds"`
				P90                        *float64 `json:"p90_seconds"`
			}
		}
		b.json("/console/reports/response-times.json?"+url.Values{
			"from": {c.from}, "to": {c.to}, "as_of": {c.asOf}, "measure": {c.measure},
		}.Encode(), &report)
		var got answer
		for _, g := range report.Groups {
			if g.Group == "without" && g.Median != nil && g.P90 != nil { // no ticket of that desk has a number
				got = answer{g.Tickets, g.Answered, g.Waiting, *g.Median, *g.P90}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What was imported comes back out.
func TestExportGivesEverythingBack(t *testing.T) {
	t.Parallel()
	d := startUp(t, dataDir(t), nil, "--no-demo")
	in := filepath.Join(t.TempDir(), "in.csv")
	content := "opened_at,category,applicant_name,applicant_email,subject,question,first_responded_at,solved_at\n" +
		"2026-01-05T09:00:00Z,feedback,\"Núñez, Ana\",ana@mail.example,\"A \"\"quoted\"\" subject\",\"Two\nlines\",2026-01-06T09:00:00Z,\n"
	if err := os.WriteFile(in, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	runCommand(t, nil, "", "import", "tickets", in, "--data", d.dir)
	out := filepath.Join(t.TempDir(), "out.csv")
	runCommand(t, nil, "", "export", "tickets", "--out", out, "--data", d.dir)
	rows := readCSV(t, out)
	if len(rows) != 1 {
		t.Fatalf("%d rows came back", len(rows))
	}
	for column, want := range map[string]string{
		"applicant_name": "Núñez, Ana", "subject": `A "quoted" subject`, "question": "Two\nlines", "category": "feedback",
		"number_at_submission": "without", "opened_at": "2026-01-05T09:00:00Z", "first_responded_at": "2026-01-06T09:00:00Z", "solved_at": "",
	} {
		if rows[0][column] != want {
			t.Errorf("%s is %q, want %q", column, rows[0][column], want)
		}
	}
}
