package web

import (
	"net/url"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/reports"
)

// ReportTeller puts reports into the words of their page, for those that are mailed: the workers know no pages. base is the
// site's public address.
func ReportTeller(base *url.URL) (func(report.Report, report.Lists) mail.Report, error) {
	catalog, err := messages.Load(Messages())
	if err != nil {
		return nil, err
	}
	return func(made report.Report, lists report.Lists) mail.Report {
		return reports.Tell(catalog.For(messages.Fallback), lists, made, base)
	}, nil
}
