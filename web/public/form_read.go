package public

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
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
