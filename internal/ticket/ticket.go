// Package ticket is the centre of the desk: what an applicant asked, what was answered, whose it is, and all that happened.
package ticket

import (
	"time"

	"github.com/askwell/askwell/internal/identifier"
)

// Status says who has to act next. A pending ticket waits for the applicant.
type Status string

// The statuses.
const (
	StatusNew     Status = "new"
	StatusOpen    Status = "open"
	StatusPending Status = "pending"
	StatusOnHold  Status = "on_hold"
	StatusSolved  Status = "solved"
	StatusClosed  Status = "closed"
)

// Statuses lists every status in the order of a ticket's life.
func Statuses() []Status {
	return []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusSolved, StatusClosed}
}

// Valid reports whether the status is one of Statuses.
func (s Status) Valid() bool {
	for _, known := range Statuses() {
		if s == known {
			return true
		}
	}
	return false
}

// InHand reports whether there is still work to do.
func (s Status) InHand() bool { return s != StatusSolved && s != StatusClosed }

// Channel says how a ticket came in.
type Channel string

// The channels.
const (
	ChannelForm   Channel = "form"
	ChannelPortal Channel = "portal"
	ChannelEmail  Channel = "email"
	ChannelImport Channel = "import"
	ChannelSeed   Channel = "seed"
)

// Channels lists every channel.
func Channels() []Channel {
	return []Channel{ChannelForm, ChannelPortal, ChannelEmail, ChannelImport, ChannelSeed}
}

// Ticket is the unit of work.
type Ticket struct {
	ID                int64
	Reference         string // ASK-XXXX-XXXX
	Version           int64  // counts changes
	Status            Status
	Priority          string
	Channel           Channel
	Language          string
	Category          string // as triaged
	CategorySubmitted string
	CategoryName      string // Category's label in English
	QueueID           int64
	AssigneeID        *int64

	ApplicantName  string
	ApplicantEmail string // as it was written: evidence of who asked
	Email          string // where mail about the ticket goes now (DestinationOf)
	Subject        string

	NumberGiven  string // as typed; masked when it was a Social Security number or a payment card
	NumberRead   string // its canonical form, "" when it was none or masked
	NumberKind   identifier.Kind
	NumberInText bool
	SenderProven bool             // the domain of a mail's sender has sent it
	NumberGroup  identifier.Group // fixed at submission, whatever is linked later

	LinkState       LinkState
	AccountID       *int64
	LinkConfirmedAt *time.Time
	LinkEvidence    []Evidence

	OpenedAt         time.Time
	UpdatedAt        time.Time
	AwaitingSince    *time.Time // the applicant has waited for an answer since then
	FirstRespondedAt *time.Time
	SolvedAt         *time.Time // the first time
	ExcludedReason   string     // merged, duplicate, spam or deleted: not in any figure
	ExcludedAt       *time.Time
	SuspectedOf      []string // why it is quarantined as possible spam
}

// Quarantined reports whether the ticket waits for a person to decide that it is no spam.
func (t Ticket) Quarantined() bool { return len(t.SuspectedOf) > 0 && t.ExcludedReason == "" }

// linkGroup is what linking goes by: the group at submission, unless a good number came in a later message.
func (t Ticket) linkGroup() identifier.Group {
	if t.NumberInText && t.NumberRead != "" {
		return identifier.GroupWith
	}
	return t.NumberGroup
}

// columns lists a ticket's columns for RowToStructByName.
const columns = `t.id, t.reference, t.version, t.status, t.priority, t.channel, t.language, t.category, t.category_submitted,
	(SELECT label FROM category WHERE code = t.category) AS category_name,
	t.queue_id, t.assignee_id, t.applicant_name, t.applicant_email, ` + destination + ` AS email, t.subject, t.number_given, t.number_read, t.number_kind,
	t.number_in_text, t.sender_proven, t.number_group, t.link_state, t.account_id, t.link_confirmed_at, t.link_evidence, t.opened_at,
	t.updated_at, t.awaiting_since, t.first_responded_at, t.solved_at, COALESCE(t.excluded_reason, '') AS excluded_reason,
	t.excluded_at, t.suspected_of`

// Category is what an inquiry can be about. Label is its English name; another language's is the message "category.<code>".
type Category struct {
	Code      string
	GroupCode string
	Label     string
	QueueID   int64
	Public    bool // offered on the form
}

// Queue is where tickets wait for a team.
type Queue struct {
	ID   int64
	Code string
	Name string
}
