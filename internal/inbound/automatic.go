package inbound

import (
	"cmp"
	"context"
	"regexp"
	"strings"

	"github.com/askwell/askwell/internal/mail"
)

// Sign is something in a mail that programs write and people's mails hold, too. It hides nothing: a person is shown the mail.
type Sign string

// The signs, weak each by itself.
const (
	SignPrecedence Sign = "precedence" // Precedence: bulk, junk, list or auto_reply; sending services set it on every mail
	SignList       Sign = "list"       // List-Id or List-Unsubscribe; sending services and case management programs set them
	SignFeedback   Sign = "feedback"   // Feedback-ID: Amazon SES sets it on every mail
	SignSubject    Sign = "subject"    // begins like that of an automatic reply
	SignSender     Sign = "sender"     // a mailbox that nobody reads, by its name
	SignReport     Sign = "report"     // looks like a delivery report, and is about no mail of ours
	SignBefore     Sign = "before"     // laid aside by an earlier version, for a reason that counts no more
	SignRepeated   Sign = "repeated"   // the same words came from the same address within a day
)

var (
	autoSubject = regexp.MustCompile(`(?i)^(auto(matic)?[ -]?(reply|response|answer)|auto:|out of (the )?office( (auto|reply|response).*)?(:|$|-)|ooo:|vacation (reply|response|notice)|away from|` +
		`respuesta autom[aá]tica|auto(matische|maticky)|fuera de (la )?oficina(:|$|-)|ausente:|ausencia:|r[eé]ponse automatique|abwesenheit)`)
	autoSender = regexp.MustCompile(`(?i)^(no-?reply|do-?not-?reply|noresponder|no-responder|mailer-daemon|postmaster|bounces?|notifications?)([-+_.].*)?@`)
)

// vacationHeaders are those that responders write into their answers and nothing writes into a person's mail: Gmail, cPanel, qmail's,
// Novell's and Lotus's. X-Auto-Response-Suppress is none of them: Exchange writes it into ordinary mail.
var vacationHeaders = []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From", "X-Mail-Autoreply"}

// automatic reports that no person wrote the mail to us, by what only programs write: RFC 3834's header, the null sender, a report in
// the standard form, the header of a known responder. It is the one place that decides; answering such a mail could go on for ever.
func (l *letter) automatic(envelopeFrom string) bool {
	for _, value := range l.header.all("Auto-Submitted") {
		if keyword := fieldKeyword(value); keyword != "" && keyword != "no" {
			return true
		}
	}
	for _, name := range vacationHeaders {
		if value := fieldKeyword(l.header.get(name)); value != "" && value != "no" {
			return true
		}
	}
	return l.report != nil || emptyPath(envelopeFrom)
}

// fieldKeyword is the first word of a field in lower case, past the comments that RFC 5322 allows around it and without what comes
// after it: "(by vacation) Auto-Replied; owner=ana" is auto-replied.
func fieldKeyword(value string) string {
	value = comment.ReplaceAllString(value, " ")
	value, _, _ = strings.Cut(value, ";")
	word, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	return strings.ToLower(word)
}

var comment = regexp.MustCompile(`\([^()]*\)`)

// signs are the weak signs of a mail.
func (l *letter) signs() (found []Sign) {
	has := func(name string) bool { return l.header.get(name) != "" }
	add := func(is bool, sign Sign) {
		if is {
			found = append(found, sign)
		}
	}
	switch fieldKeyword(l.header.get("Precedence")) {
	case "bulk", "junk", "list", "auto_reply":
		found = append(found, SignPrecedence)
	}
	add(has("List-Id") || has("List-Unsubscribe"), SignList)
	add(has("Feedback-Id"), SignFeedback)
	add(autoSubject.MatchString(l.subject), SignSubject)
	add(autoSender.MatchString(cmp.Or(l.replyTo.address, l.fromAddress)), SignSender)
	return found
}

// isOwn reports a mail that we wrote, come back by a forwarding: its Message-ID is one that only our key makes. A mail of another desk
// is a person's, or says itself that it is automatic.
func (d *Desk) isOwn(ctx context.Context, m *mailed) (bool, error) {
	if m.letter.report != nil {
		return false, nil
	}
	all := mail.FindSent(m.letter.header.get("Message-Id"))
	if len(all) == 0 {
		return false, nil
	}
	t, err := d.find(ctx, all[0].Reference)
	if err != nil || t == nil {
		return false, err
	}
	_, proof, err := d.sentMessage(ctx, *t, all[0])
	return proof == mail.Proven, err
}

// answersTo is the address that a mail is answered to, as migrations/00023 indexes it: whoever sends from many addresses to have one answered, or
// has many answered from one, counts by those that get the answers.
const answersTo = `lower(COALESCE(NULLIF(reply_to, ''), from_address))`

// repeated reports that a new question has the words of one that came from the same address within a day, as from a responder that does
// not say what it is.
func (d *Desk) repeated(ctx context.Context, m *mailed) (is bool, err error) {
	if m.writer.address == "" {
		return false, nil
	}
	err = d.DB.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM inbound_mail
			WHERE `+answersTo+` = lower($1) AND received_at > $2 AND received_at <= $3 AND id <> $4 AND body <> '' AND body = $5)`,
		m.writer.address, m.ReceivedAt.AddDate(0, 0, -1), m.ReceivedAt, m.ID, m.shown()).Scan(&is)
	return is, err
}

// acknowledgedFlagged is how many acknowledgements in a day an address gets whose mails may be automatic. A responder that does not say
// what it is answers each of them with a new question: with the last one that goes unanswered the loop ends.
const acknowledgedFlagged = 3

// answerable reports whether an acknowledgement may go out to a mail that may be automatic.
func (d *Desk) answerable(ctx context.Context, m *mailed) (bool, error) {
	if len(m.signs) == 0 {
		return true, nil
	}
	var n int
	err := d.DB.QueryRow(ctx, `
		SELECT count(*) FROM inbound_mail
		WHERE `+answersTo+` = lower($1) AND received_at > $2 AND received_at <= $3 AND id <> $4 AND why = 'new' AND signs <> '{}'`,
		m.writer.address, m.ReceivedAt.AddDate(0, 0, -1), m.ReceivedAt, m.ID).Scan(&n)
	return n < acknowledgedFlagged, err
}
