package inbound

import (
	"net/mail"
	"regexp"
	"strings"

	"github.com/askwell/askwell/internal/identifier"
)

// mailbox is somebody's name and address, as a field has them.
type mailbox struct{ name, address string }

// mailboxes reads a field of addresses; one that breaks the rules gives what stands between < and >, else the only thing in it that looks like
// an address.
func mailboxes(value string) (found []mailbox) {
	value = oneLine(unescaped(value))
	if list, err := (&mail.AddressParser{WordDecoder: nil}).ParseList(value); err == nil {
		for _, a := range list {
			found = append(found, mailbox{a.Name, a.Address})
		}
	} else if m := angled.FindStringSubmatch(headerText(value)); m != nil {
		found = []mailbox{{strings.Trim(strings.TrimSpace(m[1]), `"'`), m[2]}}
	} else if all := addressesIn(headerText(value)); len(all) == 1 {
		found = []mailbox{{"", all[0]}}
	}
	for i, b := range found {
		b.name, b.address = oneLine(headerText(b.name)), identifier.CleanEmail(b.address)
		if !strings.Contains(b.address, "@") || strings.ContainsAny(b.address, " \t\r\n<>,;") {
			b.address = ""
		}
		if b.name == b.address {
			b.name = ""
		}
		found[i] = b
	}
	return found
}

var angled = regexp.MustCompile(`^([^<>]*)<\s*([^<>\s]+@[^<>\s]+?)\s*>`)

// firstMailbox gives the first of a field that has an address.
func firstMailbox(value string) mailbox {
	all := mailboxes(value)
	for _, b := range all {
		if b.address != "" {
			return b
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return mailbox{}
}

func (l *letter) from() mailbox { return mailbox{l.fromName, l.fromAddress} }

// writer is whom a mail's ticket belongs to: where the mail says that answers go (RFC 5322, 3.6.2), else where it comes from. Nothing proves
// either. Our own address there would have us write to ourselves.
func (d *Desk) writer(l *letter) mailbox {
	from := l.from()
	to := l.replyTo
	if to.address == "" || d.Replies.Ours(to.address) || identifier.FoldEmail(to.address) == identifier.FoldEmail(from.address) {
		return from
	}
	if to.name == "" && !autoSender.MatchString(from.address) && !d.Replies.Ours(from.address) {
		to.name = from.name // a program's name is nobody's
	}
	return to
}
