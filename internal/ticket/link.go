package ticket

import (
	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
)

// LinkState says how sure it is that a ticket belongs to its account; docs/linking.md.
type LinkState string

// The link states. A waiting ticket has a number that no worker has looked at yet.
const (
	LinkWaiting      LinkState = "waiting"
	LinkNone         LinkState = "none"
	LinkVerified     LinkState = "verified"
	LinkCorroborated LinkState = "corroborated"
	LinkClaimed      LinkState = "claimed"
	LinkConflict     LinkState = "conflict"
	LinkUnmatched    LinkState = "unmatched"
	LinkUnusable     LinkState = "unusable"
)

// LinkConfirmed is how a claimed link or a conflict shows once a person has decided: what shows as unconfirmed or as a conflict is still to
// be decided. No ticket is in this state itself, so that an undo finds what was there.
const LinkConfirmed LinkState = "confirmed"

// LinkStates lists every state as it shows, which is what lists are filtered and counted by.
func LinkStates() []LinkState {
	return []LinkState{
		LinkWaiting, LinkNone, LinkVerified, LinkCorroborated, LinkConfirmed, LinkClaimed, LinkConflict, LinkUnmatched, LinkUnusable,
	}
}

// Evidence is a fact on which a link was decided.
type Evidence string

// The facts.
const (
	EvidenceSignedIn         Evidence = "signed_in"
	EvidenceNumberOnFile     Evidence = "number_on_file"
	EvidenceNumberUnknown    Evidence = "number_unknown"
	EvidenceNumberInText     Evidence = "number_in_text"
	EvidenceCheckDigitsFail  Evidence = "check_digits_fail"
	EvidenceOtherIdentifier  Evidence = "other_identifier"
	EvidenceEmailMatches     Evidence = "email_matches"
	EvidenceSenderProven     Evidence = "sender_proven"   // of a mail from that address: its domain has sent it
	EvidenceSenderUnproven   Evidence = "sender_unproven" // anybody may have written it
	EvidenceEmailUnknown     Evidence = "email_unknown"
	EvidenceEmailOfOther     Evidence = "email_of_other_account"
	EvidenceNamesShareWord   Evidence = "names_share_word"
	EvidenceNamesShareNoWord Evidence = "names_share_no_word"
	EvidenceChosenByAgent    Evidence = "chosen_by_agent"
	EvidenceIdentifierOnFile Evidence = "identifier_on_file" // the account behind the A-Number or receipt number that was given
)

// Link is a ticket's tie to an account at one moment.
type Link struct {
	State     LinkState `json:"state"`
	Account   int64     `json:"account,omitempty"` // 0 for none
	Confirmed bool      `json:"confirmed,omitempty"`
}

// Link gives the ticket's present one.
func (t Ticket) Link() Link {
	l := Link{State: t.LinkState, Confirmed: t.LinkConfirmedAt != nil}
	if t.AccountID != nil {
		l.Account = *t.AccountID
	}
	return l
}

// Shown is the state as people and searches see it.
func (l Link) Shown() LinkState {
	if l.Confirmed && (l.State == LinkClaimed || l.State == LinkConflict) {
		return LinkConfirmed
	}
	return l.State
}

// LinkShownSQL is Link.Shown of a ticket t, for the database.
const LinkShownSQL = `CASE WHEN ` + confirmedSQL + ` THEN 'confirmed' ELSE t.link_state END`

const confirmedSQL = `t.link_confirmed_at IS NOT NULL AND t.link_state IN ('claimed', 'conflict')`

// whereShown says in SQL that a ticket t shows as one of the states, %s, and keeps to the index of the states.
const whereShown = `(t.link_state = ANY (%[1]s) AND NOT (` + confirmedSQL + `) OR 'confirmed' = ANY (%[1]s) AND ` + confirmedSQL + `)`

// ShowsFacts reports whether an agent who reads the ticket may see the account's facts: in conflict they stay hidden until
// a person has confirmed the link.
func (l Link) ShowsFacts() bool {
	return l.Account != 0 && (l.State != LinkConflict || l.Confirmed)
}

// Unsure reports whether a person should look: replies to such a ticket hold no case facts unless they go to the account's
// own address.
func (l Link) Unsure() bool {
	return (l.State == LinkClaimed || l.State == LinkConflict) && !l.Confirmed
}

// LinkFacts are what is known when a link is decided. The accounts are nil when there is none.
type LinkFacts struct {
	Group        identifier.Group
	Kind         identifier.Kind
	InText       bool
	Mailed       bool // it came by mail, and its sender's domain is Proven or not
	Proven       bool
	Name, Email  string           // the applicant's, as typed
	SignedInTo   *account.Account // sent from inside this account
	NumberMatch  *account.Account // the account with the number
	EmailAccount *account.Account // the account with the email address
}

// linkFacts are those that the ticket itself tells.
func (t Ticket) linkFacts() LinkFacts {
	return LinkFacts{
		Group: t.linkGroup(), Kind: t.NumberKind, InText: t.NumberInText, Mailed: t.Channel == ChannelEmail, Proven: t.SenderProven,
		Name: t.ApplicantName, Email: t.ApplicantEmail,
	}
}

// LinkDecision is the link that follows from the facts, and the facts that decided.
type LinkDecision struct {
	Link     Link
	Evidence []Evidence
}

// DecideLink applies the table of docs/linking.md. It is the only place that knows it.
func DecideLink(f LinkFacts) LinkDecision {
	if f.SignedInTo != nil {
		return decided(LinkVerified, f.SignedInTo, EvidenceSignedIn)
	}
	switch f.Group {
	case identifier.GroupWithout:
		return decided(LinkNone, nil)
	case identifier.GroupUnusable:
		if f.Kind == identifier.KindAccountNumber {
			return decided(LinkUnusable, nil, EvidenceCheckDigitsFail)
		}
		return decided(LinkUnusable, nil, EvidenceOtherIdentifier)
	case identifier.GroupWith: // decided by what the number leads to, below
	}
	var found []Evidence
	if f.InText {
		found = append(found, EvidenceNumberInText)
	}
	if f.NumberMatch == nil {
		return decided(LinkUnmatched, nil, append(found, EvidenceNumberUnknown)...)
	}
	found = append(found, EvidenceNumberOnFile)
	names := EvidenceNamesShareNoWord
	if identifier.SharesWord(identifier.NameWords(f.Name), identifier.NameWords(f.NumberMatch.Name)) {
		names = EvidenceNamesShareWord
	}
	switch {
	case identifier.FoldEmail(f.Email) == identifier.FoldEmail(f.NumberMatch.Email):
		found = append(found, EvidenceEmailMatches)
		switch {
		case f.Mailed && f.Proven:
			found = append(found, EvidenceSenderProven)
		case f.Mailed:
			found = append(found, EvidenceSenderUnproven)
		}
		return decided(LinkCorroborated, f.NumberMatch, append(found, names)...)
	case f.EmailAccount != nil:
		return decided(LinkConflict, f.NumberMatch, append(found, EvidenceEmailOfOther, names)...)
	case names == EvidenceNamesShareNoWord:
		return decided(LinkConflict, f.NumberMatch, append(found, EvidenceEmailUnknown, names)...)
	}
	return decided(LinkClaimed, f.NumberMatch, append(found, EvidenceEmailUnknown, names)...)
}

func decided(state LinkState, to *account.Account, evidence ...Evidence) LinkDecision {
	d := LinkDecision{Link: Link{State: state}, Evidence: evidence}
	if to != nil {
		d.Link.Account = to.ID
	}
	return d
}
