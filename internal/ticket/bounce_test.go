package ticket_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// deliver makes a reply that was sent.
func (d *desk) deliver(reference string, status ticket.Status) ticket.Message {
	d.Helper()
	m, err := d.tickets.Reply(d.Context(), ticket.Staff(d.ana), reference, ticket.Draft{Body: "Your card is on its way.", Status: status})
	d.must(err)
	_, err = d.db.Exec(d.Context(), `UPDATE message SET delivery = 'sent', delivered_at = $2 WHERE id = $1`, m.ID, d.now)
	d.must(err)
	return m
}

func TestBouncedReplyDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	d.now = d.now.Add(time.Hour)
	first := d.deliver(opened.Reference, ticket.StatusPending)
	d.now = d.now.Add(time.Hour)
	got, err := d.tickets.Bounced(t.Context(), opened.Reference, first.ID, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
	d.must(err)
	if got.FirstRespondedAt != nil || got.Status != ticket.StatusOpen || got.AwaitingSince == nil || !got.AwaitingSince.Equal(opened.OpenedAt) {
		t.Errorf("answered %v, %s, awaiting since %v; want no answer, open, since it was opened", got.FirstRespondedAt, got.Status, got.AwaitingSince)
	}
	again, err := d.tickets.Bounced(t.Context(), opened.Reference, first.ID, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
	d.must(err)
	if again.Version != got.Version {
		t.Error("the second bounce of one reply changed the ticket")
	}
	events, err := d.tickets.Events(t.Context(), opened.ID)
	d.must(err)
	want := ticket.Data{Message: first.ID, Reason: "no_mailbox", From: "pending", To: "open"}
	if diff := cmp.Diff(want, events[len(events)-1].Data); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	d.now = d.now.Add(time.Hour)
	second := d.deliver(opened.Reference, "")
	if got := d.read(opened.Reference).FirstRespondedAt; got == nil || !got.Equal(second.CreatedAt) {
		t.Errorf("first response %v, want the one that arrived, %v", got, second.CreatedAt)
	}
}

func TestBounceAfterALaterAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	d.now = d.now.Add(time.Hour)
	first := d.deliver(opened.Reference, "")
	d.now = d.now.Add(time.Hour)
	second := d.deliver(opened.Reference, "")
	got, err := d.tickets.Bounced(t.Context(), opened.Reference, first.ID, ticket.Data{Reason: string(ticket.BounceFull)})
	d.must(err)
	if got.FirstRespondedAt == nil || !got.FirstRespondedAt.Equal(second.CreatedAt) || got.AwaitingSince != nil {
		t.Errorf("answered %v, awaiting since %v; want %v and nobody waiting", got.FirstRespondedAt, got.AwaitingSince, second.CreatedAt)
	}
	other := d.open("", func(in *ticket.Inquiry) { in.Token = [16]byte{78} })
	if _, err := d.tickets.Bounced(t.Context(), other.Reference, first.ID, ticket.Data{Reason: string(ticket.BounceFull)}); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("another ticket's reply: %v", err)
	}
}
