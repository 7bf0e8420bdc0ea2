package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

func TestReport(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL())
	report := mail.Report{
		To: "sam@staff.test", Name: "Sam <b>", Language: "en", ID: "7/1764057600", Subject: "First response: Oct 26 to Nov 22\r\nBcc: all@staff.test",
		Scope: "Inquiries of four weeks.", Sentence: "Half of the inquiries <b>were</b> answered within 1.4 days.", Uncertainty: "95 % intervals.", Made: "Every time is counted.",
		Heads: []string{"With a number", "Without"}, Rows: []mail.ReportRow{{Name: "Half answered within", Cells: []string{"1.4 days (1.0 to 1.8)", "1.9 days"}}},
		Compared: []string{"0.5 days longer."}, Terms: []mail.ReportTerm{{Name: "Still waiting", Text: "Never left out."}},
		Link: "https://desk.example/console/reports/response-times?from=2026-10-26&to=2026-11-22", ChangeLink: "https://desk.example/console/reports/scheduled",
	}
	if err := m.Report(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	got := one(t, box)
	want := map[string]string{
		"Auto-Submitted": "auto-generated", "Content-Language": "en", "Bcc": "", "To": `"Sam <b>" <sam@staff.test>`,
		"Subject": "First response: Oct 26 to Nov 22 Bcc: all@staff.test",
	}
	if diff := cmp.Diff(want, headers(got, "Auto-Submitted", "Content-Language", "Bcc", "To", "Subject")); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for _, text := range []string{
		"Half of the inquiries <b>were</b> answered within 1.4 days.", "With a number: 1.4 days (1.0 to 1.8)", "0.5 days longer.", report.Link, report.ChangeLink,
		"Still waiting: Never left out.",
	} {
		if !strings.Contains(got.Text, text) {
			t.Errorf("the text lacks %q:\n%s", text, got.Text)
		}
	}
	for _, markup := range []string{
		"Half of the inquiries &lt;b&gt;were&lt;/b&gt; answered", `<th scope="row"`, ">1.4 days (1.0 to 1.8)</td>",
		`href="https://desk.example/console/reports/response-times?from=2026-10-26&amp;to=2026-11-22"`,
	} {
		if !strings.Contains(got.HTML, markup) {
			t.Errorf("the HTML lacks %q:\n%s", markup, got.HTML)
		}
	}
	first := got.Header.Get("Message-Id")
	report.ID = "7/1764662400"
	if err := m.Report(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	all, err := box.Messages()
	if err != nil || len(all) != 2 || first == "" || all[0].Header.Get("Message-Id") == all[1].Header.Get("Message-Id") {
		t.Errorf("two weeks' mails have one Message-ID: %v", err)
	}
	report.To = "no address"
	if err := m.Report(t.Context(), report); !failure.Is(err, failure.KindInvalid) {
		t.Errorf("to no address: %v", err)
	}
}
