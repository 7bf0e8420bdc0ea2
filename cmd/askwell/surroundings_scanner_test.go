//go:build surroundings

package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/testkit"
)

// clamd starts a scanner as docs/scanner.md says, whose only signature is one of ours.
func clamd(t *testing.T, changes ...string) (url string, p *process) {
	t.Helper()
	dir := openFolder(t)
	signatures := filepath.Join(dir, "signatures")
	if err := os.Mkdir(signatures, 0o755); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	writeFileAt(t, signatures, "own.ndb", "Askwell.Test.Virus:0:*:41534b57454c4c2d5649525553\n") // ASKWELL-VIRUS
	socket := filepath.Join(dir, "clamd.ctl")
	account := "clamav"
	if os.Getuid() != 0 {
		account = os.Getenv("USER")
	}
	conf := docBlock(t, "scanner.md", "clamd", append([]string{"/run/clamav/clamd.ctl", socket, "/var/lib/clamav", signatures, "User clamav", "User " + account}, changes...)...)
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "-R", "clamav", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	p = startProgram(t, "clamd", "--foreground", "--config-file", writeFileAt(t, dir, "clamd.conf", conf))
	listening(t, "unix", socket)
	return "unix://" + socket, p
}

func TestSurroundingsClamd(t *testing.T) {
	t.Parallel()
	url, p := clamd(t)
	scanner, err := files.NewClamd(url)
	if err != nil {
		t.Fatal(err)
	}
	var locked bytes.Buffer
	w := zip.NewWriter(&locked)
	entry, err := w.CreateRaw(&zip.FileHeader{Name: "passport.pdf", Flags: 1, Method: zip.Store, CompressedSize64: 20, UncompressedSize64: 8, CRC32: 7})
	if err == nil {
		_, err = entry.Write(make([]byte, 20))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    files.Verdict
	}{
		"clean":         {[]byte("%PDF-1.4 a letter"), files.Verdict{Clean: true}},
		"infected":      {[]byte("%PDF-1.4 ASKWELL-VIRUS"), files.Verdict{Threat: "Askwell.Test.Virus.UNOFFICIAL"}},
		"encrypted zip": {locked.Bytes(), files.Verdict{Unscannable: true, Threat: "Heuristics.Encrypted.Zip"}},
		"10 MB":         {bytes.Repeat([]byte("x"), 10<<20), files.Verdict{Clean: true}},
		"13 MB":         {bytes.Repeat([]byte("x"), 13<<20), files.Verdict{Unscannable: true, Threat: files.TooLarge}},
	} {
		if got, err := scanner.Scan(t.Context(), bytes.NewReader(c.content)); err != nil || got != c.want {
			t.Errorf("%s: %+v (%v), want %+v", name, got, err, c.want)
		}
	}
	db := testkit.Database(t)
	looks := func(url, want string) {
		t.Helper()
		doctor(t, []string{"DATABASE_URL=" + db.Config().ConnString(), "CLAMD_URL=" + url}, want)
	}
	looks(url, "ok    Virus scan   clamd scans files of 10 MB")
	p.signal(syscall.SIGSTOP)
	began := time.Now()
	if err := scanner.Ping(t.Context()); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("a clamd that hangs: %v", err)
	}
	took := time.Since(began)
	looks(url, "FAIL  Virus scan   clamd does not answer within 2 s")
	p.signal(syscall.SIGCONT)
	small, _ := clamd(t, "StreamMaxLength 12M", "StreamMaxLength 5M")
	looks(small, "write StreamMaxLength 12M into clamd.conf")
	held(t, "5 files told apart by a real clamd; one that hangs given up after %s; 3 findings of doctor", took.Round(100*time.Millisecond))
}
