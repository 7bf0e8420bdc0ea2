package seed

import (
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// lookup is a line of account_lookup: an agent looked for the account, searched for it or found it.
type lookup struct {
	by   int64
	what string
	tag  int32 // of a search; -1 of what is none
	at   time.Time
}

// searches are how often an agent searches for an account that no number leads to. An identifier on file leads there without.
var searches = []weight[int]{{18, 0}, {37, 1}, {26, 2}, {12, 3}, {5, 4}, {2, 6}}

const (
	lookMinutes = 4  // the median of what looking takes, and half as much again for each search
	foundOwner  = 72 // in a hundred of those who have an account it is found
)

// lookUp is what an agent does before an answer at that time to a ticket whose account is not known.
func (s *story) lookUp(a asked, agent staff.Member, at time.Time) {
	link := s.Link()
	if link.Found() {
		return
	}
	found := a.owned != 0 && link.Account == 0 && s.chance(foundOwner)
	n := draw(s.r.Float64(), searches)
	if s.NumberKind == "a_number" || s.NumberKind == "receipt_number" {
		n = min(n, s.r.IntN(2))
	}
	length := s.hours(lookMinutes/60.0, 0.7)
	length += length / 2 * time.Duration(n)
	if room := at.Sub(s.last); length > room {
		length = max(room, 0)
	}
	looked := at.Add(-length)
	s.lookups = append(s.lookups, lookup{agent.ID, "looked", -1, looked})
	for i := range n {
		s.lookups = append(s.lookups, lookup{agent.ID, "searched", int32(i), looked.Add(length * time.Duration(i+1) / time.Duration(n+1))})
	}
	if !found {
		return
	}
	s.lookups = append(s.lookups, lookup{agent.ID, "found", -1, at})
	to := ticket.Link{State: ticket.LinkClaimed, Account: a.owned, Confirmed: true}
	s.setLink(ticket.EventLinked, ticket.Staff(agent.ID), at, link, to, []ticket.Evidence{ticket.EvidenceChosenByAgent})
}
