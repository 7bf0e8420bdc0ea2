package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
)

func folder(t *testing.T) (*files.Folder, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "files")
	f, err := files.NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	return f, root
}

func TestFolderKeepsAFile(t *testing.T) {
	t.Parallel()
	f, root := folder(t)
	stored, err := f.Put(t.Context(), strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	// FIPS 180-2, appendix B.1.
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if stored.Size != 3 || hex.EncodeToString(stored.SHA256) != sum || len(stored.SHA256) != sha256.Size {
		t.Errorf("stored %+v", stored)
	}
	file, err := f.Open(t.Context(), stored.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if content, err := io.ReadAll(file); err != nil || string(content) != "abc" || file.Size() != 3 {
		t.Errorf("read %q, size %d: %v", content, file.Size(), err)
	}
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use %s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFolderKeepsNothingOfAFileThatBroke(t *testing.T) {
	t.Parallel()
	f, root := folder(t)
	broken := errors.New("the connection broke")
	if _, err := f.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFolderKnowsItsKeysOnly(t *testing.T) {
	t.Parallel()
	f, root := folder(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(root), "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "..", "../secret", "unfinished/x", "/etc/passwd", strings.Repeat("a", 26), "a\x00"} {
		if _, err := f.Open(t.Context(), key); !failure.Is(err, failure.KindNotFound) {
			t.Errorf("open %q: %v", key, err)
		}
		if err := f.Delete(t.Context(), key); !failure.Is(err, failure.KindNotFound) {
			t.Errorf("delete %q: %v", key, err)
		}
		if err := f.Touch(t.Context(), key); !failure.Is(err, failure.KindNotFound) {
			t.Errorf("touch %q: %v", key, err)
		}
	}
}

func TestPruneSparesWhatIsAttachedOrTouched(t *testing.T) {
	t.Parallel()
	f, root := folder(t)
	keys := map[string]string{}
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{"attached", "staged", "touched", "new"} {
		stored, err := f.Put(t.Context(), strings.NewReader(name))
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = stored.Key
		if name == "new" {
			continue
		}
		if err := os.Chtimes(filepath.Join(root, stored.Key[:2], stored.Key), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Touch(t.Context(), keys["touched"]); err != nil {
		t.Fatal(err)
	}
	attached := func(context.Context, []string) ([]string, error) { return []string{keys["attached"]}, nil }
	n, err := files.Prune(t.Context(), f, time.Now().Add(-files.Staged), attached)
	if err != nil || n != 1 {
		t.Errorf("pruned %d: %v", n, err)
	}
	for name, key := range keys {
		_, err := f.Open(t.Context(), key)
		if gone := failure.Is(err, failure.KindNotFound); gone != (name == "staged") {
			t.Errorf("%s is gone: %v", name, gone)
		}
	}
}

func archive(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		want    files.Type
	}{
		"PDF":                   {"%PDF-1.4\n", files.PDF},
		"PDF after rubbish":     {strings.Repeat("x", 900) + "%PDF-1.4\n", files.PDF},
		"PDF too late":          {strings.Repeat("x", 2000) + "%PDF-1.4\n", ""},
		"JPEG":                  {"\xff\xd8\xff\xdb", files.JPEG},
		"PNG":                   {"\x89PNG\r\n\x1a\nIHDR", files.PNG},
		"HEIC":                  {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", files.HEIC},
		"HEIC by a second name": {"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00miafheic", files.HEIC},
		"AVIF":                  {"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", ""},
		"MP4":                   {"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", ""},
		"HEIC in the version":   {"\x00\x00\x00\x14ftypavifheicmif1", ""},
		"DOCX":                  {archive(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"), files.DOCX},
		"DOCX with macros":      {archive(t, "[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), ""},
		"XLSX":                  {archive(t, "[Content_Types].xml", "xl/workbook.xml"), ""},
		"ZIP":                   {archive(t, "virus.exe"), ""},
		"half a ZIP":            {"PK\x03\x04word/document.xml", ""},
		"HTML":                  {"<!DOCTYPE html><script>alert(1)</script>", ""},
		"a program":             {"MZ\x90\x00", ""},
		"nothing":               {"", ""},
		"one byte":              {"\xff", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := files.Sniff(strings.NewReader(tc.content), int64(len(tc.content)))
			if err != nil || got != tc.want || ok != (tc.want != "") {
				t.Errorf("Sniff = %q, %v, %v; want %q", got, ok, err, tc.want)
			}
			if diff := cmp.Diff(tc.want != "", got.Extension() != ""); diff != "" {
				t.Errorf("extension (-want +got):\n%s", diff)
			}
		})
	}
}
