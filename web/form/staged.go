package form

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/ticket"
)

// File is in the store and waits for its form to be sent. The form carries it, signed together with the form's token,
// so that nobody can attach a file that is not theirs and no table has to remember what may never be sent.
type File struct {
	Key    string     `json:"k"`
	Name   string     `json:"n"`
	Type   files.Type `json:"t"`
	Size   int64      `json:"s"`
	SHA256 []byte     `json:"h"`
}

// Seal writes the file for a hidden field of the form with this token.
func (f File) Seal(s Seal, t Token) string {
	data, err := json.Marshal(f)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	e := base64.RawURLEncoding
	return e.EncodeToString(data) + "." + e.EncodeToString(s.Sign("staged file", t.body, data))
}

// openStaged reads the hidden field; false when it was signed for another form, or by nobody.
func (s Seal) openStaged(text string, t Token) (f File, ok bool) {
	first, second, found := strings.Cut(text, ".")
	data, err := base64.RawURLEncoding.DecodeString(first)
	signature, errSignature := base64.RawURLEncoding.DecodeString(second)
	if !found || err != nil || errSignature != nil || t.body == nil || !s.Verify(signature, "staged file", t.body, data) {
		return File{}, false
	}
	return f, json.Unmarshal(data, &f) == nil
}

// attachment is the file as a message keeps it.
func (f File) attachment(scan ticket.Scan) ticket.Attachment {
	return ticket.Attachment{
		Name: f.Name, MediaType: string(f.Type), Size: f.Size, SHA256: f.SHA256, StorageKey: f.Key, Scan: scan,
	}
}

// copyFiles gives a form with a new token files of its own: two forms must not send the same one.
func (r *Reader) copyFiles(ctx context.Context, staged []File) ([]File, error) {
	var copies []File
	for _, f := range staged {
		file, err := r.Files.Open(ctx, f.Key)
		if err != nil {
			return copies, err
		}
		stored, err := r.Files.Put(ctx, file)
		file.Close()
		if err != nil {
			return copies, err
		}
		f.Key = stored.Key
		copies = append(copies, f)
	}
	return copies, nil
}
