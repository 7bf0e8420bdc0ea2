package console

import (
	"context"
	"slices"
	"strings"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// linkPanel is whose ticket it is, how sure that is and what can be done about it.
type linkPanel struct {
	State       string
	Link        ticket.Link
	Account     account.Account // Number alone is to be shown while ShowsFacts is false
	ShowsFacts  bool
	Confirmable bool
	Ask         bool // confirming asks first: it is a conflict, or others are alike
	Masked      masked
	Cases       []caseLine
	Evidence    []string // in plain words
	Candidates  []candidate
	Suggested   *candidate // the account behind another identifier, one key press away
	NumberKind  string     // what the number given looks like
	Own         string     // the account's own address when the ticket's mail does not go there, "" otherwise
	Undo        int64      // the event that can be undone, 0 for none
	UndoText    string
}

// masked are the facts that show only when somebody asks for them.
type masked struct {
	DateOfBirth, ANumber string // masked, "" when there is none on file
	Shown                string // which one is shown in full
}

// caseLine is a case with words for a status that no message knows.
type caseLine struct {
	account.Case
	StatusText string
}

func (a *Area) cases(ctx context.Context, accountID int64) ([]caseLine, error) {
	found, err := a.accounts.Cases(ctx, accountID)
	var lines []caseLine
	for _, each := range found {
		words := strings.ReplaceAll(each.Status, "-", " ")
		lines = append(lines, caseLine{each, strings.ToUpper(words[:1]) + words[1:]})
	}
	return lines, err
}

// candidate is an account that the ticket may belong to.
type candidate struct {
	traits
	Number, Name string
	Why          string
}

// shownCandidates bounds the list: a common name has hundreds.
const shownCandidates = 5

func (a *Area) linkPanel(ctx context.Context, t ticket.Ticket, events []ticket.Event, tell teller) (linkPanel, error) {
	p := tell.p
	link := t.Link()
	panel := linkPanel{
		State: string(t.LinkState), Link: link, ShowsFacts: link.ShowsFacts(), Confirmable: link.Unsure(),
		NumberKind: p.Find("console.kind."+string(t.NumberKind), string(t.NumberKind)),
	}
	for _, e := range t.LinkEvidence {
		panel.Evidence = append(panel.Evidence, p.Find("console.evidence."+string(e), string(e)))
	}
	if last := lastLinkEvent(events); last != nil && last.Data.LinkFrom.State != ticket.LinkWaiting {
		panel.Undo, panel.UndoText = last.ID, tell.line(*last).Text
	}
	var err error
	if t.AccountID != nil {
		if panel.Account, err = a.accounts.ByID(ctx, *t.AccountID); err != nil {
			return panel, err
		}
		panel.Masked = maskedFacts(panel.Account)
	}
	if panel.ShowsFacts {
		if panel.Cases, err = a.cases(ctx, panel.Account.ID); err != nil {
			return panel, err
		}
		if !t.IsOf(panel.Account.Email) {
			panel.Own = panel.Account.Email
		}
	}
	if settled := link.Account != 0 && !link.Unsure(); settled {
		return panel, nil
	}
	return panel, a.findCandidates(ctx, t, &panel, tell)
}

// findCandidates looks for accounts that the ticket's clues point to, the present one aside.
func (a *Area) findCandidates(ctx context.Context, t ticket.Ticket, panel *linkPanel, tell teller) error {
	found, err := a.accounts.Candidates(ctx, cluesOf(t), shownCandidates)
	if err != nil {
		return err
	}
	var others []account.Account
	found = slices.DeleteFunc(found, func(f account.Candidate) bool { return t.AccountID != nil && f.Account.ID == *t.AccountID })
	for _, f := range found {
		others = append(others, f.Account)
	}
	known, err := a.traits(ctx, t, others, tell.p)
	if err != nil {
		return err
	}
	panel.Ask = t.LinkState == ticket.LinkConflict || len(found) > 0
	for _, f := range found {
		var why []string
		for _, r := range f.Reasons {
			why = append(why, tell.p.Find("console.candidate."+string(r), string(r)))
		}
		next := candidate{traits: known[f.Account.ID], Number: f.Account.Number, Name: f.Account.Name, Why: strings.Join(why, ", ")}
		next.Ask = next.Ask || len(found) > 1 || t.AccountID != nil
		byNumber := slices.Contains(f.Reasons, account.ReasonANumber) || slices.Contains(f.Reasons, account.ReasonReceiptNumber)
		if byNumber && panel.Suggested == nil && t.AccountID == nil {
			panel.Suggested = &next
			continue
		}
		panel.Candidates = append(panel.Candidates, next)
	}
	return nil
}

// maskedFacts hides what only somebody who asks for it sees, and asking is recorded.
func maskedFacts(a account.Account) masked {
	var m masked
	if a.DateOfBirth != nil {
		m.DateOfBirth = "••/••/••••"
	}
	if n := len(a.ANumber); n > 3 {
		m.ANumber = a.ANumber[:1] + strings.Repeat("•", n-4) + a.ANumber[n-3:]
	}
	return m
}

// accountOf finds the account of a number in a form. Errors: invalid (number).
func (a *Area) accountOf(ctx context.Context, typed string) (account.Account, error) {
	number := identifier.Normalize(typed)
	if !identifier.ValidAccountNumber(number) {
		return account.Account{}, failure.Invalid("number", "shape", "An account number has 12 digits. Check it for a slip.")
	}
	found, err := a.accounts.ByNumber(ctx, number)
	if failure.Is(err, failure.KindNotFound) {
		return found, failure.Invalid("number", "unknown", "There is no account with this number.")
	}
	return found, err
}
