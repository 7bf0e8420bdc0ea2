package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// Mark tells apart the mails that we wrote about one ticket: it is the second part of their Message-IDs.
type Mark string

// AcknowledgementMark is the mark of a ticket's acknowledgement.
func AcknowledgementMark(reference string) Mark { return mark(reference, "acknowledge", "") }

// ReplyMark is the mark of a reply, by its row. It hides the row's number, which would tell how many replies the agency writes.
func ReplyMark(reference string, messageID int64) Mark {
	return mark(reference, "reply", strconv.FormatInt(messageID, 10))
}

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
