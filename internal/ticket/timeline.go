package ticket

import (
	"cmp"
	"slices"
	"time"
)

// Timeline is what a ticket's messages and events tell of it. Every change of a ticket and `askwell report rebuild` take it from
// here; the definitions are those of docs/glossary.md.
type Timeline struct {
	Status           Status
	AwaitingSince    *time.Time // the applicant has waited for an answer since then; nil: nobody waits
	FirstRespondedAt *time.Time
	SolvedAt         *time.Time // the first time
	ExcludedReason   string
	ExcludedAt       *time.Time
}

// History is what a Timeline is worked out from.
type History struct {
	openedAt time.Time
	start    Status    // before the first event that tells a status
	messages []Message // of the applicant and replies, by ID: Kind, CreatedAt, Delivery and DeliverAt
	events   []Event   // of timelineEvents, the oldest first
	recalled []Event   // those of events that stand nowhere yet
}

// timelineEvents are the kinds of event that a Timeline goes by.
var timelineEvents = []EventKind{
	EventOpened, EventApplicantWrote, EventReplied, EventReplyBounced, EventReplyFailed, EventStatusChanged, EventExcluded,
}

// eventStands says, in memory alone, what status stands in the ticket where its events do not tell: history from another desk has
// no event for each.
const eventStands EventKind = "stands"

// newHistory takes the ticket's rows as they are before a change.
func newHistory(t Ticket, messages []Message, events []Event) *History {
	h := &History{openedAt: t.OpenedAt, start: t.Status, messages: messages, events: events}
	if len(events) == 0 {
		h.recall(t)
	}
	for _, e := range h.events {
		if from := Status(e.Data.From); from.Valid() {
			h.start = from
			break
		}
		if Status(e.Data.To).Valid() { // at another desk
			h.start = StatusNew
			break
		}
	}
	if told := h.Timeline().Status; told != t.Status {
		h.events = append(h.events, Event{Kind: eventStands, At: t.UpdatedAt, Data: Data{From: string(told), To: string(t.Status)}})
	}
	return h
}

// recall makes a history of the times of a ticket that has none (askwell seed --lean), so that its first change does not lose them.
func (h *History) recall(t Ticket) {
	add := func(kind EventKind, at *time.Time, to string) {
		if at != nil {
			h.recalled = append(h.recalled, Event{TicketID: t.ID, Kind: kind, Actor: ActorImport, At: *at, Data: Data{To: to}})
		}
	}
	add(EventOpened, &t.OpenedAt, "")
	add(EventReplied, t.FirstRespondedAt, "")
	add(EventStatusChanged, t.SolvedAt, string(StatusSolved))
	add(EventExcluded, t.ExcludedAt, t.ExcludedReason)
	slices.SortStableFunc(h.recalled, func(a, b Event) int { return a.At.Compare(b.At) })
	h.events = h.recalled
}

// message finds a message by its ID; nil when it is none of the applicant's and no reply.
func (h *History) message(id int64) *Message {
	i, found := slices.BinarySearchFunc(h.messages, id, func(m Message, id int64) int { return cmp.Compare(m.ID, id) })
	if !found {
		return nil
	}
	return &h.messages[i]
}

// counts reports whether a reply is an answer: one that was withdrawn, or reached nobody, is none.
func (m Message) counts() bool {
	return m.Kind == KindReply && m.Delivery != DeliveryWithdrawn && m.Delivery != DeliveryFailed
}

// reopened is the status of a ticket that was put away, or waited for its applicant, and now has to be looked at by a person.
func reopened(s Status) Status {
	if s == StatusPending || !s.InHand() {
		return StatusOpen
	}
	return s
}

// Timeline works out the facts:
//
//   - The first response is the earliest reply that counts. A ticket from another desk has its reply as an event without a message.
//   - Solved is the first time that the status became solved, unless it was by a reply that was withdrawn.
//   - A withdrawn reply never was. One that reached nobody puts nothing away, and its applicant, if no other word of theirs is
//     unanswered, waits since it was written.
//   - The applicant waits since the first of their words that neither a reply that counts nor their own "solved" has followed. Nobody
//     waits while the ticket is solved, closed or excluded. Who puts it away sets the words aside: reopening it brings them back, and a
//     new word of the applicant takes their place.
//   - An excluded ticket is closed; the status that it had, or that was set since, comes back with it.
func (h *History) Timeline() Timeline {
	p := progression{status: StatusNew, waiting: &h.openedAt}
	p.move(h.start)
	mentioned := map[int64]bool{}
	for _, e := range h.events {
		mentioned[e.Data.Message] = true
	}
	next := 0 // of the messages that no event tells of
	untold := func(until *time.Time) {
		for ; next < len(h.messages) && (until == nil || !h.messages[next].CreatedAt.After(*until)); next++ {
			if m := &h.messages[next]; !mentioned[m.ID] {
				p.said(m, "")
			}
		}
	}
	for i := range h.events {
		e := &h.events[i]
		untold(&e.At)
		p.happened(e, h.message(e.Data.Message))
	}
	untold(nil)
	return p.timeline()
}

// progression is a timeline up to some moment.
type progression struct {
	Timeline
	status  Status     // apart from an exclusion
	waiting *time.Time // the first word that is unanswered
	aside   *time.Time // the same, while the ticket is put away
	shut    bool       // the exclusion's own change of status has come
}

func (p *progression) timeline() Timeline {
	t := p.Timeline
	if t.ExcludedReason == "" {
		t.Status = p.status
		t.AwaitingSince = p.waiting
	}
	return t
}

func (p *progression) happened(e *Event, m *Message) {
	switch e.Kind {
	case EventApplicantWrote:
		if m == nil {
			m = &Message{Kind: KindApplicant, CreatedAt: e.At}
		}
		p.said(m, "")
	case EventReplied:
		if m == nil { // at the desk that the ticket came from
			m = &Message{Kind: KindReply, CreatedAt: e.At}
		}
		p.said(m, Status(e.Data.To))
	case EventReplyBounced:
		p.move(reopened(p.status))
	case EventReplyFailed:
		if e.Data.To != "" { // before, a refused reply left the status
			p.move(reopened(p.status))
		}
	case EventStatusChanged:
		p.changed(e)
	case eventStands:
		p.Status = Status(e.Data.To)
		if p.ExcludedReason == "" {
			p.move(Status(e.Data.To))
		}
	case EventExcluded:
		p.excluded(e)
	default: // tells nothing of these
	}
}

// said takes a word of the applicant, or a reply after which the ticket is to have a status, "" for the one that it has.
func (p *progression) said(m *Message, to Status) {
	switch {
	case m.Kind == KindApplicant:
		if !p.status.InHand() {
			p.aside = nil
		}
		p.move(reopened(p.status))
		p.word(m.CreatedAt)
	case m.Delivery == DeliveryWithdrawn:
	case m.counts():
		p.FirstRespondedAt = earlier(p.FirstRespondedAt, &m.CreatedAt)
		p.waiting, p.aside = nil, nil
		p.set(to, m.CreatedAt)
	default:
		if to == StatusSolved {
			p.SolvedAt = earlier(p.SolvedAt, &m.CreatedAt)
		}
		p.word(m.CreatedAt)
		if to != "" {
			p.set(reopened(to), m.CreatedAt)
		}
	}
}

// word is one that nobody has answered yet.
func (p *progression) word(at time.Time) {
	into := &p.waiting
	if !p.status.InHand() {
		into = &p.aside
	}
	if *into == nil {
		*into = &at
	}
}

func (p *progression) changed(e *Event) {
	to := Status(e.Data.To)
	if p.ExcludedReason != "" && !p.shut && to == StatusClosed {
		p.shut = true
		return
	}
	if e.Actor == ActorApplicant && !to.InHand() {
		p.waiting, p.aside = nil, nil
	}
	p.set(to, e.At)
}

// set is a status that somebody asked for.
func (p *progression) set(to Status, at time.Time) {
	if to == "" {
		return
	}
	if to == StatusSolved {
		p.SolvedAt = earlier(p.SolvedAt, &at)
	}
	p.Status, p.shut = to, true
	p.move(to)
}

// move puts words aside with the ticket, and brings them back with it.
func (p *progression) move(to Status) {
	switch {
	case p.status.InHand() && !to.InHand():
		p.waiting, p.aside = nil, p.waiting
	case !p.status.InHand() && to.InHand():
		p.waiting, p.aside = p.aside, nil
	}
	p.status = to
}

func (p *progression) excluded(e *Event) {
	shown := p.timeline().Status
	p.Status, p.shut = StatusClosed, shown == StatusClosed // also for another reason, after somebody has set a status
	p.ExcludedReason, p.ExcludedAt = e.Data.To, &e.At
	if e.Data.To == "" {
		p.ExcludedAt = nil
	}
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}
