package console

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
)

// traits are what tells an account from others with the same name, without what is masked until somebody asks for it.
type traits struct {
	Email       string // masked
	Born        string // the year; "" when it is not on file
	Forms       string // of its cases; "" for none
	LastContact *time.Time
	Against     []string // in plain words: what contradicts that the ticket is of this account
	Ask         bool     // linking asks first
}

// doubts are why linking a ticket to an account, or confirming that, asks first.
type doubts struct {
	Codes     []string // what contradicts it
	Alike     int      // other accounts with the same name
	Others    int      // other accounts that the ticket's own clues point to
	Elsewhere bool     // it is linked to another account now, or in conflict with this one
}

// Any reports whether the question is to be asked.
func (d doubts) Any() bool { return len(d.Codes) > 0 || d.Alike > 0 || d.Others > 0 || d.Elsewhere }

// Asked is what the form of the question says was shown beside it: whoever answers it has seen these doubts and no others.
func (d doubts) Asked() string {
	return strings.Join(append(slices.Clone(d.Codes), strconv.Itoa(d.Alike), strconv.Itoa(d.Others), strconv.FormatBool(d.Elsewhere)), " ")
}

// doubt looks for what speaks against linking a ticket to an account.
func (a *Area) doubt(ctx context.Context, t ticket.Ticket, of account.Account) (d doubts, err error) {
	sender, err := a.accounts.ByEmail(ctx, t.ApplicantEmail)
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		return d, err
	}
	d.Codes = against(t, of, sender)
	without := func(found []account.Candidate) int {
		return len(slices.DeleteFunc(found, func(n account.Candidate) bool { return n.Account.ID == of.ID }))
	}
	namesakes, err := a.accounts.Candidates(ctx, account.Clues{Name: of.Name}, account.MaxNamesakes)
	if err != nil {
		return d, err
	}
	others, err := a.accounts.Candidates(ctx, cluesOf(t), shownCandidates)
	if err != nil {
		return d, err
	}
	d.Alike, d.Others = without(namesakes), without(others)
	d.Elsewhere = t.AccountID != nil && (*t.AccountID != of.ID || t.LinkState == ticket.LinkConflict)
	return d, nil
}

// cluesOf are what a ticket tells of its account.
func cluesOf(t ticket.Ticket) account.Clues {
	clues := account.Clues{Email: t.ApplicantEmail, Name: t.ApplicantName}
	switch t.NumberKind {
	case identifier.KindAccountNumber:
		clues.Number = t.NumberRead
	case identifier.KindANumber:
		clues.ANumber = t.NumberRead
	case identifier.KindReceiptNumber:
		clues.ReceiptNumber = t.NumberRead
	default: // no account bears another kind of number
	}
	return clues
}

// traits gathers what tells the accounts apart, by their rows.
func (a *Area) traits(ctx context.Context, t ticket.Ticket, accounts []account.Account, p *messages.Printer) (map[int64]traits, error) {
	ids := make([]int64, len(accounts))
	for i, one := range accounts {
		ids[i] = one.ID
	}
	forms, err := a.accounts.Forms(ctx, ids)
	if err != nil {
		return nil, err
	}
	contacts, err := a.Tickets.LastContacts(ctx, ids)
	if err != nil {
		return nil, err
	}
	sender, err := a.accounts.ByEmail(ctx, t.ApplicantEmail)
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		return nil, err
	}
	found := map[int64]traits{}
	for _, one := range accounts {
		v := traits{Email: maskedEmail(one.Email), Forms: strings.Join(forms[one.ID], ", ")}
		if one.DateOfBirth != nil {
			v.Born = strconv.Itoa(one.DateOfBirth.Year())
		}
		if at, ok := contacts[one.ID]; ok {
			v.LastContact = &at
		}
		for _, code := range against(t, one, sender) {
			v.Against = append(v.Against, p.T("console.link.against."+code))
		}
		v.Ask = len(v.Against) > 0
		found[one.ID] = v
	}
	return found, nil
}

// against lists what contradicts that a ticket is of an account, as codes. sender is the account that has the address on the ticket, the
// zero one for none.
func against(t ticket.Ticket, of, sender account.Account) (codes []string) {
	if sender.ID != 0 && sender.ID != of.ID {
		codes = append(codes, "email_of_other")
	}
	if t.ApplicantName != "" && !identifier.SharesWord(identifier.NameWords(t.ApplicantName), identifier.NameWords(of.Name)) {
		codes = append(codes, "names")
	}
	if t.NumberKind == identifier.KindAccountNumber && identifier.ValidAccountNumber(t.NumberRead) && t.NumberRead != of.Number {
		codes = append(codes, "other_number")
	}
	if l := t.Link(); l.FollowsAccount() && l.Account != of.ID {
		codes = append(codes, "linked_elsewhere")
	}
	return codes
}

// maskedEmail leaves of an address its first letter and its domain.
func maskedEmail(s string) string {
	local, domain, _ := strings.Cut(s, "@")
	for _, first := range local {
		return string(first) + "•••@" + domain
	}
	return ""
}
