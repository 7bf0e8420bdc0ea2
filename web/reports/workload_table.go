package reports

import (
	"strconv"
	"time"

	"github.com/askwell/askwell/internal/report"
)

// backlogTable is one kind of backlog, a queue a line, by age.
type backlogTable struct {
	Kind    string // unanswered, unsolved
	Heading string
	Hint    string
	Ages    []string
	Rows    []backlogRow
}

// backlogRow is a queue's line; the last one is of all queues.
type backlogRow struct {
	Name  string
	Cells []backlogCell
	Total backlogCell
	All   bool
}

type backlogCell struct {
	Text  string
	URL   string
	Level int // how much of it beside the fullest cell, from 0 to levels
}

func (w writer) backlog(work report.Workload, kind string) backlogTable {
	t := backlogTable{Kind: kind, Heading: w.T("workload.backlog." + kind + ".heading"), Hint: w.T("workload.backlog." + kind + ".hint")}
	days := report.AgeDays()
	for i, first := range days {
		t.Ages = append(t.Ages, w.age(first, i, days))
	}
	from, to := work.Ages()
	most := 0
	for _, q := range work.Queues {
		for _, n := range ages(q, kind) {
			most = max(most, n)
		}
	}
	line := func(b report.Backlog, name string, all bool) backlogRow {
		row := backlogRow{Name: name, All: all}
		total := 0
		for i, n := range ages(b, kind) {
			total += n
			row.Cells = append(row.Cells, w.counted(n, listOf(work, kind, b.Queue, from[i], to[i])))
			if !all {
				row.Cells[i].Level = level(n, most)
			}
		}
		row.Total = w.counted(total, listOf(work, kind, b.Queue, time.Time{}, time.Time{}))
		return row
	}
	for _, q := range work.Queues {
		if work.Filter.Queue == "" || work.Filter.Queue == q.Queue {
			t.Rows = append(t.Rows, line(q, w.group(report.ByQueue, report.Group(q.Queue)), false))
		}
	}
	if len(t.Rows) > 1 {
		t.Rows = append(t.Rows, line(work.All, w.T("workload.all_queues"), true))
	}
	return t
}

func ages(b report.Backlog, kind string) []int {
	if kind == "unanswered" {
		return b.Unanswered
	}
	return b.Unsolved
}

func (w writer) counted(n int, url string) backlogCell {
	if n == 0 {
		url = ""
	}
	return backlogCell{Text: w.Number(int64(n)), URL: url}
}

// hourLine is an hour of the week's table: arrivals and first responses of every weekday, from Monday.
type hourLine struct {
	Hour  string
	Cells []string
}

func (w writer) hourTable(work report.Workload) (weekdays []string, lines []hourLine) {
	for d := range 7 {
		weekdays = append(weekdays, w.T("format.weekday."+strconv.Itoa(weekday(d))))
	}
	for h := range 24 {
		line := hourLine{Hour: w.T("workload.hours.hour", "hour", h)}
		for d := range 7 {
			f := work.Hours[weekday(d)][h]
			line.Cells = append(line.Cells, w.T("workload.hours.cell", "arrivals", f.Arrivals, "responses", f.Responses))
		}
		lines = append(lines, line)
	}
	return weekdays, lines
}

// age names an age by the days since the day of opening.
func (w writer) age(first, i int, days []int) string {
	switch {
	case first == 0:
		return w.T("workload.age.today")
	case i+1 == len(days):
		return w.T("workload.age.from", "count", first)
	case days[i+1] == first+1:
		return w.T("workload.age.yesterday")
	}
	return w.T("workload.age.between", "first", first, "last", days[i+1]-1)
}
