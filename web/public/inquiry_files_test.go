package public_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/web/webtest"
)

var (
	pdf  = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF")
	jpeg = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on")
	png  = []byte("\x89PNG\r\n\x1a\n and so on")
	heic = []byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic and so on")
)

func docx(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml"} {
		if _, err := archive.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func upload(name string, content []byte) webtest.Upload {
	return webtest.Upload{Field: "attachments", Name: name, Content: content}
}

// stagedNames lists the files that the page hands on.
func stagedNames(p webtest.Page) (names []string) {
	for i := range p.Doc.Find(".staged__file").Length() {
		file := p.Doc.Find(".staged__file").Eq(i)
		name, _, _ := strings.Cut(strings.TrimSpace(file.Find(".staged__name").Text()), " ")
		names = append(names, name)
	}
	return names
}

func TestFilesTravelFromFormToTicket(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	check := v.PostFiles("/inquiries/check", filled(t, v),
		upload("notice.pdf", pdf), upload(`C:\photos\card.JPG`, jpeg), upload("front", png), upload("a.heic", heic), upload("letter.docx", docx(t)))
	if check.Status != http.StatusOK {
		t.Fatalf("status %d: %v", check.Status, problems(check))
	}
	if got := fmt.Sprint(stagedNames(check)); got != "[notice.pdf card.JPG.jpg front.png a.heic letter.docx]" && got != "[notice.pdf card.JPG front.png a.heic letter.docx]" {
		t.Errorf("the check page lists %s", got)
	}
	values := check.Form("form[action='/inquiries']")
	values.Set("change", "subject")
	changed := v.Post("/inquiries/check", values)
	if n := len(stagedNames(changed)); n != 5 {
		t.Errorf("%d files on the form again, want 5", n)
	}
	form := changed.Form("form.form")
	form.Set("remove", changed.Doc.Find(`input[name="remove"]`).Eq(2).AttrOr("value", ""))
	check = v.Post("/inquiries/check", form)
	if got := fmt.Sprint(stagedNames(check)); strings.Contains(got, "front") || len(stagedNames(check)) != 4 {
		t.Errorf("after the third was removed: %s", got)
	}
	sent := v.Post("/inquiries", check.Form("form[action='/inquiries']"))
	if sent.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %v", sent.Status, problems(sent))
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment WHERE scan = 'not_scanned'`); n != 4 {
		t.Errorf("%d attachments, want 4", n)
	}
	var key string
	if err := desk.DB.QueryRow(t.Context(), `SELECT storage_key FROM attachment WHERE media_type = 'application/pdf'`).Scan(&key); err != nil {
		t.Fatal(err)
	}
	file, err := desk.Files.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Size() != int64(len(pdf)) {
		t.Errorf("the file has %d bytes, want %d", file.Size(), len(pdf))
	}
	if copied := v.Get(sent.Location()); !strings.Contains(copied.Text(".copy"), "letter.docx") {
		t.Error("the copy does not name the files")
	}
}

func TestFilesRefused(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for name, tc := range map[string]struct {
		files   []webtest.Upload
		problem string
		kept    int
	}{
		"a program":     {[]webtest.Upload{upload("notice.pdf", pdf), upload("setup.pdf", []byte("MZ\x90\x00 and so on"))}, "“setup.pdf” is not a PDF, JPEG, PNG, HEIC or Word (DOCX) file. Choose another file, or take a photo of the paper.", 1},
		"empty":         {[]webtest.Upload{upload("scan.pdf", nil), upload("notice.pdf", pdf)}, "“scan.pdf” is empty. Choose another file.", 1},
		"over 10 MB":    {[]webtest.Upload{upload("big.pdf", append(pdf, make([]byte, 10<<20)...)), upload("notice.pdf", pdf)}, "“big.pdf” is bigger than 10 MB. Choose a smaller file, or a photo with less detail.", 1},
		"50 MB in one":  {[]webtest.Upload{upload("film.pdf", append(pdf, make([]byte, 50<<20)...))}, "“film.pdf” is bigger than 10 MB. Choose a smaller file, or a photo with less detail.", 0},
		"six":           {[]webtest.Upload{upload("1.pdf", pdf), upload("2.pdf", pdf), upload("3.pdf", pdf), upload("4.pdf", pdf), upload("5.pdf", pdf), upload("6.pdf", pdf)}, "“6.pdf” was not added. You can add up to 5 files.", 5},
		"a zip":         {[]webtest.Upload{upload("letter.docx", []byte("PK\x03\x04 and so on"))}, "“letter.docx” is not a PDF, JPEG, PNG, HEIC or Word (DOCX) file. Choose another file, or take a photo of the paper.", 0},
		"HTML as image": {[]webtest.Upload{upload("<b>x</b>.png", []byte("<script>alert(1)</script>"))}, "“b>.png” is not a PDF, JPEG, PNG, HEIC or Word (DOCX) file. Choose another file, or take a photo of the paper.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := desk.NewVisitor(t)
			form := filled(t, v)
			for _, path := range []string{"/inquiries/check", "/inquiries"} {
				p := v.PostFiles(path, form, tc.files...)
				if p.Status != http.StatusUnprocessableEntity || problems(p)["attachments"] != tc.problem {
					t.Errorf("%s: status %d, problems %v", path, p.Status, problems(p))
				}
				keeps(t, p, form)
				if n := len(stagedNames(p)); n != tc.kept {
					t.Errorf("%s: %d files kept, want %d", path, n, tc.kept)
				}
			}
		})
	}
}

func TestFilesTooBigTogether(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.Visitor)
	var uploads []webtest.Upload
	for i := range 6 {
		uploads = append(uploads, upload(fmt.Sprintf("%d.pdf", i), append(pdf, make([]byte, 9<<20)...)))
	}
	p := desk.PostFiles("/inquiries/check", form, uploads...)
	if p.Status != http.StatusRequestEntityTooLarge || !strings.Contains(problems(p)["attachments"], "too big together") {
		t.Errorf("status %d, problems %v", p.Status, problems(p))
	}
	keeps(t, p, form)
	if n := len(stagedNames(p)); n != 5 {
		t.Errorf("%d files kept, want those that came before the limit", n)
	}
}

func TestFilesOfAnotherForm(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	owner, thief := desk.NewVisitor(t), desk.NewVisitor(t)
	staged := owner.PostFiles("/inquiries/check", filled(t, owner), upload("notice.pdf", pdf)).Value("staged")
	form := filled(t, thief)
	form["staged"] = []string{staged, "forged.signature"}
	p := thief.Post("/inquiries", form)
	if p.Status != http.StatusUnprocessableEntity || len(stagedNames(p)) != 0 {
		t.Errorf("status %d, files %v", p.Status, stagedNames(p))
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment`); n != 0 {
		t.Error("a file of another form was attached")
	}
}

func TestFilesThatWereNeverSentArePruned(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	if p := v.PostFiles("/inquiries", filled(t, v), upload("sent.pdf", pdf)); p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %v", p.Status, problems(p))
	}
	check := v.PostFiles("/inquiries/check", filled(t, v), upload("staged.pdf", pdf))
	pruned, err := files.Prune(t.Context(), desk.Files, time.Now().Add(time.Minute), desk.Tickets.AttachedKeys)
	if err != nil || pruned != 1 {
		t.Errorf("pruned %d files: %v; want the staged one", pruned, err)
	}
	late := v.Post("/inquiries", check.Form("form[action='/inquiries']"))
	if late.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(problems(late)["attachments"], "“staged.pdf” is no longer here") {
		t.Errorf("a pruned file: status %d, problems %v", late.Status, problems(late))
	}
	again := v.Post("/inquiries", late.Form("form.form"))
	if again.Status != http.StatusSeeOther {
		t.Errorf("without it: status %d: %v", again.Status, problems(again))
	}
}

func TestFilesAreHeldBackUntilScanned(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"CLAMD_URL": "tcp://127.0.0.1:3310"}})
	if p := desk.PostFiles("/inquiries", filled(t, desk.Visitor), upload("notice.pdf", pdf)); p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %v", p.Status, problems(p))
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment a JOIN outbox o ON o.subject_id = a.id WHERE a.scan = 'waiting' AND o.event = 'file.stored'`); n != 1 {
		t.Error("the file does not wait for its scan")
	}
}
