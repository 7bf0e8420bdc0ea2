package mail

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"

	gomail "github.com/wneessen/go-mail"
)

// Report is a report for a member of staff, in words: figures of many inquiries, nothing of any one. ID is another one for each
// mail: the same mail has the same Message-ID whenever it is sent.
type Report struct {
	To, Name, Language  string
	ID                  string
	Subject             string
	Scope               string // which inquiries, until when
	Sentence            string // the answer
	Uncertainty, Caveat string
	Made                string // how exact and how fresh
	Heads               []string
	Rows                []ReportRow
	Compared            []string // how the groups differ, a line each
	Terms               []ReportTerm
	Link, ChangeLink    string
}

// ReportRow is a figure of every group.
type ReportRow struct {
	Name  string
	Cells []string
}

// ReportTerm is a definition.
type ReportTerm struct{ Name, Text string }

// reportSheet is what the templates show.
type reportSheet struct {
	Texts
	Report
	Agency Agency
}

// Reference is the title of the mail's page; what is about a ticket has its reference there.
func (s reportSheet) Reference() string { return s.Subject }

// Report sends a report. Errors: as Acknowledge.
func (m *Mailer) Report(ctx context.Context, r Report) error {
	s := reportSheet{Texts: m.cfg.Texts(r.Language), Report: r, Agency: m.cfg.Agency}
	p, err := m.automatic("report", s, r.To, r.Name, r.Subject, m.messageID("report", mark("report", r.ID, "")), About{})
	if err != nil {
		return fmt.Errorf("write a report: %w", err)
	}
	if err := m.pool.send(ctx, p)[0]; err != nil {
		return fmt.Errorf("send a report: %w", err)
	}
	return nil
}

// automatic writes a mail in both forms that nobody is meant to answer: from the templates of this name. Its bounces are about what about names.
func (m *Mailer) automatic(template string, sheet Texts, address, name, subject, id string, about About) (parcel, error) {
	to, err := m.address(address)
	if err != nil {
		return parcel{}, err
	}
	var text, html bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&text, template+".txt", sheet); err != nil {
		return parcel{}, fmt.Errorf("render %s.txt: %w", template, err)
	}
	if err := htmlTemplates.ExecuteTemplate(&html, template+".html", sheet); err != nil {
		return parcel{}, fmt.Errorf("render %s.html: %w", template, err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&m.from)
	msg.ToMailAddress(&mail.Address{Name: plain(name), Address: to})
	if m.cfg.Replies != nil && about != (About{}) {
		if err := msg.EnvelopeFrom(m.cfg.Replies.Bounces(about)); err != nil {
			return parcel{}, fmt.Errorf("set the envelope's sender: %w", err)
		}
	}
	msg.Subject(plain(subject))
	msg.SetMessageIDWithValue(id)
	msg.SetDateWithValue(m.cfg.Now())
	msg.SetGenHeader(gomail.HeaderContentLang, sheet.T("mail.language"))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, text.String())
	msg.AddAlternativeString(gomail.TypeTextHTML, html.String())
	return m.pack(msg)
}
