package form

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// readFile puts one file into the store, if it may be attached at all. The name is the browser's and only shown. An error is
// the connection's; what is wrong with the file, or the store, is a problem that the applicant reads.
func (r *reading) readFile(name string, part io.Reader) error {
	name = fileName(name)
	if name == "" || len(r.stored) > MaxFiles {
		return nil // no file was chosen, or far too many
	}
	if r.closed() {
		r.problem("not_kept", "name", name)
		return nil
	}
	content := &capped{r: part, left: MaxFileSize}
	stored, err := r.Files.Put(r.ctx, content)
	switch {
	case errors.Is(err, errFileTooLarge):
		r.problem("too_large", "name", name, "limit", MaxFileSize>>20)
		return nil
	case content.failed != nil:
		return content.failed
	case err != nil:
		r.Logger.Error("a file was not kept", slog.Any("error", err))
		r.problem("not_kept", "name", name)
		return nil
	}
	return r.accept(name, stored)
}

// closed keeps one address from filling the store with files that are never sent.
func (r *reading) closed() bool {
	if !r.counted {
		r.counted, r.shut = true, r.Limits.Files(r.ctx, r.address) || r.Drafts.full()
	}
	return r.shut
}

// accept looks into the file: what may not be attached leaves the store again.
func (r *reading) accept(name string, stored files.Stored) error {
	kind, ok, err := r.sniff(stored)
	switch {
	case err != nil:
		r.Logger.Error("a file was not read", slog.Any("error", err))
		r.problem("not_kept", "name", name)
	case stored.Size == 0:
		r.problem("empty", "name", name)
	case !ok:
		r.problem("wrong_type", "name", name)
	default:
		r.stored = append(r.stored, File{
			Key: stored.Key, Name: withExtension(name, kind), Type: kind, Size: stored.Size, SHA256: stored.SHA256,
		})
		return nil
	}
	_ = r.Files.Delete(r.ctx, stored.Key) // what stays behind is pruned
	return nil
}

var errFileTooLarge = errors.New("the file is too large")

// capped gives at most left bytes, and remembers how reading failed.
type capped struct {
	r      io.Reader
	left   int64
	failed error
}

func (l *capped) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errFileTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.failed = err
	}
	return n, err
}

func (r *reading) problem(code string, args ...any) {
	r.problems = append(r.problems, Problem{FieldFiles, code, args})
}

func (r *reading) sniff(stored files.Stored) (files.Type, bool, error) {
	file, err := r.Files.Open(r.ctx, stored.Key)
	if err != nil {
		return "", false, err
	}
	defer file.Close()
	return files.Sniff(file, file.Size())
}

// fileName makes a name that can be shown and saved: no folders, no control characters, no number that must not be kept.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name, _ = Plain(name, false)
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	name, _ = identifier.MaskSensitive(name)
	if over := utf8.RuneCountInString(name) - maxFileName; over > 0 {
		extension := path.Ext(name)
		if len(extension) > 10 {
			extension = ""
		}
		runes := []rune(strings.TrimSuffix(name, extension))
		name = string(runes[:len(runes)-over]) + extension
	}
	return name
}

// withExtension makes the name end as its content says, so that a download opens with the right program.
func withExtension(name string, kind files.Type) string {
	extension := strings.ToLower(path.Ext(name))
	if extension == kind.Extension() || kind == files.JPEG && extension == ".jpeg" || kind == files.HEIC && extension == ".heif" {
		return name
	}
	return name + kind.Extension()
}

// Attachments are the files as they begin their life on a ticket: waiting for a scan, where there is one.
func (r *Reader) Attachments(staged []File) (list []ticket.Attachment) {
	scan := ticket.ScanNone
	if r.Scans {
		scan = ticket.ScanWaiting
	}
	for _, f := range staged {
		list = append(list, f.attachment(scan))
	}
	return list
}

// Touch makes sure that the form's files are still there, and keeps them from being pruned meanwhile. What is gone is left out, and said.
func (r *Reader) Touch(ctx context.Context, f *Sent) (wrong []Problem) {
	kept := f.Files[:0:0]
	for _, file := range f.Files {
		if err := r.Files.Touch(ctx, file.Key); err != nil {
			wrong = append(wrong, Problem{FieldFiles, "gone", []any{"name", file.Name}})
			continue
		}
		kept = append(kept, file)
	}
	f.Files = kept
	return wrong
}

// gatherFiles puts the files of earlier pages, those to be removed aside, before the new ones. drafted are those of the form's draft.
func (r *reading) gatherFiles(f *Sent, drafted []File) {
	earlier := slices.Clone(drafted)
	for _, text := range r.staged {
		file, ok := r.Seal.openStaged(text, f.Token)
		if !ok {
			f.FileProblems = append(f.FileProblems, Problem{FieldFiles, "lost", nil})
			continue
		}
		earlier = append(earlier, file)
	}
	seen := map[string]bool{}
	for _, file := range earlier {
		switch {
		case seen[file.Key]:
		case slices.Contains(r.remove, file.Key):
			_ = r.Files.Delete(r.ctx, file.Key) // what stays behind is pruned
		default:
			f.Files = append(f.Files, file)
		}
		seen[file.Key] = true
	}
	for _, file := range r.stored {
		if slices.ContainsFunc(f.Files, func(g File) bool { return g.Name == file.Name && bytes.Equal(g.SHA256, file.SHA256) }) {
			_ = r.Files.Delete(r.ctx, file.Key) // chosen again after Back
			continue
		}
		if len(f.Files) == MaxFiles {
			_ = r.Files.Delete(r.ctx, file.Key)
			f.FileProblems = append(f.FileProblems, Problem{FieldFiles, "too_many", []any{"limit", MaxFiles, "name", file.Name}})
			continue
		}
		f.Files = append(f.Files, file)
	}
}
