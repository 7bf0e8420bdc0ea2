package form

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// Accept is what a field for files offers to choose from.
const Accept = ".pdf,.jpg,.jpeg,.png,.heic,.heif,.docx,application/pdf,image/jpeg,image/png,image/heic"

// FileView is a file that waits to be sent with the form, for the partial staged-files.
type FileView struct {
	Key, Name, Size, Staged string
}

// FileViews are the form's files, to be shown and sent again.
func (r *Reader) FileViews(t *messages.Printer, f *Sent) (views []FileView) {
	for _, file := range f.Files {
		views = append(views, FileView{Key: file.Key, Name: file.Name, Size: SizeText(t, file.Size), Staged: file.Seal(r.Seal, f.Token)})
	}
	return views
}

// SizeText writes a file's size as people compare it with the limit.
func SizeText(t *messages.Printer, size int64) string {
	if size < 1<<20 {
		return t.T("public.size.kb", "size", max(1, (size+1023)>>10))
	}
	return t.T("public.size.mb", "size", float64(size)/(1<<20))
}

// Texts writes problems for the error summary, and for beside their fields.
func Texts(t *messages.Printer, area string, wrong []Problem) (summary []page.Problem, beside map[string]string) {
	beside = map[string]string{}
	for _, w := range wrong {
		text := w.Text(t, area)
		summary = append(summary, page.Problem{Field: w.Field, Text: text})
		if beside[w.Field] != "" {
			text = beside[w.Field] + " " + text
		}
		beside[w.Field] = text
	}
	return summary, beside
}

// CutOff is for a form that was larger than its route takes: it says so, and gives it a token if its own was lost with the rest.
func (r *Reader) CutOff(f *Sent) {
	f.FileProblems = append(f.FileProblems, Problem{FieldFiles, "too_large_together_hint", []any{"limit", MaxFiles, "size", MaxFileSize >> 20}})
	if f.Token.Text == "" {
		f.Token = r.Seal.NewToken(r.Now())
	}
}

// Renew gives a form whose token is old, or none of ours, another one, as if it had been made at that moment, with files of its own. The
// problem says so.
func (r *Reader) Renew(ctx context.Context, f *Sent, made time.Time) (stale Problem) {
	f.Token = r.Seal.NewToken(made)
	copies, err := r.copyFiles(ctx, f.Files)
	if err != nil {
		r.Logger.Warn("staged files were lost", slog.Any("error", err))
		f.FileProblems = append(f.FileProblems, Problem{FieldFiles, "lost", nil})
	}
	f.Files = copies
	return Problem{Field: FieldToken, Code: "stale"}
}

// WaitText rounds up to minutes, for people.
func WaitText(t *messages.Printer, wait time.Duration) string {
	return t.T("public.wait", "count", max(1, int((wait+time.Minute-1)/time.Minute)))
}

// RetryAfter says the same to programs.
func RetryAfter(c *gin.Context, wait time.Duration) {
	c.Header("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}
