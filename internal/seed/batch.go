package seed

import (
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// batch is some accounts or tickets with what hangs on them, ready to be written.
type batch struct {
	indexed bool // whether the search index is told
	lean    bool // whether messages and events are left out

	accounts, cases, steps, tickets, messages, events, lookups, todos rows
}

func newBatch(indexed, lean bool) *batch {
	b := &batch{indexed: indexed, lean: lean}
	for i, r := range b.all() {
		r.table = tables[i]
	}
	return b
}

// all is in the order of tables.
func (b *batch) all() []*rows {
	return []*rows{&b.accounts, &b.cases, &b.steps, &b.tickets, &b.messages, &b.events, &b.lookups, &b.todos}
}

func (b *batch) reset() {
	for _, r := range b.all() {
		r.reset()
	}
}

// tables are in the order in which they refer to one another.
var tables = []table{
	{"account", []string{
		"id", "number", "name", "name_words", "email", "date_of_birth", "address", "a_number", "language", "created_at", "updated_at",
	}},
	{"account_case", []string{"id", "account_id", "receipt_number", "form", "status", "received_on", "updated_at"}},
	{"account_case_status", []string{"case_id", "at", "status"}},
	{"ticket", []string{
		"id", "reference", "version", "status", "priority", "channel", "language", "category", "category_submitted", "queue_id",
		"assignee_id", "applicant_name", "applicant_email", "subject", "number_given", "number_read", "number_kind", "number_in_text",
		"number_group", "link_state", "account_id", "link_confirmed_at", "link_evidence", "opened_at", "updated_at", "awaiting_since",
		"first_responded_at", "solved_at", "excluded_reason", "excluded_at", "suspected_of",
	}},
	{"message", []string{
		"id", "ticket_id", "kind", "staff_id", "body", "created_at", "delivery", "recipient", "deliver_at", "delivered_at",
	}},
	{"ticket_event", []string{"id", "ticket_id", "kind", "actor", "staff_id", "at", "data"}},
	{"account_lookup", []string{"ticket_id", "staff_id", "what", "tag", "at"}},
	{"outbox", []string{"event", "subject_id"}},
}

// demoTables are those that nothing but the demo's accounts and tickets fills.
var demoTables = []string{"account", "account_case", "account_case_status", "ticket", "message", "ticket_event", "account_lookup"}

func (b *batch) todo(event string, id int64) {
	if !b.indexed {
		return
	}
	b.todos.next()
	b.todos.text(event)
	b.todos.bigint(id)
}

func (b *batch) addAccount(id int64, a applicant) {
	r := &b.accounts
	r.next()
	r.bigint(id)
	r.text(a.number)
	r.text(a.name)
	array(r, identifier.NameWords(a.name))
	r.text(a.email)
	r.date(a.born)
	r.text(a.address)
	r.textOrNull(a.aNumber)
	r.text(a.language)
	r.time(a.created)
	r.time(a.created)
	b.todo("account.changed", id)
}

func (b *batch) addCase(id, account int64, receipt string, c applicantCase) {
	r := &b.cases
	r.next()
	r.bigint(id)
	r.bigint(account)
	r.text(receipt)
	r.text(c.form)
	r.text(c.status)
	r.date(c.received)
	r.time(c.history[len(c.history)-1].at)
	for _, step := range c.history {
		b.steps.next()
		b.steps.bigint(id)
		b.steps.time(step.at)
		b.steps.text(step.status)
	}
}

func (b *batch) addStory(s *story) {
	b.addTicket(&s.Ticket)
	if b.lean {
		return
	}
	for i := range s.messages {
		b.addMessage(&s.messages[i])
	}
	for i := range s.events {
		b.addEvent(&s.events[i])
	}
	for _, l := range s.lookups {
		b.addLookup(s.ID, l)
	}
	b.todo(ticket.OutboxChanged, s.ID)
}

func (b *batch) addTicket(t *ticket.Ticket) {
	r := &b.tickets
	r.next()
	r.bigint(t.ID)
	r.text(t.Reference)
	r.bigint(t.Version)
	r.text(string(t.Status))
	r.text(t.Priority)
	r.text(string(t.Channel))
	r.text(t.Language)
	r.text(t.Category)
	r.text(t.CategorySubmitted)
	r.bigint(t.QueueID)
	r.bigintOrNull(t.AssigneeID)
	r.text(t.ApplicantName)
	r.text(t.ApplicantEmail)
	r.text(t.Subject)
	r.text(t.NumberGiven)
	r.text(t.NumberRead)
	r.text(string(t.NumberKind))
	r.boolean(t.NumberInText)
	r.text(string(t.NumberGroup))
	r.text(string(t.LinkState))
	r.bigintOrNull(t.AccountID)
	r.timeOrNull(t.LinkConfirmedAt)
	array(r, t.LinkEvidence)
	r.time(t.OpenedAt)
	r.time(t.UpdatedAt)
	r.timeOrNull(t.AwaitingSince)
	r.timeOrNull(t.FirstRespondedAt)
	r.timeOrNull(t.SolvedAt)
	r.textOrNull(t.ExcludedReason)
	r.timeOrNull(t.ExcludedAt)
	array(r, t.SuspectedOf)
}

func (b *batch) addMessage(m *ticket.Message) {
	r := &b.messages
	r.next()
	r.bigint(m.ID)
	r.bigint(m.TicketID)
	r.text(string(m.Kind))
	r.bigintOrNull(m.StaffID)
	r.text(m.Body)
	r.time(m.CreatedAt)
	r.text(string(m.Delivery))
	r.textOrNull(m.Recipient)
	r.timeOrNull(m.DeliverAt)
	r.timeOrNull(m.DeliveredAt)
}

func (b *batch) addEvent(e *ticket.Event) {
	r := &b.events
	r.next()
	r.bigint(e.ID)
	r.bigint(e.TicketID)
	r.text(string(e.Kind))
	r.text(string(e.Actor))
	r.bigintOrNull(e.StaffID)
	r.time(e.At)
	r.json(func(data []byte) []byte { return append(data, marshal(e.Data)...) })
}

func (b *batch) addLookup(ticket int64, l lookup) {
	r := &b.lookups
	r.next()
	r.bigint(ticket)
	r.bigint(l.by)
	r.text(l.what)
	r.integerOrNull(l.tag)
	r.time(l.at)
}
