package inbound

import (
	"bytes"
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/ticket"
)

// As on the form. Smaller pictures inside a text are signs and signatures.
const (
	maxFiles    = 20
	maxFileSize = 10 << 20
	smallInline = 2 << 10
)

// store keeps what came with a mail as the form does: kinds of file that may be attached, by their content. It names what it left out,
// which is in the mail still.
func (d *Desk) store(ctx context.Context, parts []part) (kept []ticket.Attachment, left []string, err error) {
	for i, p := range parts {
		name := p.name
		if name == "" {
			name = "file-" + strconv.Itoa(i+1)
		}
		kind, ok, err := files.Sniff(bytes.NewReader(p.content), int64(len(p.content)))
		switch {
		case err != nil:
			return nil, nil, err
		case p.inline && len(p.content) < smallInline && ok && strings.HasPrefix(string(kind), "image/"):
			continue
		case !ok || len(p.content) > maxFileSize || len(kept) == maxFiles || d.Files == nil:
			left = append(left, name)
			continue
		}
		stored, err := d.Files.Put(ctx, bytes.NewReader(p.content))
		if err != nil {
			return nil, nil, err
		}
		if extension := strings.ToLower(path.Ext(name)); extension != kind.Extension() && (kind != files.JPEG || extension != ".jpeg") {
			name += kind.Extension()
		}
		scan := ticket.ScanNone
		if d.HoldFiles {
			scan = ticket.ScanWaiting
		}
		kept = append(kept, ticket.Attachment{
			Name: name, MediaType: string(kind), Size: stored.Size, SHA256: stored.SHA256, StorageKey: stored.Key, Scan: scan,
		})
	}
	return kept, left, nil
}
