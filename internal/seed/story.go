package seed

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// story is one ticket and all that happened to it, in order, told as the application would have written it.
type story struct {
	ticket.Ticket
	messages []ticket.Message
	events   []ticket.Event
	lookups  []lookup

	*teller
	r    *rand.Rand
	text wording
	last time.Time // of what happened so far
}

// teller makes stories. What it needs of the desk is read once.
type teller struct {
	world
	office   *office
	accounts []int64 // the rows of the seed's accounts, from index first on
	first    uint64
	queues   map[string]int64 // category -> queue
	agents   []staff.Member
	leads    []staff.Member
	message  func() (int64, error) // the next free ID of a message
	told     story                 // the last one; the next one takes its place
}

// undoSend is how long replies could be withdrawn before their mail went out.
const undoSend = 30 * time.Second

// tell makes the i-th ticket, opened at that moment. It holds until the next one is told.
func (t *teller) tell(i uint64, id int64, reference string, opened time.Time) (*story, error) {
	s := &t.told
	*s = story{teller: t, r: stream(t.seed, ofTicket, i), last: opened, messages: s.messages[:0], events: s.events[:0], lookups: s.lookups[:0]}
	s.Ticket = ticket.Ticket{
		ID: id, Reference: reference, Version: 1, Status: ticket.StatusNew, Priority: s.priority(), Channel: ticket.ChannelSeed,
		OpenedAt: opened, UpdatedAt: opened, AwaitingSince: &opened, LinkState: ticket.LinkNone,
	}
	if s.chance(0.6) {
		return s, s.advertise()
	}
	a := s.ask()
	if err := s.open(a); err != nil {
		return s, err
	}
	s.link(a)
	if a.duplicate {
		s.exclude("duplicate", s.office.after(s.last, s.hours(2, 0.8)))
		return s, nil
	}
	return s, s.handle(a)
}

// chance is true in so many of a hundred cases.
func (s *story) chance(percent float64) bool { return s.r.Float64()*100 < percent }

// hours draws a log-normal time around a median.
func (s *story) hours(median, sigma float64) time.Duration {
	return time.Duration(median * math.Exp(sigma*s.r.NormFloat64()) * float64(time.Hour)).Truncate(time.Microsecond)
}

func (s *story) priority() string {
	switch at := s.r.IntN(100); {
	case at < 2:
		return "urgent"
	case at < 12:
		return "high"
	case at < 15:
		return "low"
	}
	return "normal"
}

// open writes what accepting an inquiry writes, and the acknowledgement.
func (s *story) open(a asked) error {
	s.Language, s.Category, s.CategorySubmitted = a.language, a.category, a.category
	s.QueueID = s.queues[a.category]
	s.ApplicantName, s.ApplicantEmail = a.name, a.email
	s.text = wording{r: s.r, language: a.language, category: a.category, name: a.name, form: a.form}
	s.Subject = s.text.subject()
	question := s.text.question(a.inText)
	reading := identifier.Reading{Kind: identifier.KindNone, Group: identifier.GroupWithout} // none of the texts has a number
	if a.given != "" || a.inText != "" {
		reading = identifier.ReadInquiry(a.given, s.Subject, question)
	}
	s.NumberGiven, s.NumberRead, s.NumberKind = reading.Given, reading.Normal, reading.Kind
	s.NumberInText, s.NumberGroup = reading.InText, reading.Group
	if _, err := s.say(ticket.Message{Kind: ticket.KindInquiry, Body: question, Delivery: ticket.DeliveryNone}, s.OpenedAt); err != nil {
		return err
	}
	s.event(ticket.EventOpened, ticket.Actor{Kind: ticket.ActorApplicant}, s.OpenedAt, ticket.Data{})
	s.happen(ticket.EventAcknowledged, ticket.Worker(), s.OpenedAt.Add(s.seconds(2, 15)), ticket.Data{})
	return nil
}

func (s *story) seconds(from, to int) time.Duration {
	return time.Duration(from*1000+s.r.IntN((to-from)*1000)) * time.Millisecond
}

// link does what the worker does with a number.
func (s *story) link(a asked) {
	if s.NumberGroup == identifier.GroupWithout {
		return
	}
	facts := a.facts
	facts.Group, facts.Kind, facts.InText, facts.Name, facts.Email = s.NumberGroup, s.NumberKind, s.NumberInText, a.name, a.email
	d := ticket.DecideLink(facts)
	s.setLink(ticket.EventLinked, ticket.Worker(), s.last.Add(s.seconds(1, 5)), ticket.Link{State: ticket.LinkWaiting}, d.Link, d.Evidence)
}

func (s *story) setLink(kind ticket.EventKind, by ticket.Actor, at time.Time, from, to ticket.Link, evidence []ticket.Evidence) {
	before := s.LinkEvidence
	s.LinkState, s.LinkEvidence, s.AccountID, s.LinkConfirmedAt = to.State, evidence, nil, nil
	if to.Account != 0 {
		s.AccountID = &to.Account
	}
	if to.Confirmed {
		s.LinkConfirmedAt = &at
	}
	s.happen(kind, by, at, ticket.Data{LinkFrom: &from, LinkTo: &to, EvidenceFrom: before, Evidence: evidence})
}

// say adds a message and gives its ID.
func (s *story) say(m ticket.Message, at time.Time) (int64, error) {
	id, err := s.message()
	if err != nil {
		return 0, err
	}
	m.ID, m.TicketID, m.CreatedAt = id, s.ID, at
	s.messages = append(s.messages, m)
	s.last = at
	return id, nil
}

// event records what happened.
func (s *story) event(kind ticket.EventKind, by ticket.Actor, at time.Time, data ticket.Data) {
	e := ticket.Event{TicketID: s.ID, Kind: kind, Actor: by.Kind, At: at, Data: data}
	if by.Kind == ticket.ActorStaff {
		e.StaffID = &by.StaffID
	}
	s.events = append(s.events, e)
	s.last = at
}

// happen is event with the change of the ticket that every use case after the first makes.
func (s *story) happen(kind ticket.EventKind, by ticket.Actor, at time.Time, data ticket.Data) {
	s.event(kind, by, at, data)
	s.Version++
	s.UpdatedAt = at
}

// setStatus is what the service does: the first time of being solved stays.
func (s *story) setStatus(to ticket.Status, at time.Time) {
	s.Status = to
	if to.InHand() {
		return
	}
	if s.SolvedAt == nil && to == ticket.StatusSolved {
		s.SolvedAt = &at
	}
	s.AwaitingSince = nil
}

func (s *story) changeStatus(by ticket.Actor, to ticket.Status, at time.Time) {
	from := s.Status
	s.setStatus(to, at)
	s.happen(ticket.EventStatusChanged, by, at, ticket.Data{From: string(from), To: string(to)})
}

// exclude takes the ticket out of every figure, unless that is still to come.
func (s *story) exclude(reason string, at time.Time) {
	if at.After(s.until) {
		return
	}
	by := ticket.Staff(pick(s.r, s.agents).ID)
	s.ExcludedReason, s.ExcludedAt = reason, &at
	s.event(ticket.EventExcluded, by, at, ticket.Data{To: reason})
	s.changeStatus(by, ticket.StatusClosed, at)
}

// advertise is an inquiry that is none: quarantined, and put away as spam once somebody has seen it.
func (s *story) advertise() error {
	p := newPerson(s.r)
	text := pick(s.r, advertising)
	s.Language, s.Category, s.CategorySubmitted, s.QueueID = "en", "something-else", "something-else", s.queues["something-else"]
	s.ApplicantName, s.ApplicantEmail = p.name, p.handle+"@offers.example"
	s.Subject, s.NumberKind, s.NumberGroup = text[0], identifier.KindNone, identifier.GroupWithout
	s.SuspectedOf = []string{pick(s.r, []string{string(ticket.SuspectHoneypot), string(ticket.SuspectTooFast)})}
	if _, err := s.say(ticket.Message{Kind: ticket.KindInquiry, Body: text[1], Delivery: ticket.DeliveryNone}, s.OpenedAt); err != nil {
		return err
	}
	s.event(ticket.EventOpened, ticket.Actor{Kind: ticket.ActorApplicant}, s.OpenedAt, ticket.Data{})
	s.event(ticket.EventQuarantined, ticket.Worker(), s.OpenedAt, ticket.Data{Reason: s.SuspectedOf[0]})
	s.happen(ticket.EventAcknowledged, ticket.Worker(), s.OpenedAt.Add(s.seconds(2, 15)), ticket.Data{})
	if s.chance(75) { // the others wait for somebody to look
		s.exclude("spam", s.office.after(s.OpenedAt, s.hours(10, 1)))
	}
	return nil
}

func idText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

func marshal(d ticket.Data) []byte {
	data, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	return data
}
