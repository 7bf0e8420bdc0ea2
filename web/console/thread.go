package console

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
)

// entry is one item of a thread: a message, or what happened between two messages.
type entry struct {
	Message      *ticket.Message
	Fresh        bool // it arrived while the reader wrote
	Withdrawable bool
	SecondsLeft  int  // until its mail goes out
	UndoKey      bool // a key takes it back: the reader's own newest
	Events       []eventLine
	Unsent       *unsentLine // why its mail has not left
	Late         eventLine   // a mail server on the way has not passed it on yet: why
}

// unsentLine is a mail that has not left, in plain words.
type unsentLine struct {
	outbox.Unsent
	Fault string
	Code  string
}

func (t teller) unsent(u outbox.Unsent) unsentLine {
	l := unsentLine{Unsent: u, Fault: t.p.Find("console.fault."+u.Fault, t.p.T("console.fault.unknown"))}
	switch u.State {
	case outbox.MailUnconfirmed:
		l.Fault = t.p.T("console.fault.unanswered")
	case outbox.MailExpired:
		l.Fault = t.p.T("console.fault.expired")
	default: // the fault of the server's answer
	}
	if u.Code > 0 {
		l.Code = strings.TrimSpace(strconv.Itoa(u.Code) + " " + u.Status)
	}
	return l
}

// Last is what happened last.
func (e entry) Last() eventLine { return e.Events[len(e.Events)-1] }

// eventLine is an event in plain words.
type eventLine struct {
	At   time.Time
	Who  string
	Text string
	Mail int64 // the mail that it is about; 0 for none
}

// toldByMessage are the events that a message in the thread tells of itself.
var toldByMessage = []ticket.EventKind{
	ticket.EventOpened, ticket.EventReplied, ticket.EventNoted, ticket.EventReplySent, ticket.EventReplyFailed, ticket.EventReplyWithdrawn,
	ticket.EventApplicantWrote,
}

// told reports whether a message tells of the event. A reply at the desk that a ticket came from has none here.
func told(e ticket.Event) bool {
	return slices.Contains(toldByMessage, e.Kind) && (e.Kind != ticket.EventReplied || e.Actor != ticket.ActorImport)
}

// weave puts messages and events into one order of time and folds events that stand together.
func weave(messages []ticket.Message, events []ticket.Event, now time.Time, say func(ticket.Event) eventLine) []entry {
	type item struct {
		at      time.Time
		message *ticket.Message
		event   *ticket.Event
	}
	var items []item
	for i := range messages {
		items = append(items, item{at: messages[i].CreatedAt, message: &messages[i]})
	}
	for i := range events {
		if !told(events[i]) {
			items = append(items, item{at: events[i].At, event: &events[i]})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.at.UnixMicro(), b.at.UnixMicro()) })
	var thread []entry
	for _, it := range items {
		if it.message != nil {
			e := entry{Message: it.message, Withdrawable: it.message.Withdrawable(now)}
			if e.Withdrawable {
				e.SecondsLeft = int(math.Ceil(it.message.DeliverAt.Sub(now).Seconds()))
			}
			thread = append(thread, e)
			continue
		}
		if last := len(thread) - 1; last >= 0 && thread[last].Message == nil {
			thread[last].Events = append(thread[last].Events, say(*it.event))
			continue
		}
		thread = append(thread, entry{Events: []eventLine{say(*it.event)}})
	}
	return thread
}

// markMine gives the key that takes a reply back to the newest one of the reader's own.
func (d *ticketPage) markMine() {
	for i := len(d.Thread) - 1; i >= 0; i-- {
		if e := &d.Thread[i]; e.Withdrawable && e.Message.StaffID != nil && *e.Message.StaffID == d.Myself {
			e.UndoKey = true
			return
		}
	}
}

// teller writes events in plain words.
type teller struct {
	p        *messages.Printer
	staff    []staff.Member
	accounts []account.Account // those that the events name
	myself   int64
}

// line tells one event. Every kind of event has a message "console.event.<kind>"; one that is not known yet tells its name.
func (t teller) line(e ticket.Event) eventLine {
	return eventLine{At: e.At, Who: t.who(e), Text: t.text(e), Mail: e.Data.Mail}
}

func (t teller) who(e ticket.Event) string {
	if e.StaffID != nil {
		if *e.StaffID == t.myself {
			return t.p.T("console.you")
		}
		return e.StaffName
	}
	return t.p.Find("console.actor."+string(e.Actor), string(e.Actor))
}

func (t teller) text(e ticket.Event) string {
	p, key := t.p, "console.event."+string(e.Kind)
	switch e.Kind {
	case ticket.EventAssigned:
		if e.Data.To == "" {
			return p.T("console.event.unassigned", "name", t.member(e.Data.From))
		}
		return p.T(key, "name", t.member(e.Data.To))
	case ticket.EventRated:
		return p.T(key + "_" + e.Data.To)
	case ticket.EventStatusChanged:
		if e.Actor == ticket.ActorApplicant {
			return p.T("console.event.applicant_solved")
		}
		if e.Data.From == "" {
			return p.T("console.event.status_set", "to", p.Find("status."+e.Data.To, e.Data.To))
		}
		return p.T(key, "from", p.Find("status."+e.Data.From, e.Data.From), "to", p.Find("status."+e.Data.To, e.Data.To))
	case ticket.EventLinked, ticket.EventUnlinked, ticket.EventLinkConfirmed, ticket.EventLinkUndone:
		return t.linkText(e)
	case ticket.EventExcluded:
		if e.Data.To == "" {
			return p.T("console.event.included", "reason", p.Find("console.reason."+e.Data.From, e.Data.From))
		}
		return p.T(key, "reason", p.Find("console.reason."+e.Data.To, e.Data.To))
	case ticket.EventQuarantined:
		return p.T(key, "reasons", t.suspicions(strings.Split(e.Data.Reason, ",")))
	case ticket.EventFileScanned:
		return p.Find(key+"_"+e.Data.To, p.T(key))
	case ticket.EventReplyBounced, ticket.EventAcknowledgementBounced, ticket.EventLinkBounced:
		return p.Find(key+"_"+e.Data.Reason, p.T(key, "reason", p.Find("console.bounce."+e.Data.Reason, e.Data.Reason)))
	case ticket.EventReplyInTransit:
		return p.T(key, "reason", t.transit(e.Data.Reason))
	case ticket.EventAcknowledged:
		if e.Data.Reason != "" {
			return p.Find("console.event.acknowledged_"+e.Data.Reason, p.T("console.event.acknowledged_failed"))
		}
	case ticket.EventReplyDelayed, ticket.EventAcknowledgementDelayed:
		return p.T(key, "reason", p.Find("console.fault."+e.Data.Reason, e.Data.Reason), "code", e.Data.Code)
	case ticket.EventSentAgain:
		if e.Data.Message == 0 {
			return p.T("console.event.acknowledged_again")
		}
	case ticket.EventAccountRevealed:
		return p.Find(key+"_"+e.Data.Reason, p.T(key))
	default: // the kind says all
	}
	return p.Find(key, strings.ReplaceAll(string(e.Kind), "_", " "))
}

func (t teller) linkText(e ticket.Event) string {
	p := t.p
	from, to := ticket.Link{}, ticket.Link{}
	if e.Data.LinkFrom != nil {
		from = *e.Data.LinkFrom
	}
	if e.Data.LinkTo != nil {
		to = *e.Data.LinkTo
	}
	state := p.Find("link_state."+string(to.State), string(to.State))
	switch {
	case e.Kind == ticket.EventLinkUndone && to.Account != 0:
		return p.T("console.event.link_undone_to", "account", t.account(to.Account))
	case e.Kind == ticket.EventLinkUndone:
		return p.T("console.event.link_undone", "account", t.account(from.Account))
	case e.Kind == ticket.EventUnlinked:
		return p.T("console.event.unlinked", "account", t.account(from.Account))
	case e.Kind == ticket.EventLinkConfirmed:
		return p.T("console.event.link_confirmed", "account", t.account(to.Account))
	case to.Account == 0:
		return p.T("console.event.not_linked", "state", state)
	case e.Actor == ticket.ActorStaff:
		return p.T("console.event.linked_by_person", "account", t.account(to.Account))
	}
	return p.T("console.event.linked", "account", t.account(to.Account), "state", state)
}

func (t teller) account(id int64) string {
	for _, a := range t.accounts {
		if a.ID == id {
			return identifier.FormatAccountNumber(a.Number)
		}
	}
	return t.p.T("console.no_account")
}

func (t teller) member(id string) string {
	for _, m := range t.staff {
		if strconv.FormatInt(m.ID, 10) == id {
			return m.Name
		}
	}
	return t.p.T("console.somebody")
}

func (t teller) suspicions(codes []string) string {
	var words []string
	for _, code := range codes {
		words = append(words, t.p.Find("console.suspicion."+code, code))
	}
	return strings.Join(words, "; ")
}

// linkedAccounts gathers the accounts that events name.
func linkedAccounts(events []ticket.Event) []int64 {
	var ids []int64
	for _, e := range events {
		for _, l := range []*ticket.Link{e.Data.LinkFrom, e.Data.LinkTo} {
			if l != nil && l.Account != 0 && !slices.Contains(ids, l.Account) {
				ids = append(ids, l.Account)
			}
		}
	}
	return ids
}

// lastLinkEvent is the latest change of the link, which alone can be undone; nil when there was none.
func lastLinkEvent(events []ticket.Event) *ticket.Event {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Data.LinkFrom != nil {
			return &events[i]
		}
	}
	return nil
}

// bounce is a reply that came back: why, the status that the mail server gave, and its report.
type bounce struct {
	Reason, Code string
	Mail         int64
}

// bounced says why the last reply came back, nil when it did not: until another one has gone out, somebody has to do something.
func bounced(thread []ticket.Message, events []ticket.Event, p *messages.Printer) *bounce {
	var last *ticket.Message
	for i := range thread {
		if m := &thread[i]; m.Kind == ticket.KindReply && m.Delivery != ticket.DeliveryWithdrawn {
			last = m
		}
	}
	if last == nil || last.Delivery != ticket.DeliveryFailed {
		return nil
	}
	for _, e := range slices.Backward(events) {
		if (e.Kind == ticket.EventReplyBounced || e.Kind == ticket.EventReplyFailed) && e.Data.Message == last.ID && e.Data.Reason != "" {
			return &bounce{Reason: p.Find("console.bounce."+e.Data.Reason, e.Data.Reason), Code: e.Data.Code, Mail: e.Data.Mail}
		}
	}
	return nil
}

// transit says why a mail server has not passed a mail on yet.
func (t teller) transit(reason string) string {
	return t.p.Find("console.transit."+reason, t.p.T("console.transit.other"))
}

// markLate says at each reply that a mail server on the way still has it, by the newest report about it.
func (t teller) markLate(thread []entry, events []ticket.Event) {
	for _, e := range events {
		if e.Kind != ticket.EventReplyInTransit {
			continue
		}
		for i := range thread {
			if m := thread[i].Message; m != nil && m.ID == e.Data.Message {
				thread[i].Late = eventLine{At: e.At, Mail: e.Data.Mail, Text: t.transit(e.Data.Reason)}
			}
		}
	}
}
