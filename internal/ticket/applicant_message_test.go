package ticket_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

func said(token byte) ticket.Said {
	return ticket.Said{Channel: ticket.ChannelEmail, Body: "Thank you. One more thing.", Token: [16]byte{token}}
}

func (d *desk) say(reference string, token byte) ticket.Message {
	d.Helper()
	m, err := d.tickets.AddMessage(d.Context(), reference, said(token))
	d.must(err)
	return m
}

func TestAddMessageMakesTheApplicantWait(t *testing.T) {
	t.Parallel()
	for from, want := range map[ticket.Status]ticket.Status{
		ticket.StatusNew: ticket.StatusNew, ticket.StatusOpen: ticket.StatusOpen, ticket.StatusOnHold: ticket.StatusOnHold,
		ticket.StatusPending: ticket.StatusOpen, ticket.StatusSolved: ticket.StatusOpen, ticket.StatusClosed: ticket.StatusOpen,
	} {
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			opened := d.open("")
			d.now = d.now.Add(time.Hour)
			waited := opened.OpenedAt
			if from != ticket.StatusNew {
				_, err := d.tickets.Reply(t.Context(), ticket.Staff(d.ana), opened.Reference, ticket.Draft{Body: "Yes.", Status: from})
				d.must(err)
				waited = d.now.Add(time.Hour)
			}
			d.now = d.now.Add(time.Hour)
			before := d.read(opened.Reference)
			m := d.say(opened.Reference, 1)
			after := d.read(opened.Reference)
			if after.Status != want {
				t.Errorf("status %s, want %s", after.Status, want)
			}
			if after.AwaitingSince == nil || !after.AwaitingSince.Equal(waited) {
				t.Errorf("awaiting since %v, want %v", after.AwaitingSince, waited)
			}
			if diff := cmp.Diff(before.SolvedAt, after.SolvedAt); diff != "" {
				t.Errorf("first time solved (-want +got):\n%s", diff)
			}
			thread, err := d.tickets.Thread(t.Context(), opened.ID)
			d.must(err)
			if last := thread[len(thread)-1]; last.ID != m.ID || last.Kind != ticket.KindApplicant {
				t.Errorf("the last message is %+v", last)
			}
		})
	}
}

func TestAddMessageOnceForAToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one, other := d.open(""), d.open("", func(in *ticket.Inquiry) { in.Token = [16]byte{77} })
	first, again := d.say(one.Reference, 9), d.say(one.Reference, 9)
	if first.ID != again.ID {
		t.Errorf("a second message %d, want %d again", again.ID, first.ID)
	}
	if _, err := d.tickets.AddMessage(t.Context(), other.Reference, said(9)); !failure.Is(err, failure.KindConflict) {
		t.Errorf("another ticket took the token: %v", err)
	}
	if got := d.read(one.Reference).Version; got != 2 {
		t.Errorf("version %d, want 2: the second time changes nothing", got)
	}
}

func TestAddMessageKeepsFilesAndRefusesExcluded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	in := said(3)
	in.Attachments = []ticket.Attachment{{
		Name: "card.png", MediaType: "image/png", Size: 5, SHA256: make([]byte, 32), StorageKey: "ab/card", Scan: ticket.ScanWaiting,
	}}
	m, err := d.tickets.AddMessage(t.Context(), opened.Reference, in)
	d.must(err)
	if d.task(ticket.OutboxFileStored, "scan_file", m.Attachments[0].ID) == 0 {
		t.Error("the file waits for a scan that never comes")
	}
	_, err = d.tickets.Exclude(t.Context(), ticket.Staff(d.ana), opened.Reference, "spam")
	d.must(err)
	if _, err := d.tickets.AddMessage(t.Context(), opened.Reference, said(4)); !failure.Is(err, failure.KindConflict) {
		t.Errorf("an excluded ticket took a message: %v", err)
	}
	if _, err := d.tickets.AddMessage(t.Context(), opened.Reference, ticket.Said{Body: " ", Token: [16]byte{5}}); !failure.Is(err, failure.KindInvalid) {
		t.Errorf("an empty message: %v", err)
	}
}

func TestNumberInALaterMessageLinks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, account := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	opened := d.open("")
	in := said(6)
	in.Number = identifier.FindInText("My account number is " + number + ".")
	_, err := d.tickets.AddMessage(t.Context(), opened.Reference, in)
	d.must(err)
	got := d.link(opened)
	if got.AccountID == nil || *got.AccountID != account || got.LinkState != ticket.LinkCorroborated {
		t.Errorf("linked to %v as %s, want %d as corroborated", got.AccountID, got.LinkState, account)
	}
	if got.NumberGroup != identifier.GroupWithout {
		t.Errorf("the group at submission became %s", got.NumberGroup)
	}
}

// A third person's mail that a member of staff adds stands under its sender's name, for agents and for the applicant; the history says who
// added it, and the ticket waits for an answer.
func TestAddedMailStandsUnderItsSender(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.open("")
	d.reply(asked.Reference, "It was mailed.", ticket.StatusSolved)
	_, err := d.tickets.AddMessage(t.Context(), asked.Reference, ticket.Said{
		Channel: ticket.ChannelEmail, Body: "My sister has not got it.", Token: [16]byte{9},
		Author: &ticket.Author{Name: "Bo Núñez", Email: "bo@mail.example", AddedBy: d.ben},
	})
	d.must(err)
	thread, err := d.tickets.Thread(t.Context(), asked.ID)
	d.must(err)
	last := thread[len(thread)-1]
	if !last.ByOther() || last.AuthorName != "Bo Núñez" || last.AuthorEmail != "bo@mail.example" || last.AddedByName != "ben@desk.example" {
		t.Errorf("the last message is %+v", last)
	}
	if thread[0].ByOther() || thread[1].ByOther() {
		t.Error("the applicant's question or the answer is another's")
	}
	seen := d.follow(asked).Messages
	if by := seen[len(seen)-1]; by.By != "Bo Núñez" || seen[0].By != "" || seen[1].By != "" {
		t.Errorf("the applicant sees it as %q's", by.By)
	}
	events, err := d.tickets.Events(t.Context(), asked.ID)
	d.must(err)
	if e := events[len(events)-1]; e.Kind != ticket.EventApplicantWrote || e.Actor != ticket.ActorStaff || *e.StaffID != d.ben {
		t.Errorf("the history says %s by %s", e.Kind, e.Actor)
	}
	if got := d.read(asked.Reference); got.AwaitingSince == nil || got.Status != ticket.StatusOpen {
		t.Errorf("the ticket is %s, waiting since %v", got.Status, got.AwaitingSince)
	}
}
