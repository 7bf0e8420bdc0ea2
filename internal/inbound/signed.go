package inbound

import "bytes"

// The object identifiers of RFC 5652 by which an S/MIME part says what it is, in their encoding.
const (
	oidSigned  = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidWrapped = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" // enveloped: encrypted
)

// sealed reads an S/MIME part (RFC 8551): what is signed is a mail's content as any other, what is encrypted nobody here can read. The signature
// proves nothing to us. One that is broken, or packed in another way, is a file.
func (w *walker) sealed(e entity, name string, depth int) (string, error) {
	content, damaged := e.content()
	if head := content[:min(len(content), 64)]; bytes.Contains(head, []byte(oidWrapped)) {
		w.encrypted = true
		return "", nil
	}
	if inner, ok := signedContent(content); ok {
		w.dropped = w.dropped || damaged
		return w.entity(parseEntity(inner), depth+1)
	}
	w.file(e, fileName(name, "smime.p7m"), "attachment")
	last := &w.letter.parts[len(w.letter.parts)-1]
	if !last.damaged {
		last.damaged, w.dropped = true, true
		w.damaged = append(w.damaged, last.name)
	}
	return "", nil
}

// The tags of ASN.1 that lead to what is signed.
const (
	tagOID         = 0x06
	tagOctets      = 0x04
	tagOctetChunks = 0x24
	tagSequence    = 0x30
	tagSet         = 0x31
	tagInteger     = 0x02
	tagExplicit0   = 0xA0
)

// signedContent finds what a CMS signed-data holds (RFC 5652, 3 and 5): ContentInfo, SignedData, EncapsulatedContentInfo, octets.
func signedContent(cms []byte) (content []byte, ok bool) {
	info, ok := inside(cms, tagSequence)
	if !ok {
		return nil, false
	}
	tag, oid, rest, ok := element(info, 0)
	if !ok || tag != tagOID || string(oid) != oidSigned {
		return nil, false
	}
	data, _ := inside(rest, tagExplicit0, tagSequence)
	for _, skipped := range []byte{tagInteger, tagSet} { // its version, and the algorithms
		var found byte
		if found, _, data, ok = element(data, 0); !ok || found != skipped {
			return nil, false
		}
	}
	encapsulated, ok := inside(data, tagSequence)
	if !ok {
		return nil, false
	}
	if tag, _, rest, ok = element(encapsulated, 0); !ok || tag != tagOID {
		return nil, false
	}
	if content, ok = inside(rest, tagExplicit0); ok {
		content = octets(content, 0)
	}
	return content, len(content) > 0
}

// inside gives the content of the first element, and of the first in that, by their tags.
func inside(b []byte, tags ...byte) ([]byte, bool) {
	for _, want := range tags {
		tag, content, _, ok := element(b, 0)
		if !ok || tag != want {
			return nil, false
		}
		b = content
	}
	return b, true
}

// octets joins the chunks of an octet string.
func octets(b []byte, depth int) (content []byte) {
	for len(b) > 0 && depth < deepestElement {
		tag, inner, rest, ok := element(b, depth)
		switch {
		case ok && tag == tagOctets:
			content = append(content, inner...)
		case ok && tag == tagOctetChunks:
			content = append(content, octets(inner, depth+1)...)
		default:
			return content
		}
		b = rest
	}
	return content
}

// deepestElement is where elements within elements are no longer looked at: what asks for more is no mail.
const deepestElement = 16

// element reads one element of BER (X.690): its tag, its content, and what follows it. One that is cut off ends where the bytes do.
func element(b []byte, depth int) (tag byte, content, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1F == 0x1F || depth > deepestElement {
		return 0, nil, nil, false
	}
	tag, size, b := b[0], int(b[1]), b[2:]
	switch {
	case size == 0x80: // its end is marked
		for inner := b; ; {
			if bytes.HasPrefix(inner, []byte{0, 0}) {
				return tag, b[:len(b)-len(inner)], inner[2:], true
			}
			if _, _, inner, ok = element(inner, depth+1); !ok {
				return tag, b, nil, depth == 0 && len(b) > 0
			}
		}
	case size > 0x84:
		return 0, nil, nil, false
	case size > 0x80:
		n := size & 0x7F
		if len(b) < n {
			return 0, nil, nil, false
		}
		size = 0
		for _, c := range b[:n] {
			size = size<<8 | int(c)
		}
		b = b[n:]
	}
	size = min(size, len(b))
	return tag, b[:size], b[size:], true
}
