// Package form reads the forms that applicants send: fields and files as they arrive, and the token that makes one thing of a form that
// is sent twice.
package form

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/remote"
)

// The fields that every form with a token and files has.
const (
	FieldToken  = "form_token"
	FieldFiles  = "attachments"
	fieldStaged = "staged"
	FieldRemove = "remove"
)

// The limits of what is attached, and of what is read of one text field: more than may be sent, so that too long a text comes back
// whole to be shortened.
const (
	MaxFiles    = 5
	MaxFileSize = 10 << 20
	maxFieldRaw = 1 << 20
	maxFields   = 60
	maxFileName = 200
)

// Reader reads forms. Scans says that files wait for a virus scan.
type Reader struct {
	Seal   Seal
	Files  files.Store
	Limits *limit.Limiter
	Drafts *Drafts
	Scans  bool
	Logger *slog.Logger
	Now    func() time.Time
}

// Sent is a form as it came in, with its new files in the store.
type Sent struct {
	Token        Token
	Fresh        bool // the token is ours and not too old
	Files        []File
	FileProblems []Problem
	TooLarge     bool     // more than the route takes: what came before the limit is here
	Removed      []string // keys of files that are to be removed, of a form that was refused
	fields       map[string]string
	in           *reading
}

// Raw is a field as it was sent, the first one of that name.
func (f *Sent) Raw(name string) string { return f.fields[name] }

// SetRaw puts a field's text in place of what was sent.
func (f *Sent) SetRaw(name, value string) { f.fields[name] = value }

// New is a form that was sent by nobody yet, with a token of its own.
func (r *Reader) New() *Sent {
	return &Sent{Token: r.Seal.NewToken(r.Now()), Fresh: true, fields: map[string]string{}}
}

// sentKey is where a request keeps its form.
const sentKey = "askwell.form"

// Read reads the form, files as they arrive into the store; once more, it gives what it has read. It asks the database nothing, so that a form
// can be refused without: Files are there after Gather or GatherNamed. Errors: invalid for what no browser sends.
func (r *Reader) Read(c *gin.Context) (*Sent, error) {
	if f, ok := c.Get(sentKey); ok {
		return f.(*Sent), nil
	}
	in := &reading{Reader: r, ctx: c.Request.Context(), address: remote.Address(c.Request), fields: map[string]string{}}
	err := in.read(c.Request)
	var limit *http.MaxBytesError
	tooLarge := errors.As(err, &limit)
	if err != nil && !tooLarge {
		return nil, err
	}
	f := &Sent{fields: in.fields, TooLarge: tooLarge, FileProblems: in.problems, in: in}
	f.Token, f.Fresh = r.Seal.readToken(in.fields[FieldToken], r.Now())
	c.Set(sentKey, f)
	return f, nil
}

// Gather puts together the files of a form that was read: those of its draft, for which it asks the database, those that the form names, and
// those that came with it.
func (r *Reader) Gather(c *gin.Context, f *Sent) { f.in.gatherFiles(f, r.Drafts.files(c, f.Token)) }

// GatherNamed is Gather for a form that is refused: without the database, and without removing anything, which is left for when the form is
// sent again.
func (r *Reader) GatherNamed(f *Sent) {
	f.Removed, f.in.remove = f.in.remove, nil
	f.in.gatherFiles(f, nil)
	f.Files = slices.DeleteFunc(f.Files, func(file File) bool { return slices.Contains(f.Removed, file.Key) })
}

// Discard removes the files that came with a form which is refused and whose sender still has them.
func (r *Reader) Discard(f *Sent) {
	for _, file := range f.in.stored {
		_ = r.Files.Delete(f.in.ctx, file.Key) // what stays behind is pruned
	}
}

// reading gathers the fields of a form.
type reading struct {
	*Reader
	ctx      context.Context
	address  string
	counted  bool // this form's files were counted
	shut     bool // too many forms with files came from this address
	fields   map[string]string
	staged   []string
	remove   []string
	stored   []File
	problems []Problem
}

// Parse reads a form without files, for PostForm. A percent sign that encodes nothing is no reason to lose the rest. Errors: too large, too
// slow.
func Parse(request *http.Request) error {
	if err := request.ParseForm(); cutOff(err) {
		return err
	}
	return nil
}

// cutOff reports whether reading a body ended at one of its limits.
func cutOff(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit) || failure.Is(err, failure.KindTooSlow)
}

func (r *reading) read(request *http.Request) error {
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		return r.readParts(request)
	}
	if err := Parse(request); err != nil {
		return err
	}
	for name, values := range request.PostForm {
		for _, value := range values {
			r.add(name, value)
		}
	}
	return nil
}

func (r *reading) add(name, value string) {
	switch name {
	case fieldStaged:
		if len(r.staged) < maxFields {
			r.staged = append(r.staged, value)
		}
	case FieldRemove:
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
func (r *reading) readParts(request *http.Request) error {
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
		if part.FileName() != "" || part.FormName() == FieldFiles {
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

// unreadable lets the limits pass.
func unreadable(err error) error {
	if cutOff(err) {
		return err
	}
	return failure.New(failure.KindInvalid, "The form could not be read.", err)
}
