package ticket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
)

// How says what became of an inquiry. It is the one answer to a form token that was used before.
type How string

// What can become of an inquiry. Only HowKept means that nothing of it was stored.
const (
	HowOpened How = "opened" // a new ticket
	HowSame   How = "same"   // the same token with the same content: the ticket that it had made
	HowAdded  How = "added"  // the same token with other content: a message of the ticket that it had made
	HowKept   How = "kept"   // the same token from somebody else, or about something else: nothing was added to the ticket that it had made
	HowOther  How = "other"  // within Open: not decided yet
)

// content is a hash of all that an applicant decides on in an inquiry. The language is not part of it: it can be changed on the way.
func (in Inquiry) content() []byte {
	var files []string
	for _, a := range in.Attachments {
		files = append(files, string(a.SHA256)+a.Name)
	}
	slices.Sort(files)
	owner := ""
	if in.AccountID != nil {
		owner = strconv.FormatInt(*in.AccountID, 10)
	}
	h := sha256.New()
	for _, part := range append([]string{string(in.Token[:]), owner, in.Category, in.numberField(), in.Name, in.Email, in.Subject, in.Question}, files...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return h.Sum(nil)[:16]
}

// numberField is what stood in the field for the number: one that was found in the text did not.
func (in Inquiry) numberField() string {
	if in.Number.InText {
		return ""
	}
	return in.Number.Given
}

// addToSent adds what an inquiry says to the ticket that its token has made before, if it comes from the same person about the same thing.
// Words and files that are there already are not added again, however often they come.
func (s *Service) addToSent(ctx context.Context, in Inquiry, reference string) (Opened, error) {
	opened := Opened{Reference: reference, How: HowKept}
	_, err := s.changeTicket(ctx, "add what was sent again to", reference, Actor{Kind: ActorApplicant}, func(c *change) error {
		if c.ExcludedReason != "" || !in.continues(*c.Ticket) {
			return nil
		}
		sent, err := c.sentBefore(ctx)
		if err != nil {
			return err
		}
		say := Said{Channel: in.Channel, Number: in.Number, Body: in.Question, Token: [16]byte(in.content())}
		if in.Subject != c.Subject {
			say.Body = in.Subject + "\n\n" + in.Question
		}
		for _, a := range in.Attachments {
			if !slices.ContainsFunc(sent.files, a.same) {
				say.Attachments = append(say.Attachments, a)
			}
		}
		if slices.Contains(sent.words, say.Body) && len(say.Attachments) == 0 && !c.takesNumber(in.Number) {
			opened.How = HowSame
			return nil
		}
		opened.How = HowAdded
		c.batch.Queue(`DELETE FROM form_draft WHERE id = $1`, in.Token[:])
		return c.said(ctx, say, &Message{})
	})
	return opened, err
}

// continues reports whether an inquiry comes from who opened the ticket, and is about the same thing. A number may be added to a ticket
// that has none.
func (in Inquiry) continues(t Ticket) bool {
	number := t.NumberGiven
	if t.NumberInText {
		number = ""
	}
	sameOwner := t.Channel == in.Channel && (in.AccountID == nil || t.AccountID != nil && *t.AccountID == *in.AccountID)
	return sameOwner && t.ApplicantName == in.Name && identifier.FoldEmail(t.ApplicantEmail) == identifier.FoldEmail(in.Email) &&
		t.CategorySubmitted == in.Category && (number == in.numberField() || number == "")
}

// same reports whether two attachments are one file: staged once, or chosen twice.
func (a Attachment) same(b Attachment) bool {
	return a.StorageKey == b.StorageKey || a.Name == b.Name && bytes.Equal(a.SHA256, b.SHA256)
}

// sentBefore is what the applicant has sent to a ticket.
type sentBefore struct {
	words []string
	files []Attachment
}

func (c *change) sentBefore(ctx context.Context) (sent sentBefore, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT body FROM message WHERE ticket_id = $1 AND kind IN ('inquiry', 'applicant')`, c.ID).Query(func(rows pgx.Rows) (err error) {
		sent.words, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	batch.Queue(`
		SELECT `+attachmentColumns+`
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		WHERE m.ticket_id = $1`, c.ID).Query(func(rows pgx.Rows) (err error) {
		sent.files, err = pgx.CollectRows(rows, pgx.RowToStructByName[Attachment])
		return err
	})
	err = c.tx.SendBatch(ctx, batch).Close()
	return sent, err
}
