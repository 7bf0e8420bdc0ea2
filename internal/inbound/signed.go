package inbound

import (
	"bytes"

	"github.com/smallstep/pkcs7"
)

// The object identifiers of RFC 5652 that an S/MIME part begins with.
var (
	oidSigned     = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	oidCompressed = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09")
)

// sealed reads an S/MIME part: what is signed is text as any other, what is encrypted nobody here can read. The signature proves nothing to us. One
// that is broken is a file.
func (w *walker) sealed(e entity, name string, depth int) (string, error) {
	content, damaged := e.content()
	head := content[:min(len(content), 64)]
	if !bytes.Contains(head, oidSigned) && !bytes.Contains(head, oidCompressed) {
		w.encrypted = true
		return "", nil
	}
	if p7, err := pkcs7.Parse(content); err == nil && len(p7.Content) > 0 {
		w.dropped = w.dropped || damaged
		return w.entity(parseEntity(p7.Content), depth+1)
	}
	w.file(e, fileName(name, "smime.p7m"), "attachment")
	last := &w.letter.parts[len(w.letter.parts)-1]
	if !last.damaged {
		last.damaged, w.dropped = true, true
		w.damaged = append(w.damaged, last.name)
	}
	return "", nil
}
