package inbound

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the character sets of the world
	netmail "github.com/emersion/go-message/mail"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
)

// The most that a mail may have before a person looks at it first.
const (
	maxParts    = 100
	maxDepth    = 12
	maxText     = 1 << 20 // bytes of text that are read; what comes after is kept with the mail alone
	maxPartSize = 30 << 20
)

var (
	errUnreadable = errors.New("the mail cannot be read")
	errTooLarge   = errors.New("the mail has too many parts")
)

// letter is what was read of a mail.
type letter struct {
	header      netmail.Header
	ids         []string // the Message-IDs that it answers to
	fromName    string
	fromAddress string
	to          []string // every address that the header says it was sent to
	subject     string
	text        string // the whole, with what was quoted
	forwarded   string // the text of mails that are attached
	parts       []part
	encrypted   bool
	dropped     bool // something in it was not read: it stands in the mail alone
	report      *report
}

// part is what came with the text.
type part struct {
	name    string
	inline  bool
	content []byte
	kind    files.Type // of one that a message takes over
}

// readLetter reads a mail. Errors: errUnreadable, errTooLarge; what could be read comes back with them.
func readLetter(raw []byte) (l letter, err error) {
	entity, err := message.Read(bytes.NewReader(raw))
	if entity == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return l, errUnreadable
	}
	l.header = netmail.Header{Header: entity.Header}
	l.readHeader(raw)
	if l.fromAddress == "" && l.subject == "" && l.header.Get("Date") == "" && l.header.Get("Message-Id") == "" && l.header.Get("Received") == "" {
		return l, errUnreadable // no mail at all
	}
	w := walker{letter: &l}
	l.text, err = w.entity(entity, 0)
	if err == nil && strings.ContainsRune(l.text, '\uFFFD') && badShare(l.text) {
		err = errUnreadable
	}
	return l, err
}

// badShare reports whether so much of a text cannot be read that it says nothing.
func badShare(s string) bool {
	bad := strings.Count(s, "\uFFFD")
	return bad > 20 && bad*3 > len([]rune(s))
}

func (l *letter) readHeader(raw []byte) {
	header, _ := split(raw)
	if from, err := l.header.AddressList("From"); err == nil && len(from) == 1 {
		l.fromName, l.fromAddress = oneLine(from[0].Name), from[0].Address
	} else if address := looseAddress(rawField(header, "from")); len(from) == 0 && address != "" {
		l.fromAddress = address
	}
	l.fromAddress = identifier.CleanEmail(l.fromAddress)
	if !strings.Contains(l.fromAddress, "@") || strings.ContainsAny(l.fromAddress, " \t\r\n<>,;") {
		l.fromAddress = ""
	}
	subject, err := l.header.Subject()
	if err != nil {
		subject = l.header.Get("Subject")
	}
	l.subject = oneLine(subject)
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To", "Resent-To"} {
		for fields := l.header.FieldsByKey(name); fields.Next(); {
			l.to = append(l.to, addressesIn(fields.Value())...)
		}
	}
	for _, name := range []string{"In-Reply-To", "References"} {
		l.ids = append(l.ids, l.header.Get(name))
	}
}

// walker collects the text and the other parts of a mail.
type walker struct {
	*letter
	parts int
}

// entity gives the text of an entity.
func (w *walker) entity(e *message.Entity, depth int) (string, error) {
	if w.parts++; w.parts > maxParts || depth > maxDepth {
		return "", errTooLarge
	}
	kind, params, err := e.Header.ContentType()
	if err != nil {
		kind = strings.ToLower(strings.TrimSpace(strings.SplitN(e.Header.Get("Content-Type"), ";", 2)[0]))
	}
	if mr := e.MultipartReader(); mr != nil {
		return w.multipart(mr, kind, params, depth)
	}
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := fileName(dparams["filename"], params["name"])
	switch {
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		if w.report == nil {
			return w.textOf(e, kind, params) // of a report that somebody passes on
		}
		return "", w.status(e)
	case kind == "text/rfc822-headers" || kind == "message/rfc822-headers" || kind == "message/global-headers":
		if w.report == nil {
			return w.textOf(e, kind, params)
		}
		return "", w.returned(e)
	case kind == "message/rfc822" || kind == "message/global":
		return "", w.enclosed(e, depth)
	case kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime":
		w.encrypted = true
		return "", nil
	case (kind == "" || strings.HasPrefix(kind, "text/")) && disposition != "attachment" && name == "":
		return w.textOf(e, kind, params)
	}
	content, err := io.ReadAll(io.LimitReader(e.Body, maxPartSize))
	if err != nil && len(content) == 0 {
		return "", errUnreadable
	}
	w.dropped = w.dropped || err != nil || len(content) == maxPartSize
	w.letter.parts = append(w.letter.parts, part{name: name, inline: disposition == "inline" || e.Header.Get("Content-Id") != "", content: content})
	return "", nil
}

// multipart reads the parts of one entity. Of alternatives the plain one is taken, unless there is nothing in it.
func (w *walker) multipart(mr message.MultipartReader, kind string, params map[string]string, depth int) (string, error) {
	switch kind {
	case "multipart/encrypted":
		w.encrypted = true
	case "multipart/report":
		if depth > 0 {
			break // in a mail that somebody passes on
		}
		if w.report == nil {
			w.report = &report{}
		}
		w.report.delivery = w.report.delivery || strings.EqualFold(params["report-type"], "delivery-status")
	}
	var texts []string
	for {
		e, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			if len(texts) > 0 {
				w.dropped = true
				break // cut off on the way: what came is read
			}
			return "", errUnreadable
		}
		text, err := w.entity(e, depth+1)
		if err != nil {
			return "", err
		}
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
		if kind == "multipart/alternative" && len(texts) > 1 {
			w.dropped = w.dropped || saysMore(texts[1], texts[0])
			texts = texts[:1] // RFC 2046, 5.1.4: the plainest comes first
		}
	}
	return strings.Join(texts, "\n\n"), nil
}

// saysMore reports whether one form of a text holds a good deal that the other does not.
func saysMore(other, taken string) bool {
	known := map[string]bool{}
	for word := range strings.FieldsSeq(taken) {
		known[word] = true
	}
	words, unknown := 0, 0
	for word := range strings.FieldsSeq(other) {
		words++
		if !known[word] {
			unknown++
		}
	}
	return unknown > 10 && unknown*5 > words
}

func (w *walker) textOf(e *message.Entity, kind string, params map[string]string) (string, error) {
	content, err := io.ReadAll(io.LimitReader(e.Body, maxText))
	if err != nil && len(content) == 0 {
		return "", errUnreadable
	}
	w.dropped = w.dropped || err != nil || len(content) == maxText || kind == "text/calendar"
	text := decoded(content, params["charset"])
	switch {
	case kind == "text/html":
		return htmlText(text), nil
	case kind == "text/calendar":
		return "", nil
	case strings.EqualFold(params["format"], "flowed"):
		return unflowed(text, strings.EqualFold(params["delsp"], "yes")), nil
	}
	return text, nil
}

// enclosed reads a mail inside the mail: the one that a report is about, or one that was forwarded.
func (w *walker) enclosed(e *message.Entity, depth int) error {
	if w.report != nil {
		return w.returned(e)
	}
	inner, err := message.Read(e.Body)
	if inner == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return nil
	}
	text, err := w.entity(inner, depth+1)
	if text = strings.TrimSpace(text); text != "" {
		subject, _ := inner.Header.Text("Subject")
		w.forwarded += "\n\n---------- " + oneLine(subject) + "\n" + text
	}
	return err
}
