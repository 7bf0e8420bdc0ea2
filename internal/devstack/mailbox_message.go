package devstack

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// multipartDepth bounds how deep parts are looked for inside parts.
const multipartDepth = 10

// MessageSummary is what a list shows of a message, decoded.
type MessageSummary struct {
	ID         string
	From       string
	To         []string // the header's, as "Name <address>"
	Recipients []string // those it was handed over for, hidden ones included
	Subject    string
	Date       time.Time // the header's; zero when it has none
	Received   time.Time
}

// Message is a message with its parts decoded to UTF-8.
type Message struct {
	MessageSummary
	Header      mail.Header
	Text        string // the first text/plain part
	HTML        string // the first text/html part
	Attachments []Attachment
	Problem     string // what could not be read of it; the rest is there
	Raw         []byte // as it was sent, after a line for its sender and for each recipient
}

// Attachment is any other part of a message.
type Attachment struct {
	Name      string
	Type      string
	ContentID string
	Data      []byte
}

// parseMessage reads as much of a message as can be read: a malformed one is what a developer most needs to see.
func parseMessage(id string, received time.Time, raw []byte) Message {
	m := Message{MessageSummary: MessageSummary{ID: id, Received: received}, Raw: raw}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Problem = fmt.Sprintf("The header cannot be read: %v", err)
		m.Text = strings.ToValidUTF8(string(raw), "\uFFFD")
		return m
	}
	m.Header = parsed.Header
	m.Subject = decodeWords(parsed.Header.Get("Subject"))
	m.Recipients = parsed.Header["Delivered-To"]
	m.To = addresses(parsed.Header["To"])
	if from := addresses(parsed.Header["From"]); len(from) > 0 {
		m.From = strings.Join(from, ", ")
	}
	if date, err := parsed.Header.Date(); err == nil {
		m.Date = date
	}
	if err := m.addPart(textproto.MIMEHeader(parsed.Header), parsed.Body, multipartDepth); err != nil {
		m.Problem = fmt.Sprintf("Part of it cannot be read: %v", err)
	}
	return m
}

// addPart files a part, or the parts in it, under text, HTML or attachments.
func (m *Message) addPart(header textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // what RFC 2045 says a part is that does not tell
	}
	if strings.HasPrefix(kind, "multipart/") && depth > 0 {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.addPart(part.Header, part, depth-1); err != nil {
				return err
			}
		}
	}
	data, err := io.ReadAll(decodeTransfer(header.Get("Content-Transfer-Encoding"), body))
	disposition, extra, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	name := decodeWords(extra["filename"])
	if name == "" {
		name = decodeWords(params["name"])
	}
	switch {
	case disposition != "attachment" && kind == "text/plain" && m.Text == "":
		m.Text = decodeCharset(params["charset"], data)
	case disposition != "attachment" && kind == "text/html" && m.HTML == "":
		m.HTML = decodeCharset(params["charset"], data)
	default:
		m.Attachments = append(m.Attachments, Attachment{
			Name: name, Type: kind, ContentID: strings.Trim(header.Get("Content-Id"), "<> "), Data: data,
		})
	}
	return err
}

func decodeTransfer(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body) // skips the line ends
	default:
		return body
	}
}

func decodeCharset(charset string, data []byte) string {
	if charset != "" {
		if r, err := charsetReader(charset, bytes.NewReader(data)); err == nil {
			if decoded, err := io.ReadAll(r); err == nil {
				data = decoded
			}
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(data), "\uFFFD"), "\r\n", "\n")
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return encoding.NewDecoder().Reader(r), nil
}

// decodeWords decodes the "=?UTF-8?Q?...?=" of RFC 2047; what cannot be decoded stays as it is.
func decodeWords(s string) string {
	words := mime.WordDecoder{CharsetReader: charsetReader}
	decoded, err := words.DecodeHeader(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return decoded
}

// addresses reads the addresses of a header as a person would write them.
func addresses(fields []string) []string {
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	var all []string
	for _, field := range fields {
		list, err := parser.ParseList(field)
		if err != nil {
			all = append(all, decodeWords(field))
			continue
		}
		for _, a := range list {
			if a.Name == "" {
				all = append(all, a.Address)
			} else {
				all = append(all, fmt.Sprintf("%s <%s>", a.Name, a.Address))
			}
		}
	}
	return all
}
