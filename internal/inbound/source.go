package inbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// Source hands a mail to a member of staff as it came, byte for byte; where a Social Security or card number stands in its header or a
// text, that is masked, and masked says so. The scanner, where there is one, looks first, as with a file. Who fetched it is recorded with the mail, and in the
// history of its ticket. For staff who may answer tickets. Errors: not_found, also for a mail whose raw form was swept; forbidden when there is a virus
// in it; unavailable while the scanner is; conflict when no key opens it.
func (d *Desk) Source(ctx context.Context, by, id int64) (source []byte, masked bool, err error) {
	m, err := d.read(ctx, id)
	if err == nil && len(m.Raw) == 0 {
		err = failure.NotFound("The source of this mail is no longer kept.")
	}
	if err != nil {
		return nil, false, fmt.Errorf("fetch the source of mail %d: %w", id, err)
	}
	if _, err := d.scan(ctx, m.Raw); err != nil {
		return nil, false, fmt.Errorf("fetch the source of mail %d: %w", id, err)
	}
	var reference string
	err = d.DB.QueryRow(ctx, `
		WITH fetched AS (INSERT INTO inbound_event (mail_id, kind, staff_id, at) VALUES ($1, 'source_fetched', $2, now()))
		SELECT COALESCE(t.reference, '') FROM inbound_mail m LEFT JOIN ticket t ON t.id = m.ticket_id WHERE m.id = $1`, id, by).Scan(&reference)
	if err == nil && reference != "" {
		err = d.Tickets.RecordFetched(ctx, ticket.Staff(by), reference, ticket.EventMailSourceFetched, id)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, false, fmt.Errorf("fetch the source of mail %d: %w", id, postgres.Failure(err))
	}
	source = maskedSource(m.Raw, 0)
	return source, !bytes.Equal(source, m.Raw), nil
}

// maskedSource is the source of an entity without the numbers that must not be shown. What holds none stays as it is, to the byte.
func maskedSource(raw []byte, depth int) []byte {
	e := parseEntity(raw)
	head := raw[:len(raw)-len(e.body)]
	kind, params := e.kind()
	switch {
	case depth > maxDepth:
		return raw
	case strings.HasPrefix(kind, "multipart/"):
		if boundary := e.boundary(params["boundary"]); boundary != "" {
			return append(maskedBytes(head), maskedParts(e.body, boundary, depth)...)
		}
		kind = "text/plain"
	case kind == "message/rfc822" || kind == "message/global":
		content, _ := e.content()
		if inner := maskedSource(content, depth+1); !bytes.Equal(inner, content) {
			return rewritten(head, kind, inner)
		}
	}
	if strings.HasPrefix(kind, "text/") {
		content, _ := e.content()
		if text := decoded(content, params["charset"]); masked(text) != text {
			return rewritten(head, kind, []byte(masked(text)))
		}
	}
	return append(maskedBytes(head), e.body...)
}

// maskedParts masks each part between the boundaries, and what stands around them.
func maskedParts(body []byte, boundary string, depth int) []byte {
	var out, part []byte
	in := false
	end := func() {
		if !in {
			out = append(out, maskedBytes(part)...)
		} else if len(part) > 0 {
			out = append(out, maskedPart(part, depth)...)
		}
		part = nil
	}
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if delimiter, closing := delimits(line, boundary); delimiter {
			end()
			out, in = append(out, line...), !closing
			continue
		}
		part = append(part, line...)
	}
	end()
	return out
}

// maskedPart is maskedSource for a part, which may have no header.
func maskedPart(part []byte, depth int) []byte {
	if part[0] == '\n' || part[0] == '\r' {
		return maskedBytes(part)
	}
	return maskedSource(part, depth+1)
}

// maskedBytes masks what is a text as it stands.
func maskedBytes(b []byte) []byte {
	if !utf8.Valid(b) {
		return bytes.Clone(b) // numbers are ASCII, and stand in fields that are as well
	}
	return []byte(masked(string(b)))
}

// rewritten is an entity whose content was masked: it says what it is now.
func rewritten(head []byte, kind string, content []byte) []byte {
	var out bytes.Buffer
	dropping := false
	for line := range bytes.Lines(maskedBytes(head)) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(bytes.ToLower(line), []byte(":"))
			name = bytes.TrimSpace(name)
			dropping = string(name) == "content-type" || string(name) == "content-transfer-encoding"
		}
		if !dropping {
			out.Write(line)
		}
	}
	charset := "; charset=utf-8"
	if strings.HasPrefix(kind, "message/") {
		charset = ""
	}
	fmt.Fprintf(&out, "Content-Type: %s%s\r\nContent-Transfer-Encoding: 8bit\r\nX-Askwell-Masked: yes\r\n\r\n", kind, charset)
	out.Write(content)
	if !bytes.HasSuffix(content, []byte("\n")) {
		out.WriteString("\r\n")
	}
	return out.Bytes()
}
