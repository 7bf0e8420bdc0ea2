package ticket

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// ActorKind says what kind of actor made something happen.
type ActorKind string

// The kinds of actor.
const (
	ActorApplicant ActorKind = "applicant"
	ActorStaff     ActorKind = "staff"
	ActorWorker    ActorKind = "worker"
	ActorImport    ActorKind = "import"
)

// Actor is who made something happen. StaffID is set for staff only.
type Actor struct {
	Kind    ActorKind
	StaffID int64
	seen    Seen
}

// Staff is the actor for a member of staff.
func Staff(id int64) Actor { return Actor{Kind: ActorStaff, StaffID: id} }

// Worker is the actor for what the workers do by themselves.
func Worker() Actor { return Actor{Kind: ActorWorker} }

func (a Actor) staffID() *int64 {
	if a.Kind != ActorStaff {
		return nil
	}
	return &a.StaffID
}

// EventKind names what happened to a ticket.
type EventKind string

// The kinds of event.
const (
	EventOpened           EventKind = "opened"
	EventQuarantined      EventKind = "quarantined"
	EventReleased         EventKind = "released"
	EventExcluded         EventKind = "excluded"
	EventAcknowledged     EventKind = "acknowledged"
	EventLinked           EventKind = "linked"
	EventUnlinked         EventKind = "unlinked"
	EventLinkConfirmed    EventKind = "link_confirmed"
	EventLinkUndone       EventKind = "link_undone"
	EventReplied          EventKind = "replied"
	EventReplyWithdrawn   EventKind = "reply_withdrawn"
	EventReplySent        EventKind = "reply_sent"
	EventReplyFailed      EventKind = "reply_failed"      // Data.Reason is a mail.Fault or BounceExpired
	EventReplyDelayed     EventKind = "reply_delayed"     // not taken yet, for a fault that somebody has to mend: Data.Reason, Data.Code
	EventReplyUnconfirmed EventKind = "reply_unconfirmed" // handed over, and nobody knows whether the mail server took it
	EventSentAgain        EventKind = "sent_again"        // an unconfirmed reply (Data.Message), or an acknowledgement
	EventFileReleased     EventKind = "file_released"     // a file that the scanner could not look into, by a supervisor
	EventFileRescanned    EventKind = "file_rescanned"    // somebody has a file scanned once more
	EventReplyInTransit   EventKind = "reply_in_transit"  // a mail server on the way has not passed it on yet: Data.Reason, Data.Code
	EventLinkBounced      EventKind = "link_bounced"      // the mail with a link to the ticket came back: Data.Reason is a Bounce
	EventReplyBounced     EventKind = "reply_bounced"     // Data.Reason is a Bounce
	EventApplicantWrote   EventKind = "applicant_wrote"
	EventAnswerRead       EventKind = "answer_read"  // by the applicant, up to Data.Message
	EventRated            EventKind = "rated"        // Data.To is helpful or not_helpful
	EventMailHeld         EventKind = "mail_held"    // sent to the ticket's address by somebody else; Data.Mail waits for a person
	EventAutoReplied      EventKind = "auto_replied" // a machine answered; Data.Mail is what it said

	EventMailFileFetched        EventKind = "mail_file_fetched"   // of Data.Mail, one that was not taken over
	EventMailSourceFetched      EventKind = "mail_source_fetched" // the source of a mail
	EventAcknowledgementBounced EventKind = "acknowledgement_bounced"
	EventAcknowledgementDelayed EventKind = "acknowledgement_delayed" // as EventReplyDelayed
	EventNoted                  EventKind = "noted"
	EventAssigned               EventKind = "assigned"
	EventStatusChanged          EventKind = "status_changed"
	EventFileScanned            EventKind = "file_scanned"
	EventAccountRevealed        EventKind = "account_revealed"
	EventTimesMended            EventKind = "times_mended" // what stood in the ticket was not what its history tells; Data is what stood there
)

// Event is one thing that happened to a ticket. It is never changed afterwards.
type Event struct {
	ID        int64
	TicketID  int64
	Kind      EventKind
	Actor     ActorKind
	StaffID   *int64
	StaffName string
	At        time.Time
	Data      Data
}

// Data is what an event tells beside its kind. IDs and codes only, no personal data.
type Data struct {
	From         string     `json:"from,omitempty"`    // status before, or the ID of the assignee before
	To           string     `json:"to,omitempty"`      // and after
	Message      int64      `json:"message,omitempty"` // the message that it is about
	Mail         int64      `json:"mail,omitempty"`    // the mail that came in
	Reason       string     `json:"reason,omitempty"`
	Code         string     `json:"code,omitempty"` // a mail server's answer: 550 5.1.1
	LinkFrom     *Link      `json:"link_from,omitempty"`
	LinkTo       *Link      `json:"link_to,omitempty"`
	Evidence     []Evidence `json:"evidence,omitempty"`      // on which LinkTo was decided
	EvidenceFrom []Evidence `json:"evidence_from,omitempty"` // and LinkFrom
	Undoes       int64      `json:"undoes,omitempty"`        // the event that this one takes back

	// What stood there before: a withdrawn reply puts it back.
	AwaitingSince    *time.Time `json:"awaiting_since,omitempty"`
	FirstRespondedAt *time.Time `json:"first_responded_at,omitempty"`
	SolvedAt         *time.Time `json:"solved_at,omitempty"`
}

// Events lists what happened to a ticket, the oldest first.
func (s *Service) Events(ctx context.Context, ticketID int64) ([]Event, error) {
	rows, err := s.db.Query(ctx, `
		SELECT e.id, e.ticket_id, e.kind, e.actor, e.staff_id, COALESCE(s.name, '') AS staff_name, e.at, e.data
		FROM ticket_event e
		LEFT JOIN staff s ON s.id = e.staff_id
		WHERE e.ticket_id = $1
		ORDER BY e.id`, ticketID)
	if err != nil {
		return nil, fmt.Errorf("list events of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[Event])
	if err != nil {
		return nil, fmt.Errorf("list events of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	return events, nil
}

func (d Data) marshal() []byte {
	data, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	return data
}
