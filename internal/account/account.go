// Package account holds applicants' accounts and their cases, and finds the account behind an identifier.
package account

import (
	"time"
)

// OutboxChanged is the outbox's event for an account that was added or changed; its subject is the account's ID.
const OutboxChanged = "account.changed"

// Account is an applicant's profile. Number is 12 digits with ISO 7064 MOD 97-10 check digits.
type Account struct {
	ID          int64
	Number      string
	Name        string
	NameWords   []string // identifier.NameWords of Name
	Email       string
	DateOfBirth *time.Time
	Address     string
	ANumber     string // "" when none is on file
	Language    string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
	Epoch       int64 // of its credentials: see Raise
	Held        bool  // nobody can set a password: see UndoEmail
}

// Case is an application on file.
type Case struct {
	ID            int64
	AccountID     int64
	ReceiptNumber string
	Form          string // for example "I-485"
	Status        string // for example "card-produced"
	ReceivedOn    time.Time
	UpdatedAt     time.Time
}

// Reason says why an account is a candidate for a ticket.
type Reason string

// The reasons, the strongest first.
const (
	ReasonNumber        Reason = "number"
	ReasonANumber       Reason = "a_number"
	ReasonReceiptNumber Reason = "receipt_number"
	ReasonEmail         Reason = "email"
	ReasonName          Reason = "name"
)

// Candidate is an account that a ticket might belong to, and why.
type Candidate struct {
	Account Account
	Reasons []Reason
}
