package ticket_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// reply answers a ticket, and lets the time pass in which that can be undone.
func (d *desk) reply(reference, body string, to ticket.Status) ticket.Message {
	d.Helper()
	m := d.replyNow(reference, ticket.Draft{Body: body, Status: to})
	d.now = d.now.Add(undo)
	return m
}

func (d *desk) replyNow(reference string, draft ticket.Draft) ticket.Message {
	d.Helper()
	m, err := d.tickets.Reply(d.Context(), ticket.Staff(d.ana), reference, draft)
	d.must(err)
	return m
}

func (d *desk) follow(t ticket.Ticket) ticket.ApplicantThread {
	d.Helper()
	v, err := d.tickets.ApplicantThread(d.Context(), ticket.Follower(t.ID, t.Email), t.Reference)
	d.must(err)
	return v
}

// bodies are what a thread says, the agency's marked.
func bodies(v ticket.ApplicantThread) (said []string) {
	for _, m := range v.Messages {
		if m.Mine {
			said = append(said, m.Body)
		} else {
			said = append(said, "Agency: "+m.Body)
		}
	}
	return said
}

func TestApplicantThreadShowsWhatNobodyCanTakeBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	asked := d.open("", func(in *ticket.Inquiry) { in.Question = "Where is my card?" })
	_, err := d.tickets.Note(t.Context(), ticket.Staff(d.ana), asked.Reference, ticket.Draft{Body: "He asks every week."})
	d.must(err)
	d.now = d.now.Add(time.Hour)
	if diff := cmp.Diff(ticket.ProgressReceived, d.follow(asked).Progress); diff != "" {
		t.Errorf("at first (-want +got)\n%s", diff)
	}
	d.reply(asked.Reference, "It was mailed on Monday.", ticket.StatusPending)
	withdrawn := d.replyNow(asked.Reference, ticket.Draft{Body: "Go away.", Status: ticket.StatusSolved})
	before := d.follow(asked)
	d.must(d.tickets.WithdrawReply(t.Context(), ticket.Staff(d.ana), asked.Reference, withdrawn.ID))
	after := d.follow(asked)
	want := []string{"Where is my card?", "Agency: It was mailed on Monday."}
	if diff := cmp.Diff([][]string{want, want}, [][]string{bodies(before), bodies(after)}); diff != "" {
		t.Errorf("before and after the withdrawal (-want +got)\n%s", diff)
	}
	if before.Progress != ticket.ProgressWaiting || after.Progress != ticket.ProgressWaiting {
		t.Errorf("%s, then %s: a reply that can be taken back shows", before.Progress, after.Progress)
	}
	d.replyNow(asked.Reference, ticket.Draft{Body: "It is there.", Status: ticket.StatusSolved})
	d.now = d.now.Add(undo - time.Microsecond)
	if got := d.follow(asked); len(got.Messages) != 2 || got.Progress != ticket.ProgressWaiting {
		t.Errorf("within the time to withdraw: %s, %q", got.Progress, bodies(got))
	}
	d.now = d.now.Add(time.Microsecond)
	if got := d.follow(asked); len(got.Messages) != 3 || got.Progress != ticket.ProgressAnswered || got.WaitingSince != nil {
		t.Errorf("at its end: %s, %q", got.Progress, bodies(got))
	}
}

func TestApplicantThreadIsForItsReader(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, owner := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	_, other := d.addAccount("2234567890", "Bo Li", "bo@mail.example")
	mine := d.link(d.open(number))
	theirs := d.open("", func(in *ticket.Inquiry) { in.Token = [16]byte{7} })
	for name, tc := range map[string]struct {
		by        ticket.Reader
		reference string
		sees      bool
	}{
		"its follower":                   {ticket.Follower(mine.ID, mine.Email), mine.Reference, true},
		"its owner":                      {ticket.Owner(owner), mine.Reference, true},
		"a follower of another":          {ticket.Follower(theirs.ID, theirs.Email), mine.Reference, false},
		"another account":                {ticket.Owner(other), mine.Reference, false},
		"an account with no part in it":  {ticket.Owner(owner), theirs.Reference, false},
		"nobody":                         {ticket.Reader{}, mine.Reference, false},
		"a reference that there is not":  {ticket.Follower(mine.ID, mine.Email), identifier.ReferenceOf(5), false},
		"a reference that is no such":    {ticket.Owner(owner), "'; --", false},
		"somebody for a ticket numbered": {ticket.Follower(0, mine.Email), mine.Reference, false},
	} {
		_, err := d.tickets.ApplicantThread(t.Context(), tc.by, tc.reference)
		if tc.sees != (err == nil) || err != nil && failure.Text(err, "") != "There is no such question." {
			t.Errorf("%s: %v", name, err)
		}
		writes := map[string]error{"rate": d.tickets.Rate(t.Context(), tc.by, tc.reference, ticket.Rating{Words: "No."})}
		_, writes["add"] = d.tickets.AddMessage(t.Context(), tc.reference, ticket.Said{Body: "Hello?", Token: sum(name), By: &tc.by})
		_, writes["solve"] = d.tickets.SolveByApplicant(t.Context(), tc.by, tc.reference)
		for what, err := range writes {
			if !tc.sees && !failure.Is(err, failure.KindNotFound) {
				t.Errorf("%s: to %s: %v", name, what, err)
			}
		}
	}
}

func sum(s string) (token [16]byte) {
	h := sha256.Sum256([]byte(s))
	copy(token[:], h[:])
	return token
}

// A reply to the account's own address may hold facts of its cases. Whoever wrote the inquiry from another address does not see it.
func TestReplyToTheAccountIsForItsOwner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, owner := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	claimed := d.link(d.open(number, func(in *ticket.Inquiry) { in.Email = "ana@work.example" }))
	d.replyNow(claimed.Reference, ticket.Draft{Body: "Your interview is in May.", ToAccount: true, Status: ticket.StatusSolved})
	d.now = d.now.Add(undo)
	if v := d.follow(claimed); v.Answered || len(v.Messages) != 1 || v.Progress != ticket.ProgressClosed {
		t.Errorf("the follower sees %q, %s", bodies(v), v.Progress)
	}
	if err := d.tickets.Rate(t.Context(), ticket.Follower(claimed.ID, claimed.Email), claimed.Reference, ticket.Rating{}); !failure.Is(err, failure.KindConflict) {
		t.Errorf("the follower rates what they do not see: %v", err)
	}
	if _, err := d.tickets.ApplicantThread(t.Context(), ticket.Owner(owner), claimed.Reference); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("claimed, and shown to the owner: %v", err)
	}
	_, err := d.tickets.ConfirmLink(t.Context(), ticket.Staff(d.ana), claimed.Reference, owner)
	d.must(err)
	v, err := d.tickets.ApplicantThread(t.Context(), ticket.Owner(owner), claimed.Reference)
	d.must(err)
	if !v.Answered || len(v.Messages) != 2 || v.Progress != ticket.ProgressAnswered {
		t.Errorf("the owner sees %q, %s", bodies(v), v.Progress)
	}
}

func TestFollowingWhatIsOutOfTheFigures(t *testing.T) {
	t.Parallel()
	for reason, tc := range map[string]struct{ sees, adds bool }{
		"": {true, true}, "merged": {true, false}, "duplicate": {true, false}, "spam": {false, false}, "deleted": {false, false},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			asked := d.open("", func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectTooFast} })
			if reason != "" {
				_, err := d.tickets.Exclude(t.Context(), ticket.Staff(d.ana), asked.Reference, reason)
				d.must(err)
			}
			by := ticket.Follower(asked.ID, asked.Email)
			v, err := d.tickets.ApplicantThread(t.Context(), by, asked.Reference)
			if tc.sees != (err == nil) || v.TakesMore != tc.adds {
				t.Errorf("%+v, %v", v, err)
			}
			_, err = d.tickets.AddMessage(t.Context(), asked.Reference, ticket.Said{Body: "And?", Token: sum("and"), By: &by})
			if tc.adds != (err == nil) {
				t.Errorf("a message: %v", err)
			}
			_, err = d.tickets.SolveByApplicant(t.Context(), by, asked.Reference)
			if tc.adds != (err == nil) {
				t.Errorf("solve: %v", err)
			}
		})
	}
}

func TestFilesOfAnApplicant(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := func(name string, scan ticket.Scan) ticket.Attachment {
		return ticket.Attachment{Name: name, MediaType: "image/png", Size: 5, SHA256: make([]byte, 32), StorageKey: "k/" + name, Scan: scan}
	}
	asked := d.open("", func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{file("clean.png", ticket.ScanClean), file("held.png", ticket.ScanWaiting)}
	})
	other := d.open("", func(in *ticket.Inquiry) {
		in.Token, in.Attachments = [16]byte{9}, []ticket.Attachment{file("theirs.png", ticket.ScanNone)}
	})
	v, theirs := d.follow(asked), d.follow(other)
	offered := map[string]bool{}
	for _, f := range v.Messages[0].Files {
		offered[f.Name] = f.Offered()
	}
	if diff := cmp.Diff(map[string]bool{"clean.png": true, "held.png": false}, offered); diff != "" {
		t.Errorf("offered (-want +got)\n%s", diff)
	}
	if f, err := v.File(v.Messages[0].Files[0].ID); err != nil || f.Name != "clean.png" {
		t.Errorf("%s, %v", f.Name, err)
	}
	if _, err := v.File(theirs.Messages[0].Files[0].ID); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("another's file: %v", err)
	}
}
