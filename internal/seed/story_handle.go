package seed

import (
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// firstAnswer is the median of the first response in hours of work, by category.
var firstAnswer = map[string]float64{
	"processing-time": 13, "notice-not-received": 11, "card-not-received": 12, "document-not-received": 12, "error-on-notice": 15,
	"case-question": 14, "change-of-address": 6, "reschedule-appointment": 7, "accommodation": 5, "cannot-sign-in": 4, "access-code": 5,
	"technical-problem": 6, "feedback": 19, "something-else": 11,
}

// byGroup is how much longer it takes, the category being the same: who is found at once is answered sooner. This is the true
// effect that the demo's reports are to find: with a number the first response takes a quarter fewer hours of work than without
// one, in every category alike; with one that cannot be used, a twentieth more. Days are longer than hours of work and start at
// eight, so in time that has passed it is about as much; and with the categories mixed as they are (see categories), the
// medians of the groups differ by less.
var byGroup = map[identifier.Group]float64{identifier.GroupWith: 0.75, identifier.GroupUnusable: 1.05, identifier.GroupWithout: 1}

const (
	spread     = 0.75 // sigma of the logarithm of waiting times
	forgotten  = 1.2  // in a hundred are never answered
	stopBefore = time.Minute
)

// ahead reports whether a moment has not come yet, so that the story ends there.
func (s *story) ahead(at time.Time) bool { return at.After(s.until.Add(-stopBefore)) }

// handle is what the office does with a ticket.
func (s *story) handle(a asked) error {
	if s.chance(forgotten) {
		return nil
	}
	wait := s.hours(firstAnswer[s.Category]*byGroup[s.NumberGroup], spread)
	agent := pick(s.r, s.agents)
	if err := s.before(agent, wait); err != nil {
		return err
	}
	at := s.office.after(s.OpenedAt, wait)
	if at.Before(s.last) {
		at = s.last.Add(s.seconds(60, 600))
	}
	if s.ahead(at) {
		return nil
	}
	s.lookUp(a, agent, at)
	s.settleLink(agent, at)
	next := draw(s.r.Float64(), []weight[ticket.Status]{{46, ticket.StatusSolved}, {30, ticket.StatusPending}, {24, ticket.StatusOpen}})
	if err := s.reply(agent, s.text.answer(), next, at.Add(s.seconds(30, 90))); err != nil {
		return err
	}
	if next != ticket.StatusSolved {
		if err := s.goOn(agent); err != nil {
			return err
		}
	}
	s.closeLater()
	return nil
}

// before is what happens to some tickets before they are answered: somebody hands them out, puts them into the right category,
// or writes a note.
func (s *story) before(agent staff.Member, wait time.Duration) error {
	if at := s.office.after(s.OpenedAt, wait/3); s.chance(25) && !s.ahead(at) && at.After(s.last) {
		s.assign(ticket.Staff(pick(s.r, s.leads).ID), agent.ID, at)
		s.Version, s.UpdatedAt = s.Version+1, at
	}
	if at := s.office.after(s.OpenedAt, wait*2/3); s.chance(12) && !s.ahead(at) && at.After(s.last) {
		return s.note(agent, at)
	}
	return nil
}

func (s *story) assign(by ticket.Actor, to int64, at time.Time) {
	from := idText(s.AssigneeID)
	s.AssigneeID = &to
	s.event(ticket.EventAssigned, by, at, ticket.Data{From: from, To: idText(&to)})
}

func (s *story) note(agent staff.Member, at time.Time) error {
	id, err := s.say(ticket.Message{
		Kind: ticket.KindNote, StaffID: &agent.ID, Body: s.text.fill(pick(s.r, notes)), Delivery: ticket.DeliveryNone,
	}, at)
	if err == nil {
		s.happen(ticket.EventNoted, ticket.Staff(agent.ID), at, ticket.Data{Message: id})
	}
	return err
}

// settleLink is what agents do about links that are not sure, sometimes.
func (s *story) settleLink(agent staff.Member, at time.Time) {
	link := s.Link()
	if !link.Unsure() {
		return
	}
	to := link
	switch draw(s.r.Float64(), []weight[string]{{45, "confirm"}, {20, "unlink"}, {35, "leave"}}) {
	case "confirm":
		to.Confirmed = true
		evidence := append(append([]ticket.Evidence{}, s.LinkEvidence...), ticket.EvidenceChosenByAgent)
		s.setLink(ticket.EventLinkConfirmed, ticket.Staff(agent.ID), at, link, to, evidence)
		if !link.Found() {
			s.lookups = append(s.lookups, lookup{agent.ID, "found", -1, at})
		}
	case "unlink":
		if link.State == ticket.LinkConflict {
			s.setLink(ticket.EventUnlinked, ticket.Staff(agent.ID), at, link, ticket.Link{State: ticket.LinkNone}, []ticket.Evidence{ticket.EvidenceChosenByAgent})
		}
	}
}

// reply is a public reply whose mail went out.
func (s *story) reply(agent staff.Member, body string, to ticket.Status, at time.Time) error {
	deliver := at.Add(undoSend)
	sent := deliver.Add(s.seconds(1, 4))
	id, err := s.say(ticket.Message{
		Kind: ticket.KindReply, StaffID: &agent.ID, Body: body, Delivery: ticket.DeliverySent, Recipient: s.ApplicantEmail,
		DeliverAt: &deliver, DeliveredAt: &sent,
	}, at)
	if err != nil {
		return err
	}
	before := ticket.Data{
		From: string(s.Status), Message: id, AwaitingSince: s.AwaitingSince, FirstRespondedAt: s.FirstRespondedAt, SolvedAt: s.SolvedAt,
	}
	if s.FirstRespondedAt == nil {
		s.FirstRespondedAt = &at
	}
	s.AwaitingSince = nil
	if s.AssigneeID == nil {
		s.assign(ticket.Staff(agent.ID), agent.ID, at)
	}
	s.setStatus(to, at)
	before.To = string(to)
	s.happen(ticket.EventReplied, ticket.Staff(agent.ID), at, before)
	s.happen(ticket.EventReplySent, ticket.Worker(), sent, ticket.Data{Message: id})
	return nil
}

// goOn is what follows a first answer that did not solve the question.
func (s *story) goOn(agent staff.Member) error {
	if s.chance(65) {
		at := s.last.Add(s.hours(20, 1)) // applicants write at any hour
		if s.ahead(at) {
			return nil
		}
		if _, err := s.say(ticket.Message{Kind: ticket.KindApplicant, Body: s.text.further(), Delivery: ticket.DeliveryNone}, at); err != nil {
			return err
		}
		s.AwaitingSince, s.UpdatedAt = &at, at
		s.Version++
		if at = s.office.after(at, s.hours(5, spread)); s.ahead(at) {
			return nil
		}
		return s.reply(agent, s.text.secondAnswer(), ticket.StatusSolved, at)
	}
	if at := s.office.after(s.last, s.hours(4, 0.5)); s.chance(15) && !s.ahead(at) {
		s.changeStatus(ticket.Staff(agent.ID), ticket.StatusOnHold, at)
	}
	// Nobody wrote again: the agent puts it away after some weeks.
	if at := s.office.after(s.last, s.hours(90, 0.6)); !s.ahead(at) {
		s.changeStatus(ticket.Staff(agent.ID), ticket.StatusSolved, at)
	}
	return nil
}

// closeLater closes what has been solved for a month.
func (s *story) closeLater() {
	if s.Status != ticket.StatusSolved {
		return
	}
	if at := s.last.Add(30 * 24 * time.Hour); !s.ahead(at) {
		s.changeStatus(ticket.Worker(), ticket.StatusClosed, at)
	}
}
