package account

import (
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
)

// Name is what somebody signs in with: the address of their account, folded, or its number. One of them is "".
type Name struct{ Email, Number string }

// ReadName reads what was typed: twelve digits with right check digits, in any spelling, are a number, everything else an address.
func ReadName(typed string) Name {
	if normal := identifier.Normalize(typed); identifier.ValidAccountNumber(normal) {
		return Name{Number: normal}
	}
	return Name{Email: identifier.FoldEmail(typed)}
}

// where is the condition that finds the account, with its one argument.
func (n Name) where() (string, any) {
	if n.Number != "" {
		return `account.number = $1`, n.Number
	}
	return `lower(account.email) = ANY ($1)`, identifier.EmailForms(n.Email)
}

// tried is the subject of a try at the password: what was typed, and whose it is, if it is somebody's.
func (n Name) tried(a Account) guard.Subject {
	s := guard.Subject{Typed: n.Email + n.Number}
	if a.ID != 0 {
		s.Owner, s.Epoch = Owner(a.ID), a.Epoch
	}
	return s
}

// Owner names an account to the guard.
func Owner(accountID int64) string { return "account/" + strconv.FormatInt(accountID, 10) }

// passwordOf is the subject of what the owner does who is known already.
func passwordOf(a Account) guard.Subject {
	return guard.Subject{Typed: identifier.FoldEmail(a.Email), Owner: Owner(a.ID), Epoch: a.Epoch}
}

// CodeOf is the subject of a try at an account's second step.
func CodeOf(accountID, epoch int64) guard.Subject {
	return guard.Subject{Typed: strconv.FormatInt(accountID, 10), Owner: Owner(accountID), Epoch: epoch}
}

// looksLikeNumber reports whether somebody meant a number and not an address.
func looksLikeNumber(typed string) bool {
	return strings.Trim(identifier.Normalize(typed), "0123456789") == "" && typed != ""
}
