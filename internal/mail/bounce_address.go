package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"
)

// About is what a mail is about that is no part of a ticket's thread: a link to a ticket, or an account. The zero About is about neither.
type About struct {
	Ticket  string // its reference
	Account int64
}

const (
	aboutTicket  = "b-t-"
	aboutAccount = "b-a-"
)

// Bounces is the envelope's sender of a mail, at which its bounces arrive: reply+b-a-7x.<26 letters>@help.example.org. It is no address to write
// to. "" for the zero About.
func (r *ReplyAddresses) Bounces(about About) string {
	var name string
	switch {
	case about.Ticket != "":
		name = aboutTicket + shortReference(about.Ticket)
	case about.Account != 0:
		name = aboutAccount + strconv.FormatInt(about.Account, 36)
	default:
		return ""
	}
	return r.local + "+" + name + "." + macText.EncodeToString(bounceMAC(r.keys[0], name)) + "@" + r.domain
}

// BounceAbout reads such an address; false for any other, and for one that we did not make.
func (r *ReplyAddresses) BounceAbout(address string) (About, bool) {
	name, given, ok := r.tagged(address)
	if !ok {
		return About{}, false
	}
	for _, key := range r.keys {
		if hmac.Equal(given, bounceMAC(key, name)) {
			return readAbout(name)
		}
	}
	return About{}, false
}

func readAbout(name string) (About, bool) {
	if short, ok := strings.CutPrefix(name, aboutTicket); ok && len(short) == 8 {
		return About{Ticket: longReference(short)}, true
	}
	if id, ok := strings.CutPrefix(name, aboutAccount); ok {
		n, err := strconv.ParseInt(id, 36, 64)
		return About{Account: n}, err == nil
	}
	return About{}, false
}

func bounceMAC(key []byte, name string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("bounce address\x00" + name))
	return h.Sum(nil)[:macBytes]
}
