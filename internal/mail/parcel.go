package mail

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// parcel is a mail as it leaves.
type parcel struct {
	from, to string // in angle brackets, as the commands have them
	utf8     bool   // an address has letters beyond ASCII before its @
	content  []byte
}

var errNoUTF8 = errors.New("the mail server lacks SMTPUTF8, and the address has letters beyond ASCII before its @")

// pack writes a mail as it leaves: folded, and signed where there is a key.
func (m *Mailer) pack(msg *gomail.Msg) (parcel, error) {
	from, err := msg.GetSender(false)
	if err != nil {
		return parcel{}, fmt.Errorf("read the sender: %w", err)
	}
	to, err := msg.GetRecipients()
	if err != nil {
		return parcel{}, fmt.Errorf("read the recipient: %w", err)
	}
	var content bytes.Buffer
	if _, err := msg.WriteTo(&content); err != nil {
		return parcel{}, fmt.Errorf("write the mail: %w", err)
	}
	p := parcel{from: from, to: to[0], utf8: !isASCII(from + to[0]), content: foldFirst(content.Bytes())}
	if m.dkim != nil {
		if p.content, err = m.dkim.sign(p.content); err != nil {
			return parcel{}, fmt.Errorf("sign the mail: %w", err)
		}
	}
	return p, nil
}

// lineWidth is that of a line with an encoded word (RFC 2047, 2).
const lineWidth = 76

// emptyFirst is a header field whose name stands alone in its line, before a word in Q encoding that was too long for it.
var emptyFirst = regexp.MustCompile(`(?m)^([!-9;-~]+:)\r\n (=\?[^?\s]+\?[qQ]\?)([^?\s]+)\?=`)

// foldFirst lets no field of the header begin with an empty line, which some servers take for its end: the word that was too long for the first line is
// cut in two there.
func foldFirst(mail []byte) []byte {
	head, body, found := bytes.Cut(mail, []byte("\r\n\r\n"))
	if !found {
		return mail
	}
	head = emptyFirst.ReplaceAllFunc(head, func(field []byte) []byte {
		part := emptyFirst.FindStringSubmatch(string(field))
		name, charset, text := part[1], part[2], part[3]
		at := runeStart(text, lineWidth-len(name)-1-len(charset)-2)
		if at <= 0 || at >= len(text) {
			return []byte(name + " " + charset + text + "?=")
		}
		return []byte(name + " " + charset + text[:at] + "?=\r\n " + charset + text[at:] + "?=")
	})
	return bytes.Join([][]byte{head, body}, []byte("\r\n\r\n"))
}

// runeStart is the last place at or before n at which a character of a text in Q encoding begins.
func runeStart(text string, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for ; n > 0; n-- {
		if n >= 1 && text[n-1] == '=' || n >= 2 && text[n-2] == '=' {
			continue // inside =XX
		}
		if text[n] == '=' && strings.ContainsRune("89ABab", rune(text[n+1])) {
			continue // a byte that goes on with a character of UTF-8
		}
		return n
	}
	return 0
}
