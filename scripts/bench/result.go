package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Result is everything that a run measured.
type Result struct {
	Machine Machine    `json:"machine"`
	Begun   time.Time  `json:"begun"`
	Took    float64    `json:"took_seconds"`
	Load    [2]float64 `json:"load_before_and_after"` // of the minute; what ran beside the bench is in the first
	Quick   bool       `json:"quick"`
	Rows    []Row      `json:"rows"`
	Goals   []Goal     `json:"goals"`
	ToBeat  []Rival    `json:"to_beat"`

	Relevance []Relevance `json:"relevance,omitempty"`
	Privacy   []Untold    `json:"privacy,omitempty"`
	Overload  []Overload  `json:"overload,omitempty"`
}

// Row is one figure beside its floor.
type Row struct {
	Part    string  `json:"part"`
	Name    string  `json:"name"`
	Clients int     `json:"clients,omitempty"`
	Tickets int     `json:"tickets,omitempty"`
	Years   int     `json:"years,omitempty"`  // over which the tickets of a desk are spread that reports are made of
	Engine  string  `json:"engine,omitempty"` // that answered a search
	Unit    string  `json:"unit"`             // "a second", "ms" or "MB"
	Value   Spread  `json:"value"`            // over rounds, or over requests
	Times   *Times  `json:"times,omitempty"`
	CPU     *Work   `json:"cpu,omitempty"`
	Floor   *Floor  `json:"floor,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"` // of the medians, value to floor

	Second      *Floor  `json:"second_floor,omitempty"`
	SecondRatio float64 `json:"second_ratio,omitempty"`
	First       float64 `json:"first_ms,omitempty"` // the first answer, of a desk that was not asked before
	Goal        bool    `json:"held_to_goals,omitempty"`
	// Growth is the time with the most tickets against that with the fewest, by p50 and p95.
	Growth    float64 `json:"growth_p50,omitempty"`
	GrowthP95 float64 `json:"growth_p95,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// Floor is the same without Askwell, as far as that can be done.
type Floor struct {
	Name  string `json:"name"`
	Value Spread `json:"value"`
	Times *Times `json:"times,omitempty"`
	CPU   *Work  `json:"cpu,omitempty"`
}

// Goal is what we want of the figures.
type Goal struct {
	Name string `json:"name"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`
}

// Rival is what another desk did on a machine like this one with 100,000 tickets.
type Rival struct {
	Name string `json:"name"`
	Did  string `json:"did"`
}

// parts are in the order of the table.
var parts = []string{"intake", "delay", "reads", "filling", "search", "reports", "privacy", "overload", "memory"}

var rivals = []Rival{
	{"Libredesk", "accepts 21 tickets a second from new senders and 189 from known ones; lists the open ones in 386 ms"},
	{"Request Tracker", "accepts 5 tickets a second; lists the open ones in 1.1 s"},
}

func (r *Result) begin(quick bool) {
	r.Machine, r.Begun, r.Quick, r.ToBeat = thisMachine(), time.Now().UTC().Truncate(time.Second), quick, rivals
	r.Load[0] = loadAverage()
}

func (r *Result) end() {
	r.Load[1] = loadAverage()
	slices.SortStableFunc(r.Rows, func(a, b Row) int { return slices.Index(parts, a.Part) - slices.Index(parts, b.Part) })
	r.Took = time.Since(r.Begun).Round(time.Second).Seconds()
	r.judge()
}

func (r *Result) add(rows ...Row) {
	for _, row := range rows {
		if row.Floor != nil && row.Floor.Value.Median > 0 {
			row.Ratio = row.Value.Median / row.Floor.Value.Median
		}
		if row.Second != nil && row.Second.Value.Median > 0 {
			row.SecondRatio = row.Value.Median / row.Second.Value.Median
		}
		r.Rows = append(r.Rows, row)
	}
}

// compareSizes writes into the rows of the largest size how they stand to the smallest.
func (r *Result) compareSizes(part string, sizes []int) {
	small, large := sizes[0], sizes[len(sizes)-1]
	before := map[string]Row{}
	for _, row := range r.Rows {
		if row.Part == part && row.Tickets == small {
			before[row.Engine+row.Name] = row
		}
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		old, found := before[row.Engine+row.Name]
		if row.Part == part && row.Tickets == large && found && old.Times.P50 > 0 && old.Times.P95 > 0 {
			row.Growth, row.GrowthP95 = row.Times.P50/old.Times.P50, row.Times.P95/old.Times.P95
		}
	}
}

const (
	wantedShare  = 0.5
	wantedList   = 30.0
	wantedGrowth = 1.2 // "no longer" within what two runs differ
)

// judge holds the figures to what was promised.
func (r *Result) judge() {
	for _, row := range r.Rows {
		switch {
		case row.Name == rowAccepted && row.Clients == 32:
			r.Goals = append(r.Goals, Goal{
				fmt.Sprintf("intake at 32 clients at least %.2f of pgbench", wantedShare), fmt.Sprintf("%.2f", row.Ratio), row.Ratio >= wantedShare,
			})
		case row.Name == rowList && row.Growth > 0:
			r.Goals = append(r.Goals,
				Goal{
					fmt.Sprintf("ticket list at %d tickets under %.0f ms p95", row.Tickets, wantedList),
					fmt.Sprintf("%.1f ms", row.Times.P95), row.Times.P95 < wantedList,
				},
				Goal{
					fmt.Sprintf("no slower than at the smaller size (p50 within %.0f %%)", 100*(wantedGrowth-1)),
					fmt.Sprintf("%.2f times", row.Growth), row.Growth <= wantedGrowth,
				})
		}
	}
	r.judgeSearch()
	r.judgeReports()
	r.judgePrivacy()
	r.judgeOverload()
}

func (r *Result) writeJSON(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
