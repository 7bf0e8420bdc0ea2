package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/mail"
	"strings"

	"github.com/askwell/askwell/internal/identifier"
)

// ReplyAddresses gives each ticket a reply address of its own, such as reply+7f3k92qd.<26 letters>@help.example.org, and reads it back.
//
// The letters are 128 bits of a keyed hash over the reference. So nothing is stored that could leak with the database, and no address
// needs to be looked up; who does not have the key cannot make one. The first key makes them, all of them are understood, so that a key
// can be changed while applicants still hold mails. When a key goes, package inbound keeps a hash of each address that it made.
type ReplyAddresses struct {
	local, domain string
	keys          [][]byte
	inbox         map[string]bool
}

const macBytes = 16 // of a ticket's address: 128 bits

var macText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewReplyAddresses makes the addresses below one mailbox, such as reply@help.example.org. inbox are further addresses whose mail is
// ours. It fails on what is no plain address, and without a key.
func NewReplyAddresses(mailbox string, keys [][]byte, inbox ...string) (*ReplyAddresses, error) {
	parsed, err := mail.ParseAddress(mailbox)
	if err != nil || len(keys) == 0 {
		return nil, errors.New("mail: the reply address must be like reply@help.example.org, and needs a secret key")
	}
	folded := identifier.FoldEmail(parsed.Address)
	at := strings.LastIndexByte(folded, '@')
	r := &ReplyAddresses{local: folded[:at], domain: folded[at+1:], keys: keys, inbox: map[string]bool{}}
	if strings.ContainsAny(r.local, `+" `) || len(r.local) > 20 {
		return nil, errors.New("mail: the part of the reply address before the @ may have up to 20 letters and no +")
	}
	for _, address := range inbox {
		r.inbox[identifier.FoldEmail(address)] = true
	}
	return r, nil
}

// Domain is the mail domain of the addresses.
func (r *ReplyAddresses) Domain() string { return r.domain }

// Keys are those that the addresses are made with, the newest first.
func (r *ReplyAddresses) Keys() [][]byte { return r.keys }

// Marks are those of the mails that carry the addresses.
func (r *ReplyAddresses) Marks() Marks { return NewMarks(r.keys) }

// For is the address of a ticket.
func (r *ReplyAddresses) For(reference string) string {
	short := shortReference(reference)
	return r.local + "+" + short + "." + macText.EncodeToString(addressMAC(r.keys[0], short)) + "@" + r.domain
}

// Reference reads a ticket's address; false for any other, and for one that we did not make.
func (r *ReplyAddresses) Reference(address string) (string, bool) {
	short, given, ok := r.parts(address)
	if !ok {
		return "", false
	}
	for _, key := range r.keys {
		if hmac.Equal(given, addressMAC(key, short)) {
			return longReference(short), true
		}
	}
	return "", false
}

// Hash gives the 16 bytes by which an address of this shape is kept when its key goes (ReplyAddressHash); false for any other.
func (r *ReplyAddresses) Hash(address string) ([]byte, bool) {
	short, given, ok := r.parts(address)
	if !ok {
		return nil, false
	}
	return hashAddress(short, given), true
}

// ReplyAddressHash gives the 16 bytes that stand for a ticket's address under a key, wherever the mailbox is.
func ReplyAddressHash(key []byte, reference string) []byte {
	short := shortReference(reference)
	return hashAddress(short, addressMAC(key, short))
}

func hashAddress(short string, mac []byte) []byte {
	sum := sha256.Sum256(append([]byte(short+"\x00"), mac...))
	return sum[:16]
}

// parts reads an address of the shape that For makes.
func (r *ReplyAddresses) parts(address string) (short string, mac []byte, ok bool) {
	short, mac, ok = r.tagged(address)
	return short, mac, ok && len(short) == 8
}

// tagged reads an address below the mailbox with a name and 128 bits of proof.
func (r *ReplyAddresses) tagged(address string) (name string, mac []byte, ok bool) {
	folded := identifier.FoldEmail(address)
	at := strings.LastIndexByte(folded, '@')
	if at < 0 || folded[at+1:] != r.domain {
		return "", nil, false
	}
	tag, found := strings.CutPrefix(folded[:at], r.local+"+")
	name, letters, dot := strings.Cut(tag, ".")
	mac, err := macText.DecodeString(letters)
	return name, mac, found && dot && err == nil && len(mac) == macBytes
}

// Ours reports whether mail to the address is for us: the mailbox itself, with or without a + part, and the further ones. None is where no mail
// comes in.
func (r *ReplyAddresses) Ours(address string) bool {
	if r == nil {
		return false
	}
	folded := identifier.FoldEmail(address)
	at := strings.LastIndexByte(folded, '@')
	if at < 0 {
		return false
	}
	local, _, _ := strings.Cut(folded[:at], "+")
	return folded[at+1:] == r.domain && local == r.local || r.inbox[folded]
}

func shortReference(reference string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(reference, "ASK-"), "-", ""))
}

func longReference(short string) string {
	return "ASK-" + strings.ToUpper(short[:4]) + "-" + strings.ToUpper(short[4:])
}

func addressMAC(key []byte, short string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("reply address\x00" + short))
	return h.Sum(nil)[:macBytes]
}
