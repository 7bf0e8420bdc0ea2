package reports

import (
	"net/url"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/messages"
)

// Tell puts a report into a mail, in the words of its page and with its figures. The link leads to the very same figures: period
// and cut-off are in it.
func Tell(p *messages.Printer, lists report.Lists, made report.Report, base *url.URL) mail.Report {
	w := writer{Printer: p, lists: lists}.of(made)
	told := w.answer(made)
	link, _ := base.Parse(address(path, made.Values()))
	change, _ := base.Parse(scheduledPath)
	m := mail.Report{
		Language: p.Language.Code, Subject: w.T("reports.scheduled.subject", "measure", w.T("reports.measure."+string(made.Measure)), "from", w.ShortDate(made.From), "to", w.ShortDate(made.To)),
		Scope: w.scope(made.Query), Sentence: told.Text, Uncertainty: told.Uncertainty, Caveat: told.Caveat, Made: w.made(made),
		Link: link.String(), ChangeLink: change.String(),
	}
	if all := made.Group(report.GroupAll); all.Tickets+all.ExcludedTotal() == 0 {
		m.Sentence = w.T("reports.empty.title")
		return m
	}
	t := w.table(made, nil)
	for _, column := range t.Columns {
		m.Heads = append(m.Heads, column.Name)
	}
	for _, row := range t.Rows {
		line := mail.ReportRow{Name: row.Name}
		for _, c := range row.Cells {
			line.Cells = append(line.Cells, withMore(c))
		}
		m.Rows = append(m.Rows, line)
	}
	if c := w.comparison(made); c != nil {
		for _, row := range c.Rows[:min(len(c.Rows), 2)] {
			line := c.Title + ", " + row.Name + ": " + withMore(row.Crude)
			if c.Note != "" {
				line += ". " + w.T("reports.compare.standardised") + ": " + withMore(row.Standardised)
			}
			m.Compared = append(m.Compared, line+".")
		}
		m.Compared = append(m.Compared, c.Tests...)
	}
	for _, t := range w.terms(made) {
		m.Terms = append(m.Terms, mail.ReportTerm{Name: t.Name, Text: t.Text})
	}
	return m
}

// withMore is a figure with what stands below it.
func withMore(c cell) string {
	if c.More == "" {
		return c.Text
	}
	return c.Text + " (" + c.More + ")"
}
