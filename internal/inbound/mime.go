package inbound

import (
	"bytes"
	"encoding/base64"
	"mime"
	"regexp"
	"strings"
)

// Mails break RFC 5322, 2045 and 2046 in every way, and a strict reader loses what stands behind the first fault. This one reads what stands
// there: a line of a header that is none, a part whose boundary is not closed, text that is badly encoded. It never fails.

// header is the fields at the top of an entity, in their order.
type header []field

// field has its value unfolded, in the bytes in which it came.
type field struct{ name, value string }

// maxField bounds a field, in bytes: what is longer is an attack, and folding it would take for ever.
const maxField = 64 << 10

// get gives the first field of a name, in whatever case; "" when there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// all gives every field of a name.
func (h header) all(name string) (values []string) {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// entity is a mail, or a part of one, not decoded.
type entity struct {
	header header
	body   []byte
}

var fieldLine = regexp.MustCompile(`^([!-9;-~]+)[ \t]*:(.*)$`)

// parseEntity tells header and body apart. A line of the header that is no field belongs to the one above it; after the last field such lines
// are the body, whose empty line was forgotten.
func parseEntity(raw []byte) (e entity) {
	rest := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF")), "\r\n")
	if bytes.HasPrefix(rest, []byte("From ")) || bytes.HasPrefix(rest, []byte(">From ")) { // of a mailbox file
		_, rest = cutLine(rest)
	}
	e.body = rest
	var pending []string // lines that are no fields, since the last that is one
	for len(rest) > 0 {
		line, after := cutLine(rest)
		text := string(bytes.TrimRight(line, "\r\n"))
		f := fieldLine.FindStringSubmatch(text)
		switch {
		case text == "" && len(pending) == 0:
			e.body = after
			return e
		case text == "":
			return e
		case (text[0] == ' ' || text[0] == '\t') && len(e.header) > 0 && len(pending) == 0:
			e.header.extend(text)
		case f != nil:
			for _, line := range pending {
				e.header.extend(line)
			}
			pending = nil
			e.header = append(e.header, field{f[1], strings.TrimSpace(f[2][:min(len(f[2]), maxField)])})
		case len(e.header) == 0:
			return e // it has no header
		default:
			pending, rest = append(pending, text), after
			continue
		}
		e.body, rest = after, after
	}
	return e
}

func (h header) extend(line string) {
	last := &h[len(h)-1]
	if len(last.value)+len(line) > maxField {
		return
	}
	last.value = strings.TrimSpace(last.value + " " + strings.TrimSpace(line))
}

// cutLine cuts behind the first end of a line.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}

var parameter = regexp.MustCompile(`;?\s*([\w*.-]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;\s]+)`)

// media reads a field like Content-Type. One that breaks the rules has the parameters that can be told apart.
func media(value string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(value)
	if err == nil {
		return kind, params
	}
	value = strings.TrimSpace(value)
	end := strings.IndexAny(value+";", "; \t")
	kind, rest := strings.ToLower(value[:end]), value[end:]
	params = map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(rest, -1) {
		params[strings.ToLower(strings.TrimRight(m[1], "*"))] = strings.Trim(m[2], `"`)
	}
	return kind, params
}

// kind is what the entity says it is. What says nothing, or nothing that means anything, is text (RFC 2045, 5.2).
func (e entity) kind() (kind string, params map[string]string) {
	kind, params = media(e.header.get("Content-Type"))
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	return kind, params
}

// content is the body decoded; damaged when something in it is no such encoding, and was passed over.
func (e entity) content() (content []byte, damaged bool) {
	encoding, _, _ := strings.Cut(e.header.get("Content-Transfer-Encoding"), ";")
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		if isProse(e.body) {
			return e.body, true
		}
		return unbase64(e.body)
	case "quoted-printable":
		return unquoted(e.body), false
	}
	return e.body, false
}

// isProse reports whether what is said to be base64 is a text as it stands: one sign in twenty is none of its letters, or stands between words.
func isProse(text []byte) bool {
	signs, foreign := 0, 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		signs += len(line)
		for _, c := range line {
			if !isBase64(c) && c != '=' {
				foreign++
			}
		}
	}
	return foreign*20 > signs
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// unbase64 passes over what is none of its letters, and begins anew behind each end.
func unbase64(text []byte) (content []byte, damaged bool) {
	var block []byte
	flush := func() {
		if len(block)%4 == 1 {
			block, damaged = block[:len(block)-1], true
		}
		decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(block)))
		n, err := base64.RawStdEncoding.Decode(decoded, block)
		content, damaged, block = append(content, decoded[:n]...), damaged || err != nil, block[:0]
	}
	for _, c := range text {
		switch {
		case isBase64(c):
			block = append(block, c)
		case c == '=':
			flush()
		case c != '\r' && c != '\n' && c != ' ' && c != '\t':
			damaged = true
		}
	}
	flush()
	return content, damaged
}

// unquoted reads quoted-printable. What is no escape stands for itself.
func unquoted(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		bare := bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(bare, []byte("="))
		if soft {
			bare = bare[:len(bare)-1]
		}
		for i := 0; i < len(bare); i++ {
			if bare[i] == '=' && i+2 < len(bare) {
				if high, low := hexDigit(bare[i+1]), hexDigit(bare[i+2]); high >= 0 && low >= 0 {
					out.WriteByte(byte(high<<4 | low))
					i += 2
					continue
				}
			}
			out.WriteByte(bare[i])
		}
		if !soft && bytes.HasSuffix(line, []byte("\n")) {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789ABCDEF", c&^(c&0x40>>1)) }

// parts are those of a multipart entity; without a boundary that stands in it there are none. What stands before the first is for readers that
// know no parts, and what is empty is none.
func (e entity) parts(boundary string) (parts []entity) {
	if boundary = e.boundary(boundary); boundary == "" {
		return nil
	}
	var part []byte
	in := false
	end := func() {
		if in && len(bytes.TrimSpace(part)) > 0 {
			parts = append(parts, parsePart(part))
		}
		part = nil
	}
	for rest := e.body; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if delimiter, closing := delimits(line, boundary); delimiter {
			part = bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r")) // which belong to the boundary
			end()
			in = !closing
			continue
		}
		if in {
			part = append(part, line...)
		}
	}
	end()
	return parts
}

// boundary is the one that stands in the body: the one that the header names, or else one that can be guessed; "" for none.
func (e entity) boundary(named string) string {
	if standsIn(e.body, named) {
		return named
	}
	return guessed(e.body)
}

// parsePart is parseEntity for a part, which may have no header: then it begins with an empty line.
func parsePart(raw []byte) entity {
	if raw[0] == '\n' || raw[0] == '\r' {
		_, body := cutLine(raw)
		return entity{body: body}
	}
	return parseEntity(raw)
}

// delimits reports whether a line is a boundary's, and whether it closes. RFC 2046, 5.1.1.
func delimits(line []byte, boundary string) (is, closing bool) {
	rest, is := strings.CutPrefix(strings.TrimRight(string(line), " \t\r\n"), "--"+boundary)
	return is && (rest == "" || rest == "--"), rest == "--"
}

func standsIn(body []byte, boundary string) bool {
	if boundary == "" {
		return false
	}
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if is, _ := delimits(line, boundary); is {
			return true
		}
	}
	return false
}

var delimiterLine = regexp.MustCompile(`(?m)^--([0-9A-Za-z'()+_,./:=?-]{1,70})[ \t]*\r?$`)

// guessed finds the boundary of a mail that names another, or none: the first line that looks like one and is followed by a field of a part.
func guessed(body []byte) string {
	for _, at := range delimiterLine.FindAllSubmatchIndex(body, 50) {
		_, after := cutLine(body[at[1]:])
		line, _ := cutLine(after)
		if bytes.HasPrefix(bytes.ToLower(line), []byte("content-")) {
			return string(body[at[2]:at[3]])
		}
	}
	return ""
}
