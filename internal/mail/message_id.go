package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// Mark tells apart the mails that we wrote about one ticket: it is the second part of their Message-IDs, 64 bits in hexadecimal.
type Mark string

// Marks makes the marks and knows them again: a keyed hash of the ticket's reference and of what the mail was. So only this server can
// write a Message-ID that proves a mail to be ours, and nobody can count an agency's replies by it. The first key makes marks, all of
// them are understood. Without a key anybody can make them.
type Marks struct {
	keys [][]byte
}

// NewMarks makes Marks of the keys in SECRET_KEY.
func NewMarks(keys [][]byte) Marks {
	if len(keys) == 0 {
		keys = [][]byte{nil}
	}
	return Marks{keys}
}

const acknowledgement, reply = "acknowledge", "reply"

// Acknowledgement is the mark of a ticket's acknowledgement.
func (m Marks) Acknowledgement(reference string) Mark {
	return keyedMark(m.keys[0], reference, acknowledgement, "")
}

// acknowledgements are the marks that the acknowledgement may have been sent with: by an older key, and before there were keys.
func (m Marks) acknowledgements(reference string) []Mark {
	all := make([]Mark, 0, len(m.keys)+1)
	for _, key := range m.keys {
		all = append(all, keyedMark(key, reference, acknowledgement, ""))
	}
	return append(all, mark(reference, acknowledgement, ""))
}

// Reply is the mark of a reply, by its row.
func (m Marks) Reply(reference string, messageID int64) Mark {
	return keyedMark(m.keys[0], reference, reply, strconv.FormatInt(messageID, 10))
}

// Proof is how sure it is that a Message-ID is of a mail that we sent.
type Proof int

// The proofs. Unkeyed is what mails carried before marks had a key: it finds the mail that is answered, and proves nothing.
const (
	Unproven Proof = iota
	Unkeyed
	Proven
)

// IsAcknowledgement tells whether a Message-ID is that of its ticket's acknowledgement.
func (m Marks) IsAcknowledgement(s Sent) Proof { return m.proof(s, acknowledgement, "") }

// IsReply tells whether a Message-ID is that of a reply, by its row.
func (m Marks) IsReply(s Sent, messageID int64) Proof {
	return m.proof(s, reply, strconv.FormatInt(messageID, 10))
}

func (m Marks) proof(s Sent, what, row string) Proof {
	for _, key := range m.keys {
		if hmac.Equal([]byte(s.Mark), []byte(keyedMark(key, s.Reference, what, row))) {
			return Proven
		}
	}
	if s.Mark == mark(s.Reference, what, row) {
		return Unkeyed
	}
	return Unproven
}

func keyedMark(key []byte, reference, what, row string) Mark {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("message id\x00" + reference + "/" + what + "/" + row))
	return Mark(hex.EncodeToString(h.Sum(nil)[:8]))
}

// mark is a mark that proves nothing: of notices, and of mails about tickets from before marks had a key.
func mark(reference, what, row string) Mark {
	sum := sha256.Sum256([]byte(reference + "/" + what + "/" + row))
	return Mark(hex.EncodeToString(sum[:8]))
}

// Sent is what a Message-ID of ours says.
type Sent struct {
	Reference string
	Mark      Mark
}

var sentShape = regexp.MustCompile(`(?i)\b(ask-[a-z0-9]{4}-[a-z0-9]{4})\.([0-9a-f]{16})@`)

// FindSent finds the Message-IDs in a text that have the shape of ours, in its order. Whether we sent them, the marks tell: anybody
// can write one.
func FindSent(text string) []Sent {
	var found []Sent
	for _, m := range sentShape.FindAllStringSubmatch(text, 100) {
		found = append(found, Sent{Reference: strings.ToUpper(m[1]), Mark: Mark(strings.ToLower(m[2]))})
	}
	return found
}
