package public

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// The limits of what is attached, and of what is read of one text field: more than may be sent, so that too long a question
// comes back whole to be shortened.
const (
	maxFiles    = 5
	maxFileSize = 10 << 20
	maxFieldRaw = 1 << 20
	maxFields   = 60
	maxFileName = 200
)

// sentForm is the form as it came in, with its new files in the store.
type sentForm struct {
	answers
	token        token
	known, fresh bool // about the token
	change       string
	fromForm     bool
	fileProblems []problem
	tooLarge     bool // more than the route takes: what came before the limit is here
}

// readForm reads the form, files as they arrive into the store. Errors: invalid for what no browser sends.
func (a *Area) readForm(c *gin.Context) (*sentForm, error) {
	r := formReader{area: a, ctx: c.Request.Context(), address: c.ClientIP(), fields: map[string]string{}}
	err := r.read(c.Request)
	var limit *http.MaxBytesError
	tooLarge := errors.As(err, &limit)
	if err != nil && !tooLarge {
		return nil, err
	}
	f := &sentForm{answers: clean(r.fields), change: r.fields[fieldChange], tooLarge: tooLarge, fileProblems: r.problems}
	_, f.fromForm = r.fields["on_form"]
	f.token, f.known, f.fresh = a.seal.readToken(r.fields[fieldToken], a.Now())
	a.gatherFiles(c.Request.Context(), f, r)
	return f, nil
}

// gatherFiles puts the files of earlier pages, those to be removed aside, before the new ones.
func (a *Area) gatherFiles(ctx context.Context, f *sentForm, r formReader) {
	seen := map[string]bool{}
	for _, text := range r.staged {
		file, ok := a.seal.openStaged(text, f.token)
		switch {
		case !ok:
			f.fileProblems = append(f.fileProblems, problem{fieldFiles, "lost", nil})
		case seen[file.Key]:
		case contains(r.remove, file.Key):
			_ = a.Files.Delete(ctx, file.Key) // what stays behind is pruned
		default:
			f.Files = append(f.Files, file)
		}
		seen[file.Key] = true
	}
	for _, file := range r.stored {
		if len(f.Files) == maxFiles {
			_ = a.Files.Delete(ctx, file.Key)
			f.fileProblems = append(f.fileProblems, problem{fieldFiles, "too_many", []any{"limit", maxFiles, "name", file.Name}})
			continue
		}
		f.Files = append(f.Files, file)
	}
}

// formReader gathers the fields of a form.
type formReader struct {
	area     *Area
	ctx      context.Context
	address  string
	counted  bool // this form's files were counted
	shut     bool // too many forms with files came from this address
	fields   map[string]string
	staged   []string
	remove   []string
	stored   []stagedFile
	problems []problem
}

func (r *formReader) read(request *http.Request) error {
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		return r.readParts(request)
	}
	if err := request.ParseForm(); err != nil {
		var limit *http.MaxBytesError
		if errors.As(err, &limit) {
			return err
		}
		// A percent sign that encodes nothing is no reason to lose the rest.
	}
	for name, values := range request.PostForm {
		for _, value := range values {
			r.add(name, value)
		}
	}
	return nil
}

func (r *formReader) add(name, value string) {
	switch name {
	case fieldStaged:
		if len(r.staged) < maxFields {
			r.staged = append(r.staged, value)
		}
	case fieldRemove:
		if len(r.remove) < maxFields {
			r.remove = append(r.remove, value)
		}
	default:
		if _, twice := r.fields[name]; !twice {
			r.fields[name] = value
		}
	}
}

// readParts reads a form with files as it arrives: no file is ever held in memory.
func (r *formReader) readParts(request *http.Request) error {
	parts, err := request.MultipartReader()
	if err != nil {
		return failure.New(failure.KindInvalid, "The form could not be read.", err)
	}
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == nil && n > maxFields:
			err = errors.New("too many fields")
			fallthrough
		case err != nil:
			return unreadable(err)
		}
		if part.FileName() != "" || part.FormName() == fieldFiles {
			err = r.readFile(part.FileName(), part)
		} else {
			var value []byte
			value, err = io.ReadAll(io.LimitReader(part, maxFieldRaw))
			r.add(part.FormName(), string(value))
		}
		if err == nil {
			_, err = io.Copy(io.Discard, part)
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

// unreadable lets the limit pass.
func unreadable(err error) error {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return err
	}
	return failure.New(failure.KindInvalid, "The form could not be read.", err)
}

// readFile puts one file into the store, if it may be attached at all. The name is the browser's and only shown. An error is
// the connection's; what is wrong with the file, or the store, is a problem that the applicant reads.
func (r *formReader) readFile(name string, part io.Reader) error {
	name = fileName(name)
	if name == "" || len(r.stored) > maxFiles {
		return nil // no file was chosen, or far too many
	}
	if r.closed() {
		r.problem("not_kept", "name", name)
		return nil
	}
	content := &capped{r: part, left: maxFileSize}
	stored, err := r.area.Files.Put(r.ctx, content)
	switch {
	case errors.Is(err, errFileTooLarge):
		r.problem("too_large", "name", name, "limit", maxFileSize>>20)
		return nil
	case content.failed != nil:
		return content.failed
	case err != nil:
		r.area.Logger.Error("a file was not kept", slog.Any("error", err))
		r.problem("not_kept", "name", name)
		return nil
	}
	return r.accept(name, stored)
}

// closed keeps one address from filling the store with files that are never sent.
func (r *formReader) closed() bool {
	if !r.counted {
		r.counted, r.shut = true, r.area.limiter.countFiles(r.ctx, r.address)
	}
	return r.shut
}

// accept looks into the file: what may not be attached leaves the store again.
func (r *formReader) accept(name string, stored files.Stored) error {
	kind, ok, err := r.sniff(stored)
	switch {
	case err != nil:
		r.area.Logger.Error("a file was not read", slog.Any("error", err))
		r.problem("not_kept", "name", name)
	case stored.Size == 0:
		r.problem("empty", "name", name)
	case !ok:
		r.problem("wrong_type", "name", name)
	default:
		r.stored = append(r.stored, stagedFile{
			Key: stored.Key, Name: withExtension(name, kind), Type: kind, Size: stored.Size, SHA256: stored.SHA256,
		})
		return nil
	}
	_ = r.area.Files.Delete(r.ctx, stored.Key) // what stays behind is pruned
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

func (r *formReader) problem(code string, args ...any) {
	r.problems = append(r.problems, problem{fieldFiles, code, args})
}

func (r *formReader) sniff(stored files.Stored) (files.Type, bool, error) {
	file, err := r.area.Files.Open(r.ctx, stored.Key)
	if err != nil {
		return "", false, err
	}
	defer file.Close()
	return files.Sniff(file, file.Size())
}

// fileName makes a name that can be shown and saved: no folders, no control characters, no number that must not be kept.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name, _ = plain(name, false)
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

// scanState is how a file begins its life on a ticket.
func (a *Area) scanState() ticket.Scan {
	if a.Settings.ClamdURL != "" {
		return ticket.ScanWaiting
	}
	return ticket.ScanNone
}
