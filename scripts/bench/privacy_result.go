package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Untold is how long a form takes to answer when what was typed is on file and when it is not.
type Untold struct {
	Name    string  `json:"name"`
	Tries   int     `json:"tries_each"`
	Known   Times   `json:"known"`
	Unknown Times   `json:"unknown"`
	P       float64 `json:"p_value"`           // of the rank test, two-sided
	Missing string  `json:"missing,omitempty"` // why there was nothing to try
}

// wantedP is what the rank test of a form must not fall below: a hundred forms that tell nothing fall below it once.
const wantedP = 0.01

func (r *Result) writePrivacy(out io.Writer) error {
	if len(r.Privacy) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nForms answered with what is on file and what is not, in ms\n")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
	fmt.Fprintln(w, "tries each\tknown p50\tp95\tunknown p50\tp95\trank test p\t  what")
	for _, u := range r.Privacy {
		if u.Missing != "" {
			continue // its goal says so
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%.3f\t  %s\n", u.Tries, milliseconds(u.Known.P50), milliseconds(u.Known.P95), milliseconds(u.Unknown.P50),
			milliseconds(u.Unknown.P95), u.P, u.Name)
	}
	return w.Flush()
}

func (r *Result) judgePrivacy() {
	for _, u := range r.Privacy {
		goal := Goal{fmt.Sprintf("%s takes the same time at %.0f %%", u.Name, 100*wantedP), fmt.Sprintf("p %.3f", u.P), u.P >= wantedP}
		if u.Missing != "" {
			goal.Got, goal.Met = u.Missing, false
		}
		r.Goals = append(r.Goals, goal)
	}
}
