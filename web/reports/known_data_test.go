package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/transfer"
)

// knownAnswers are figures that were computed elsewhere; the file names their sources.
type knownAnswers struct {
	Gehan struct {
		LogRank  knownTest             `json:"logrank"`
		Curve    map[string][2]float64 `json:"km_6mp"` // S and its standard error by week
		Median   map[string]float64    `json:"median"`
		MeanTo35 map[string][2]float64 `json:"rmst_tau_35"`
		MeanTo23 map[string][2]float64 `json:"rmst_tau_23"`
	} `json:"gehan_6mp"`
	AML struct {
		LogRank  knownTest              `json:"logrank"`
		Median   map[string]float64     `json:"median"`
		Interval map[string][2]*float64 `json:"median_95ci_R_log"`
		Curve    map[string][4]float64  `json:"km_group1"` // S, its standard error, its interval
	} `json:"aml"`
	Tiny []struct {
		Time, Event, Group []int
		Chi2, P            float64
	} `json:"tiny_logrank"`
	UCB struct {
		Departments  map[string][4]int `json:"table_dept_male_adm_rej_female_adm_rej"`
		Crude        [2]float64        `json:"crude_rates"`
		Chi2         float64           `json:"mh_chi2_no_cc"`
		Standardised [2]float64        `json:"directly_standardised_rates"`
	} `json:"ucb_admissions"`
}

type knownTest struct{ Chi2, P float64 }

func readKnownAnswers(t *testing.T, dir string) (known knownAnswers) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "reference", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

// subject is somebody of a trial: how long they were watched, and whether it happened then.
type subject struct {
	time     int
	happened bool
	group    string // what their ticket's number is to be
}

// readTrial reads a file of a trial; groups says which number's group takes which of its arms.
func readTrial(t *testing.T, dir, file, arm string, groups map[string]string) (all []subject) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "reference", file))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[column["time"]])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, subject{n, row[column["cens"]] == "1", groups[row[column[arm]]]})
	}
	return all
}

// cutOff is when the trials are looked at. Whoever had not relapsed by their last visit is an inquiry that had waited so long then.
var cutOff = time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)

// history is a file of tickets from another desk.
type history struct{ rows [][]string }

func (h *history) add(category, group string, opened time.Time, waited time.Duration, answered bool) {
	responded := ""
	if answered {
		responded = opened.Add(waited).Format(time.RFC3339)
	}
	h.rows = append(h.rows, []string{opened.Format(time.RFC3339), category, group, responded})
}

// trial adds people as inquiries of a category, a unit of their time being so many seconds.
func (h *history) trial(category string, unit int, people []subject) {
	for _, s := range people {
		waited := time.Duration(s.time*unit) * time.Second
		opened := cutOff.Add(-waited)
		if s.happened {
			opened = cutOff.AddDate(0, 0, -300)
		}
		h.add(category, s.group, opened, waited, s.happened)
	}
}

// fill adds inquiries that came in at the cut-off, until each group has as many as a report shows. They waited for no time and are
// at risk when nobody is answered: they change no curve, interval or test, and only count.
func (h *history) fill(category string, people []subject) {
	size := map[string]int{"with": 0, "without": 0}
	for _, s := range people {
		size[s.group]++
	}
	for group, n := range size {
		for ; n < report.MinimumSize; n++ {
			h.add(category, group, cutOff, 0, false)
		}
	}
}

// take imports the history as `askwell import tickets` does and packs its days.
func (h *history) take(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	rows := append([][]string{{"opened_at", "category", "number_at_submission", "first_responded_at"}}, h.rows...)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	rejects := &transfer.Rejects{Path: filepath.Join(t.TempDir(), "rejected.csv")}
	got, err := transfer.ImportTickets(t.Context(), db, &file, transfer.TicketOptions{AddCategories: true}, rejects, func(int) {})
	if err != nil || got.Added != len(h.rows) {
		t.Fatalf("%d of %d rows taken (%v)", got.Added, len(h.rows), err)
	}
	if err := (report.Recorder{DB: db}).Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}
