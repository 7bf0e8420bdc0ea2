package main

import "fmt"

// What every kind of report of a year has to keep to at p95, in ms, by the tickets on the desk; and how soon an answer is in it.
var wantedReport = map[int]float64{million: 150, 10 * million: 300}

const wantedFresh = 60_000.0

// judgeReports holds the slowest kind of report on each desk, and the slowest answer, to what supervisors were promised.
func (r *Result) judgeReports() {
	type worst struct {
		size deskSize
		row  Row
	}
	var desks []worst
	for _, row := range r.Rows {
		size := deskSize{row.Tickets, row.Years}
		switch {
		case row.Part != "reports":
		case row.Name == rowFresh:
			r.Goals = append(r.Goals, Goal{
				fmt.Sprintf("an answer is in the report of %s within a minute", size), fmt.Sprintf("%.1f s", row.Times.P99/1000), row.Times.P99 < wantedFresh,
			})
		case row.Goal && wantedReport[row.Tickets] > 0:
			if len(desks) == 0 || desks[len(desks)-1].size != size {
				desks = append(desks, worst{size, row})
			}
			if at := &desks[len(desks)-1]; row.Times.P95 > at.row.Times.P95 {
				at.row = row
			}
		}
	}
	for _, d := range desks {
		wanted, got := wantedReport[d.size.tickets], d.row.Times.P95
		r.Goals = append(r.Goals, Goal{
			fmt.Sprintf("every report of a year on a desk with %s under %.0f ms p95", d.size, wanted),
			fmt.Sprintf("%.1f ms (%s)", got, d.row.Name), got < wanted,
		})
	}
}
