package inbound

import (
	"errors"
	"regexp"
	"strings"

	"github.com/askwell/askwell/internal/files"
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
	header      header
	ids         []string // the Message-IDs that it answers to
	fromName    string
	fromAddress string
	replyTo     mailbox  // where it says that answers go; empty for nowhere else
	to          []string // every address that the header says it was sent to
	subject     string
	text        string // the whole, with what was quoted
	forwarded   string // the text of mails that are attached
	calendar    string // the words of an invitation
	attached    string // the words of texts that are attached as files
	parts       []part
	encrypted   bool
	dropped     bool     // something in it was not read: it stands in the mail alone
	damaged     []string // what could be read only in part: names of files, "" for the text
	report      *report
}

// part is what came with the text.
type part struct {
	name    string
	inline  bool
	damaged bool
	content []byte
	kind    files.Type // of one that a message takes over
}

// readLetter reads a mail. Errors: errUnreadable, errTooLarge; what could be read comes back with them.
func readLetter(raw []byte) (l letter, err error) {
	e := parseEntity(raw)
	l.header = e.header
	l.readHeader()
	if l.fromAddress == "" && l.subject == "" && l.header.get("Date") == "" && l.header.get("Message-Id") == "" && l.header.get("Received") == "" {
		return l, errUnreadable // no mail at all
	}
	w := walker{letter: &l}
	l.text, err = w.entity(e, 0)
	for _, instead := range []string{l.attached, l.calendar} {
		if strings.TrimSpace(l.text) == "" {
			l.text = instead
		}
	}
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

func (l *letter) readHeader() {
	from := firstMailbox(l.header.get("From"))
	l.fromName, l.fromAddress = from.name, from.address
	l.replyTo = firstMailbox(l.header.get("Reply-To"))
	l.subject = oneLine(headerText(l.header.get("Subject")))
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To", "Resent-To"} {
		for _, value := range l.header.all(name) {
			l.to = append(l.to, addressesIn(value)...)
		}
	}
	for _, name := range []string{"In-Reply-To", "References"} {
		l.ids = append(l.ids, l.header.get(name))
	}
}

// walker collects the text and the other parts of a mail.
type walker struct {
	*letter
	parts int
}

// entity gives the text of an entity.
func (w *walker) entity(e entity, depth int) (string, error) {
	if w.parts++; w.parts > maxParts || depth > maxDepth {
		return "", errTooLarge
	}
	kind, params := e.kind()
	if strings.HasPrefix(kind, "multipart/") {
		if parts := e.parts(params["boundary"]); len(parts) > 0 {
			return w.multipart(parts, kind, params, depth)
		}
		kind = "text/plain" // it has no parts: what stands there is read
	}
	disposition, dparams := media(e.header.get("Content-Disposition"))
	name := fileName(headerText(dparams["filename"]), headerText(params["name"]))
	isText := (kind == "text/plain" || kind == "text/html") || strings.HasPrefix(kind, "text/") && name == ""
	switch {
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		if w.report == nil {
			return w.textOf(e, kind, params), nil // of a report that somebody passes on
		}
		w.status(e)
		return "", nil
	case kind == "text/rfc822-headers" || kind == "message/rfc822-headers" || kind == "message/global-headers":
		if w.report == nil {
			return w.textOf(e, kind, params), nil
		}
		w.returned(e)
		return "", nil
	case kind == "message/rfc822" || kind == "message/global":
		return "", w.enclosed(e, depth)
	case kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime":
		return w.sealed(e, name, depth)
	case kind == "application/pkcs7-signature" || kind == "application/x-pkcs7-signature" || kind == "application/pgp-signature":
		return "", nil // it says nothing to a person
	case kind == "text/calendar":
		content, _ := e.content()
		w.calendar = calendarText(decoded(content, params["charset"]))
		w.file(e, fileName(name, "invitation.ics"), disposition)
		return "", nil
	case isText && disposition != "attachment":
		return w.textOf(e, kind, params), nil
	case kind == "text/plain" || kind == "text/html":
		content, _ := e.content()
		w.attached += "\n\n" + textIn(content[:min(len(content), maxText)], kind, params)
	}
	w.file(e, name, disposition)
	return "", nil
}

// file takes a part over that is no text of the mail's own.
func (w *walker) file(e entity, name, disposition string) {
	content, damaged := e.content()
	if len(content) > maxPartSize {
		content, w.dropped = content[:maxPartSize], true
	}
	p := part{name: name, inline: disposition == "inline" || e.header.get("Content-Id") != "", content: content, damaged: damaged}
	if damaged {
		w.damaged, w.dropped = append(w.damaged, p.called(len(w.letter.parts))), true
	}
	w.letter.parts = append(w.letter.parts, p)
}

// multipart reads the parts of one entity.
func (w *walker) multipart(parts []entity, kind string, params map[string]string, depth int) (string, error) {
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
	for _, e := range parts {
		if of, _ := e.kind(); kind == "multipart/alternative" && of == "text/x-amp-html" {
			continue // for programs
		}
		text, err := w.entity(e, depth+1)
		if err != nil {
			return "", err
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if kind == "multipart/alternative" && len(texts) > 0 {
			text, texts = richer(texts[0], text), nil
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n\n"), nil
}

// richer gives the text of two alternatives: the plainer one, which comes first (RFC 2046, 5.1.4), unless it leaves out what the other says.
// Where each says what the other does not, both.
func richer(plain, other string) string {
	switch {
	case !lacks(plain, other):
		return plain
	case saysMore(plain, other):
		return plain + "\n\n" + other
	}
	return other
}

// lacks reports whether a text leaves out a good deal, or most, of what another says.
func lacks(text, other string) bool {
	words, unknown := unknownWords(other, text)
	return saysMore(other, text) || words > 3 && unknown*2 > words
}

// saysMore reports whether one form of a text holds a good deal that the other does not.
func saysMore(other, taken string) bool {
	words, unknown := unknownWords(other, taken)
	return unknown > 10 && unknown*5 > words
}

func unknownWords(text, in string) (words, unknown int) {
	known := map[string]bool{}
	for _, word := range wordsOf(in) {
		known[word] = true
	}
	for _, word := range wordsOf(text) {
		words++
		if !known[word] {
			unknown++
		}
	}
	return words, unknown
}

func (w *walker) textOf(e entity, kind string, params map[string]string) string {
	content, damaged := e.content()
	if damaged {
		w.damaged, w.dropped = append(w.damaged, ""), true
	}
	if len(content) > maxText {
		content, w.dropped = content[:maxText], true
	}
	return textIn(content, kind, params)
}

func textIn(content []byte, kind string, params map[string]string) string {
	switch {
	case kind == "text/html":
		return htmlText(decodedHTML(content, params["charset"]))
	case strings.EqualFold(params["format"], "flowed"):
		return unflowed(decoded(content, params["charset"]), strings.EqualFold(params["delsp"], "yes"))
	}
	return decoded(content, params["charset"])
}

// enclosed reads a mail inside the mail: the one that a report is about, or one that was forwarded.
func (w *walker) enclosed(e entity, depth int) error {
	if w.report != nil {
		w.returned(e)
		return nil
	}
	content, _ := e.content()
	inner := parseEntity(content)
	text, err := w.entity(inner, depth+1)
	if text = strings.TrimSpace(text); text != "" {
		w.forwarded += "\n\n---------- " + oneLine(headerText(inner.header.get("Subject"))) + "\n" + text
	}
	return err
}

// calendarText is what an invitation says to a person (RFC 5545).
func calendarText(source string) string {
	var lines []string
	for line := range strings.SplitSeq(calendarFolding.ReplaceAllString(source, ""), "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, _, _ = strings.Cut(strings.ToUpper(name), ";")
		switch name {
		case "SUMMARY", "LOCATION", "DESCRIPTION", "DTSTART":
			lines = append(lines, calendarEscapes.Replace(value))
		}
	}
	return strings.Join(lines, "\n")
}

var calendarFolding = regexp.MustCompile(`\r?\n[ \t]`)

var calendarEscapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)
