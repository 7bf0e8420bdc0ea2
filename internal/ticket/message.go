package ticket

import "time"

// MessageKind says who wrote a message and who may read it.
type MessageKind string

// The kinds of message. A note is for staff only.
const (
	KindInquiry   MessageKind = "inquiry"
	KindApplicant MessageKind = "applicant"
	KindReply     MessageKind = "reply"
	KindNote      MessageKind = "note"
)

// Delivery says where the email of a public reply stands.
type Delivery string

// The states of a delivery. A waiting reply can be withdrawn until DeliverAt.
const (
	DeliveryNone        Delivery = "none"
	DeliveryWaiting     Delivery = "waiting"
	DeliverySending     Delivery = "sending"     // a mail server is asked
	DeliveryUnconfirmed Delivery = "unconfirmed" // handed over, and nobody knows whether it was taken
	DeliverySent        Delivery = "sent"
	DeliveryFailed      Delivery = "failed"
	DeliveryWithdrawn   Delivery = "withdrawn"
)

// Message is one entry of a ticket's thread.
type Message struct {
	ID          int64
	TicketID    int64
	Kind        MessageKind
	StaffID     *int64
	StaffName   string // "" when no member of staff wrote it
	Body        string
	Quoted      string // what a mail repeated of the ticket, and was left out of the body
	CreatedAt   time.Time
	Delivery    Delivery
	Recipient   string // where it was sent; while it waits, where it goes if nothing changes
	DeliverAt   *time.Time
	DeliveredAt *time.Time
	Attachments []Attachment `db:"-"`
	AuthorName  string       // who wrote it when it is not the applicant: the sender of a mail that a member of staff added
	AuthorEmail string       // as the mail says; it may be forged
	AddedByName string       // that member of staff; "" for every other message
	ToAccountID *int64       `db:"-"` // the account for whose owner a reply was written
	Mailed      bool         `db:"-"` // it came as a mail, which is kept whole
	LeftOut     []string     `db:"-"` // the names of files of that mail that were not taken over
	Damaged     []string     `db:"-"` // what of that mail could be read only in part: names of files, "" for its text
	SentBy      string       `db:"-"` // where that mail came from, when it says that answers go elsewhere
	Proof       string       `db:"-"` // an inbound.Proof: what shows that the domain of that mail's sender has sent it; "" for nothing
	Flagged     bool         `db:"-"` // a program may have written that mail, and nobody has looked yet
}

// ByOther reports whether it is the mail of a third person, which a member of staff added.
func (m Message) ByOther() bool { return m.AddedByName != "" }

// messageColumns lists a message's columns for RowToStructByName; m is the message, s who of the staff wrote it, adder who added it.
const messageColumns = `m.id, m.ticket_id, m.kind, m.staff_id, COALESCE(s.name, '') AS staff_name, m.body, m.quoted, m.created_at, m.delivery,
	COALESCE(m.recipient, '') AS recipient, m.deliver_at, m.delivered_at, COALESCE(m.author_name, '') AS author_name,
	COALESCE(m.author_email, '') AS author_email, COALESCE(adder.name, '') AS added_by_name`

// messageTables are what messageColumns reads.
const messageTables = `message m
	LEFT JOIN staff s ON s.id = m.staff_id
	LEFT JOIN staff adder ON adder.id = m.added_by`

// Withdrawable reports whether the reply can still be taken back at that moment.
func (m Message) Withdrawable(now time.Time) bool {
	return m.Kind == KindReply && m.Delivery == DeliveryWaiting && m.DeliverAt != nil && now.Before(*m.DeliverAt)
}
