package transfer_test

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

func utf16le(s string) string {
	var b bytes.Buffer
	b.WriteString("\xFF\xFE")
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

func utf16be(s string) string {
	var b bytes.Buffer
	b.WriteString("\xFE\xFF")
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u >> 8), byte(u)})
	}
	return b.String()
}

// As these programs write: Excel ("CSV UTF-8", "Unicode text", and CSV where the decimal sign is a comma), LibreOffice, PowerShell's
// Export-Csv (5.1 and 7), and an old Mac.
func TestWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	const head, line = `"external_id","opened_at","applicant_name","subject"`, `"1","2026-01-31T14:05:00","Ana Núñez","Card, ""green"""`
	tabs := strings.NewReplacer(`","`, "\"\t\"").Replace
	semicolons := strings.NewReplacer(`","`, `";"`).Replace
	for name, c := range map[string]struct {
		file    string
		foreign bool
	}{
		"plain":                             {file: head + "\n" + line + "\n"},
		"a mark before a quoted header":     {file: "\xEF\xBB\xBF" + head + "\r\n" + line + "\r\n"},
		"semicolons":                        {file: "\xEF\xBB\xBF" + semicolons(head+"\r\n"+line+"\r\n")},
		"sep=":                              {file: "sep=;\r\n" + semicolons(head+"\r\n"+line+"\r\n")},
		"sep= of a tab":                     {file: "SEP=\t\r\n" + tabs(head+"\r\n"+line)},
		"tabs":                              {file: tabs(head + "\n" + line)},
		"Unicode text":                      {file: utf16le(tabs(head + "\r\n" + line + "\r\n"))},
		"Unicode text, the other way round": {file: utf16be(head + "\r\n" + line + "\r\n")},
		"PowerShell 5":                      {file: "#TYPE System.Management.Automation.PSCustomObject\r\n" + head + "\r\n" + line + "\r\n"},
		"an old Mac":                        {file: head + "\r" + line + "\r"},
		"Windows-1252":                      {file: strings.NewReplacer("ú", "\xFA", "ñ", "\xF1").Replace(head + "\r\n" + line + "\r\n"), foreign: true},
		"blank lines":                       {file: "\r\n\r\n" + head + "\r\n\r\n" + line + "\r\n\r\n"},
		"separators at the ends":            {file: head + ",,\r\n" + line + ",,\r\n"},
		"names as people write them":        {file: `External ID,Opened at,APPLICANT NAME,"Subject "` + "\n" + line},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			result, err := transfer.ImportTickets(t.Context(), db, strings.NewReader(c.file), transfer.TicketOptions{}, &transfer.Rejects{Path: t.TempDir() + "/r.csv"}, func(int) {})
			if err != nil || result.Added != 1 || result.Rejected != 0 || len(result.Ignored) != 0 || result.Foreign != c.foreign {
				t.Fatalf("%+v, foreign %t (%v)", result, result.Foreign, err)
			}
			var got [2]string
			if err := db.QueryRow(t.Context(), `SELECT applicant_name, subject FROM ticket`).Scan(&got[0], &got[1]); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([2]string{"Ana Núñez", `Card, "green"`}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Digits that a spreadsheet has thrown away are not guessed.
func TestRuinedNumbersAreRefused(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	rejects := &transfer.Rejects{Path: t.TempDir() + "/r.csv"}
	file := "opened_at;account_number\n2026-01-31;1,63921E+11\n2026-01-31;1.63921e11\n2026-01-31;163920702842\n"
	result, err := transfer.ImportTickets(t.Context(), db, strings.NewReader(file), transfer.TicketOptions{}, rejects, func(int) {})
	if err != nil || result.Added != 1 || result.Rejected != 2 {
		t.Errorf("%+v (%v)", result, err)
	}
}

// OWASP, CSV Injection: such a cell has an apostrophe before it. A number is a number.
func TestInert(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"＝1+1": "'＝1+1", "'=1": "''=1", "''=1": "'''=1",
		"": "", "-5": "-5", "+15550100": "+15550100", "-0.5": "-0.5", "Ana": "Ana", "O'Neil": "O'Neil", "'quoted'": "'quoted'", "a=b": "a=b", "'": "'", "-": "'-",
	} {
		if got := transfer.Inert(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

// An export comes back unchanged, raw or for spreadsheets, whatever is in it.
func TestExportsComeBackUnchanged(t *testing.T) {
	t.Parallel()
	from := testkit.Database(t)
	random := rand.New(rand.NewPCG(7, 7))
	signs := []string{"=", "+", "-", "@", "'", "\"", ",", ";", "\n", "\t", "1", "a", "é", "王", "＝", " ", ".", "\\"}
	word := func() string {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(signs[random.IntN(len(signs))])
		}
		return "x" + b.String()
	}
	cell := func() string { return strings.TrimSpace(word()[1:] + "z") }
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	_ = w.Write([]string{"external_id", "opened_at", "applicant_name", "applicant_email", "subject", "question", "channel", "language"})
	for i := range 300 {
		_ = w.Write([]string{word() + string(rune('a'+i%26)), "2026-01-31T14:05:00Z", cell(), "ana@mail.example", cell(), cell(), "email", "es"})
	}
	w.Flush()
	if r, err := transfer.ImportTickets(t.Context(), from, &file, transfer.TicketOptions{}, &transfer.Rejects{Path: t.TempDir() + "/r.csv"}, func(int) {}); err != nil || r.Added < 200 {
		t.Fatalf("%+v (%v)", r, err)
	}
	contents := func(db *pgxpool.Pool) []string {
		return texts(t, db, `
			SELECT concat_ws('|', t.applicant_name, t.subject, m.body, t.channel, t.language, t.opened_at)
			FROM ticket t JOIN message m ON m.ticket_id = t.id ORDER BY 1`)
	}
	for _, raw := range []bool{false, true} {
		var out bytes.Buffer
		if _, err := transfer.ExportTickets(t.Context(), from, &out, raw, func(int) {}); err != nil {
			t.Fatal(err)
		}
		if marked := bytes.HasPrefix(out.Bytes(), []byte("\xEF\xBB\xBF")); marked == raw {
			t.Errorf("raw %t: the file has a byte order mark: %t", raw, marked)
		}
		if !raw {
			records, err := csv.NewReader(bytes.NewReader(out.Bytes()[3:])).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, record := range records {
				for _, c := range record {
					if c != transfer.Inert(c) && !strings.HasPrefix(c, "'") {
						t.Errorf("the cell %q would run", c)
					}
				}
			}
		}
		into := testkit.Database(t)
		if r, err := transfer.ImportTickets(t.Context(), into, &out, transfer.TicketOptions{}, &transfer.Rejects{Path: t.TempDir() + "/r.csv"}, func(int) {}); err != nil || r.Rejected != 0 {
			t.Fatalf("raw %t: %+v (%v)", raw, r, err)
		}
		if diff := cmp.Diff(contents(from), contents(into)); diff != "" {
			t.Errorf("raw %t: (-exported +imported)\n%s", raw, diff)
		}
	}
}
