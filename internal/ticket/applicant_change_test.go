package ticket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

func TestSolveByApplicant(t *testing.T) {
	t.Parallel()
	for from, stays := range map[ticket.Status]bool{
		ticket.StatusNew: false, ticket.StatusOpen: false, ticket.StatusPending: false, ticket.StatusOnHold: false,
		ticket.StatusSolved: true, ticket.StatusClosed: true,
	} {
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			asked := d.open("")
			if from != ticket.StatusNew {
				d.now = d.now.Add(time.Hour)
				_, err := d.tickets.SetStatus(t.Context(), ticket.Staff(d.ana), asked.Reference, from)
				d.must(err)
			}
			before := d.read(asked.Reference)
			d.now = d.now.Add(time.Hour)
			solved, err := d.tickets.SolveByApplicant(t.Context(), ticket.Follower(asked.ID, asked.Email), asked.Reference)
			d.must(err)
			_, err = d.tickets.SolveByApplicant(t.Context(), ticket.Follower(asked.ID, asked.Email), asked.Reference)
			d.must(err)
			got, want := d.read(asked.Reference), before
			if !stays {
				want.Status, want.AwaitingSince, want.SolvedAt, want.UpdatedAt, want.Version = ticket.StatusSolved, nil, &d.now, d.now, before.Version+1
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(got, solved); diff != "" {
				t.Errorf("(-read +given)\n%s", diff)
			}
			events, err := d.tickets.Events(t.Context(), asked.ID)
			d.must(err)
			last := events[len(events)-1]
			if told := last.Kind == ticket.EventStatusChanged && last.Actor == ticket.ActorApplicant; told == stays {
				t.Errorf("the last event is %+v", last)
			}
			if d.follow(asked).Progress != ticket.ProgressClosed {
				t.Error("solved without an answer, and not closed")
			}
		})
	}
}

// An applicant may say that it is solved while a reply lies behind that the applicant does not see yet. Withdrawn or not, it is solved
// since the applicant said so, or since the reply.
func TestSolveByApplicantBehindAReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.open("")
	d.now = d.now.Add(time.Hour)
	hidden := d.replyNow(asked.Reference, ticket.Draft{Body: "Done.", Status: ticket.StatusSolved})
	d.now = d.now.Add(time.Second)
	if got := d.follow(asked).Progress; got != ticket.ProgressReceived {
		t.Errorf("behind a reply: %s", got)
	}
	_, err := d.tickets.SolveByApplicant(t.Context(), ticket.Follower(asked.ID, asked.Email), asked.Reference)
	d.must(err)
	if got := d.follow(asked).Progress; got != ticket.ProgressClosed {
		t.Errorf("the applicant's word: %s", got)
	}
	said := d.now
	d.now = d.now.Add(time.Second)
	d.must(d.tickets.WithdrawReply(t.Context(), ticket.Staff(d.ana), asked.Reference, hidden.ID))
	got := d.read(asked.Reference)
	if got.Status != ticket.StatusSolved || got.SolvedAt == nil || !got.SolvedAt.Equal(said) || got.FirstRespondedAt != nil {
		t.Errorf("%s, solved at %v, answered at %v", got.Status, got.SolvedAt, got.FirstRespondedAt)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.open("")
	by := ticket.Follower(asked.ID, asked.Email)
	rate := func(helpful bool, words string) error {
		return d.tickets.Rate(t.Context(), by, asked.Reference, ticket.Rating{Helpful: helpful, Words: words})
	}
	if err := rate(true, ""); !failure.Is(err, failure.KindConflict) {
		t.Errorf("before an answer: %v", err)
	}
	if _, err := d.tickets.Rating(t.Context(), asked.ID); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("no rating: %v", err)
	}
	d.replyNow(asked.Reference, ticket.Draft{Body: "It is on its way.", Status: ticket.StatusPending})
	if err := rate(true, ""); !failure.Is(err, failure.KindConflict) {
		t.Errorf("while the answer can be withdrawn: %v", err)
	}
	d.now = d.now.Add(undo)
	version := d.read(asked.Reference).Version
	if err := rate(true, strings.Repeat("é", ticket.MaxRatingWords+1)); !failure.Is(err, failure.KindInvalid) {
		t.Errorf("too many words: %v", err)
	}
	steps := []struct {
		helpful bool
		words   string
		want    string
	}{
		{true, "", ""}, {true, strings.Repeat("é", ticket.MaxRatingWords), strings.Repeat("é", ticket.MaxRatingWords)},
		{true, "Thank you.", "Thank you."}, {true, "", "Thank you."}, {false, "", ""}, {false, "Too late.", "Too late."}, {false, "Too late.", "Too late."},
	}
	for i, step := range steps {
		d.now = d.now.Add(time.Minute)
		d.must(rate(step.helpful, step.words))
		got, err := d.tickets.Rating(t.Context(), asked.ID)
		d.must(err)
		if diff := cmp.Diff(ticket.Rating{Helpful: step.helpful, Words: step.want}, got, cmpopts.IgnoreFields(ticket.Rating{}, "At")); diff != "" {
			t.Errorf("step %d (-want +got)\n%s", i, diff)
		}
		if diff := cmp.Diff(&got, d.follow(asked).Rating); diff != "" {
			t.Errorf("step %d (-read +thread)\n%s", i, diff)
		}
	}
	var told []string
	d.must(d.db.QueryRow(t.Context(), `
		SELECT array_agg(data->>'to' ORDER BY id) FROM ticket_event WHERE ticket_id = $1 AND kind = 'rated' AND actor = 'applicant'`, asked.ID).Scan(&told))
	if diff := cmp.Diff([]string{"helpful", "helpful", "helpful", "not_helpful", "not_helpful"}, told); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	if got := d.read(asked.Reference).Version; got != version+5 {
		t.Errorf("version %d, want %d", got, version+5)
	}
}

func TestRecordRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.open("")
	read := func() (events int) {
		d.must(d.tickets.RecordRead(t.Context(), d.follow(asked)))
		d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket_event WHERE kind = 'answer_read'`).Scan(&events))
		return events
	}
	if n := read(); n != 0 {
		t.Errorf("nothing to read, and %d events", n)
	}
	d.reply(asked.Reference, "First.", "")
	seen := d.follow(asked)
	if !seen.Fresh() || read() != 1 || read() != 1 || d.follow(asked).Fresh() {
		t.Error("the first answer is not told as read once")
	}
	d.must(d.tickets.RecordRead(t.Context(), seen)) // of another tab, late
	d.reply(asked.Reference, "Second.", "")
	if !d.follow(asked).Fresh() || read() != 2 {
		t.Error("the second answer is not told as read")
	}
}
