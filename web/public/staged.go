package public

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/ticket"
)

// stagedFile is in the store and waits for its inquiry to be sent. The form carries it, signed together with the form's token,
// so that nobody can attach a file that is not theirs and no table has to remember what may never be sent.
type stagedFile struct {
	Key    string     `json:"k"`
	Name   string     `json:"n"`
	Type   files.Type `json:"t"`
	Size   int64      `json:"s"`
	SHA256 []byte     `json:"h"`
}

// seal writes the file for a hidden field of the form with this token.
func (f stagedFile) seal(s seal, t token) string {
	data, err := json.Marshal(f)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	e := base64.RawURLEncoding
	return e.EncodeToString(data) + "." + e.EncodeToString(s.sign("staged file", t.body, data))
}

// openStaged reads the hidden field; false when it was signed for another form, or by nobody.
func (s seal) openStaged(text string, t token) (f stagedFile, ok bool) {
	first, second, found := strings.Cut(text, ".")
	data, err := base64.RawURLEncoding.DecodeString(first)
	signature, errSignature := base64.RawURLEncoding.DecodeString(second)
	if !found || err != nil || errSignature != nil || t.body == nil || !s.verify(signature, "staged file", t.body, data) {
		return stagedFile{}, false
	}
	return f, json.Unmarshal(data, &f) == nil
}

func (f stagedFile) attachment(scan ticket.Scan) ticket.Attachment {
	return ticket.Attachment{
		Name: f.Name, MediaType: string(f.Type), Size: f.Size, SHA256: f.SHA256, StorageKey: f.Key, Scan: scan,
	}
}

// copyStaged gives a form with a new token files of its own: two forms must not send the same one.
func (a *Area) copyStaged(ctx context.Context, staged []stagedFile) ([]stagedFile, error) {
	var copies []stagedFile
	for _, f := range staged {
		file, err := a.Files.Open(ctx, f.Key)
		if err != nil {
			return copies, err
		}
		stored, err := a.Files.Put(ctx, file)
		file.Close()
		if err != nil {
			return copies, err
		}
		f.Key = stored.Key
		copies = append(copies, f)
	}
	return copies, nil
}
