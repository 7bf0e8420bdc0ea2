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

// called is the name of the part that stands at a place among the mail's.
func (p part) called(place int) string {
	if p.name != "" {
		return p.name
	}
	return "file-" + strconv.Itoa(place+1)
}

func namesOf(parts []part) []string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.called(i)
	}
	return names
}

// sorted tells what came with a mail apart, as the form does: the kinds of file that may be attached, by their content, and what is left
// out. Neither holds the pictures of a signature. With take false all is left out: there is no message to attach it to.
func sorted(parts []part, take bool) (taken, left []part) {
	for i, p := range parts {
		p.name = p.called(i)
		kind, ok, err := files.Sniff(bytes.NewReader(p.content), int64(len(p.content)))
		switch {
		case p.inline && len(p.content) < smallInline && ok && strings.HasPrefix(string(kind), "image/"):
			continue
		case p.damaged || err != nil || !ok || !take || len(p.content) > maxFileSize || len(taken) == maxFiles:
			left = append(left, p)
			continue
		}
		if extension := strings.ToLower(path.Ext(p.name)); extension != kind.Extension() && (kind != files.JPEG || extension != ".jpeg") {
			p.name += kind.Extension()
		}
		p.kind = kind
		taken = append(taken, p)
	}
	return taken, left
}

// store puts what a message takes over of a mail's files into the store, and gives what is left out.
func (d *Desk) store(ctx context.Context, parts []part) (kept []ticket.Attachment, left []part, err error) {
	taken, left := sorted(parts, d.Files != nil)
	for _, p := range taken {
		stored, err := d.Files.Put(ctx, bytes.NewReader(p.content))
		if err != nil {
			return nil, nil, err
		}
		scan := ticket.ScanNone
		if d.HoldFiles {
			scan = ticket.ScanWaiting
		}
		kept = append(kept, ticket.Attachment{
			Name: p.name, MediaType: string(p.kind), Size: stored.Size, SHA256: stored.SHA256, StorageKey: stored.Key, Scan: scan,
		})
	}
	return kept, left, nil
}
