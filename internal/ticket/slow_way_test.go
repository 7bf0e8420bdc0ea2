package ticket_test

import (
	"slices"
	"strconv"
	"time"
)

// told is a ticket as its messages and events tell it, and nothing else. It answers each question by looking through all of them, the
// way one would explain it; internal/ticket/timeline.go walks through them once.
type told struct {
	opened   time.Time
	messages []toldMessage
	events   []toldEvent
}

type toldMessage struct {
	TicketID  int64
	ID        int64
	Kind      string
	CreatedAt time.Time
	Delivery  string
}

type toldEvent struct {
	TicketID       int64
	Kind           string
	Actor          string
	At             time.Time
	From, To       string
	Message        int64
	Delivery       string    // of the message
	MessageWritten time.Time // the message's
}

func putAway(status string) bool { return status == "solved" || status == "closed" }

func reachedSomebody(delivery string) bool { return delivery == "waiting" || delivery == "sent" }

// firstResponse is the first reply that was neither taken back nor lost.
func (h told) firstResponse() (at time.Time) {
	for _, m := range h.messages {
		if m.Kind == "reply" && reachedSomebody(m.Delivery) && (at.IsZero() || m.CreatedAt.Before(at)) {
			at = m.CreatedAt
		}
	}
	return at
}

// solved is the first time that somebody solved it, other than by a reply that was taken back.
func (h told) solved() time.Time {
	for _, e := range h.events {
		if (e.Kind == "status_changed" || e.Kind == "replied") && e.To == "solved" && e.Delivery != "withdrawn" {
			return e.At
		}
	}
	return time.Time{}
}

// excluded is why it counts in no figure, "" when it does, after the first n events.
func (h told) excluded(n int) (reason string) {
	for _, e := range h.events[:n] {
		if e.Kind == "excluded" {
			reason = e.To
		}
	}
	return reason
}

// closedByExclusion reports whether the event is the closing that goes with an exclusion.
func (h told) closedByExclusion(i int) bool {
	return h.events[i].Kind == "status_changed" && h.events[i].To == "closed" && i > 0 && h.events[i-1].Kind == "excluded" && h.events[i-1].To != ""
}

// standing is the status after the first n events, an exclusion aside.
func (h told) standing(n int) string {
	if n == 0 {
		return "new"
	}
	e, before := h.events[n-1], h.standing(n-1)
	toBeLookedAt := before
	if before == "pending" || putAway(before) {
		toBeLookedAt = "open"
	}
	switch {
	case e.Kind == "status_changed" && !h.closedByExclusion(n-1):
		return e.To
	case e.Kind == "replied" && e.Delivery == "failed" && (e.To == "pending" || putAway(e.To)):
		return "open"
	case e.Kind == "replied" && e.Delivery != "withdrawn":
		return e.To
	case e.Kind == "applicant_wrote", e.Kind == "reply_bounced", e.Kind == "reply_failed":
		return toBeLookedAt
	}
	return before
}

// status is what the desk shows: an excluded ticket is closed, unless somebody has given it another status since.
func (h told) status() string {
	if h.excluded(len(h.events)) == "" {
		return h.standing(len(h.events))
	}
	status := "closed"
	for i, e := range h.events {
		switch {
		case e.Kind == "excluded" && e.To != "":
			status = "closed"
		case e.Kind == "status_changed" && !h.closedByExclusion(i):
			status = e.To
		}
	}
	return status
}

// waiting is the first word of the applicant that is still to be answered: the question, a message, or one of ours that never reached
// them.
func (h told) waiting() time.Time {
	if putAway(h.status()) || h.excluded(len(h.events)) != "" {
		return time.Time{}
	}
	if h.unanswered(-1) {
		return h.opened
	}
	for i, e := range h.events {
		if (e.Kind == "applicant_wrote" || e.Kind == "replied" && e.Delivery == "failed") && h.unanswered(i) {
			return e.MessageWritten
		}
	}
	return time.Time{}
}

// unanswered reports whether nothing after the i-th event settles what the applicant said there.
func (h told) unanswered(i int) bool {
	for j := i + 1; j < len(h.events); j++ {
		e := h.events[j]
		switch {
		case e.Kind == "replied" && reachedSomebody(e.Delivery):
			return false
		case e.Kind == "status_changed" && e.Actor == "applicant" && putAway(e.To):
			return false
		case e.Kind == "applicant_wrote" && putAway(h.standing(j)): // what was put away is put away: they speak of something new
			return false
		}
	}
	return true
}

func (h told) assignee() (id int64) {
	for _, e := range h.events {
		if e.Kind == "assigned" {
			id, _ = strconv.ParseInt(e.To, 10, 64)
		}
	}
	return id
}

func (h told) suspected() bool {
	has := func(kind string) bool {
		return slices.ContainsFunc(h.events, func(e toldEvent) bool { return e.Kind == kind })
	}
	return has("quarantined") && !has("released")
}

// in reports whether a view holds the ticket.
func (h told) in(view string, myself int64) bool {
	shown := h.excluded(len(h.events)) == "" && !h.suspected()
	work := shown && !putAway(h.status())
	switch view {
	case "unanswered":
		return shown && !h.waiting().IsZero()
	case "mine":
		return work && h.assignee() == myself
	case "unassigned":
		return work && h.assignee() == 0
	case "in-hand":
		return work
	case "solved":
		return shown && putAway(h.status())
	case "all":
		return true
	case "quarantine":
		return h.suspected() && h.excluded(len(h.events)) == ""
	}
	panic("no such view: " + view)
}
