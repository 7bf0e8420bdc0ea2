package ticket

import (
	"slices"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
)

// Reader is an applicant who looks at a question of their own: who followed the link in a mail to the address on it, or who is signed
// in to the account that it belongs to. The zero Reader sees nothing.
type Reader struct {
	ticketID  int64
	email     string
	accountID int64
}

// Follower is the reader who proved, by a link that was mailed to the address that the ticket's mail went to then, that it is theirs. Once
// the mail goes elsewhere they see nothing.
func Follower(ticketID int64, email string) Reader { return Reader{ticketID: ticketID, email: email} }

// Owner is the reader who is signed in to this account.
func Owner(accountID int64) Reader { return Reader{accountID: accountID} }

// noQuestion is what a reader hears of another's question, and of one that there is not: the two must not differ.
func noQuestion() error { return failure.NotFound("There is no such question.") }

// sees reports whether the ticket is the reader's to see.
func (r Reader) sees(t Ticket) bool {
	if !t.Followable() {
		return false
	}
	if r.accountID != 0 {
		return t.AccountID != nil && *t.AccountID == r.accountID && t.Link().FollowsAccount()
	}
	return r.ticketID != 0 && t.ID == r.ticketID && t.IsOf(r.email)
}

// Followable reports whether the ticket's applicant can follow it. What a person took for spam, or deleted, is gone for everybody
// outside. A merged or duplicate question is still its applicant's own. One in quarantine is followed like any other: its applicant
// must see no difference.
func (t Ticket) Followable() bool { return t.ExcludedReason != "spam" && t.ExcludedReason != "deleted" }

// shownToOwner is Link.FollowsAccount and Ticket.Followable of a ticket t, for the database.
const shownToOwner = FollowsAccountSQL + `
	AND t.excluded_reason IS DISTINCT FROM 'spam' AND t.excluded_reason IS DISTINCT FROM 'deleted'`

// reads reports whether the reader may read this message of a ticket of theirs at this moment. Notes are the staff's. A reply is
// theirs from the moment that nobody can take it back, also when its mail came back: here it can be read. One that went to the
// account's own address may hold facts of its cases, so it is for the account's owner and not for whoever has the inquiry's address.
// Who follows a ticket that follows its account has proved to be that owner.
func (r Reader) reads(t Ticket, m Message, now time.Time) bool {
	switch m.Kind {
	case KindInquiry, KindApplicant:
		return true
	case KindReply:
		if m.Delivery == DeliveryWithdrawn || m.Withdrawable(now) {
			return false
		}
		return r.accountID != 0 || t.Link().FollowsAccount() || m.Recipient == "" || sameAddress(m.Recipient, t.ApplicantEmail)
	case KindNote:
	}
	return false
}

func sameAddress(a, b string) bool {
	return slices.Contains(identifier.EmailForms(a), identifier.FoldEmail(b))
}

// Progress says in the applicant's terms how a question stands.
type Progress string

// How a question can stand.
const (
	ProgressReceived Progress = "received" // we have it
	ProgressWorking  Progress = "working"  // we are working on it
	ProgressWaiting  Progress = "waiting"  // we wait for the applicant
	ProgressAnswered Progress = "answered"
	ProgressClosed   Progress = "closed" // without an answer: the applicant said that it is solved, or it is part of another question
)

// progress tells how a question stands for somebody who has been answered so far, or not.
func progress(status Status, answered bool) Progress {
	switch {
	case status == StatusNew:
		return ProgressReceived
	case status == StatusPending && answered:
		return ProgressWaiting
	case status.InHand():
		return ProgressWorking
	case answered:
		return ProgressAnswered
	}
	return ProgressClosed
}
