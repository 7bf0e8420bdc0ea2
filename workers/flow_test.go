package workers_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

const number = "163920702842" // ISO 7064 MOD 97-10: 163920702842 mod 97 = 1

// linkCase is a row of docs/linking.md.
type linkCase struct {
	state              ticket.LinkState
	given, name, email string
	question           string
	linked             bool
}

var linkCases = map[string]linkCase{
	"no number":                        {state: ticket.LinkNone},
	"its email, case aside":            {state: ticket.LinkCorroborated, given: "1639-2070-2842", email: "JEAN@mail.example", linked: true},
	"unknown email, a name shared":     {state: ticket.LinkClaimed, given: number, name: "HORVAT, Marie", email: "marie@new.example", linked: true},
	"unknown email, no name shared":    {state: ticket.LinkConflict, given: number, name: "Ana Núñez", email: "ana@new.example", linked: true},
	"another account's email":          {state: ticket.LinkConflict, given: number, email: "other@mail.example", linked: true},
	"right check digits, no account":   {state: ticket.LinkUnmatched, given: "000000000098"},
	"check digits that fail":           {state: ticket.LinkUnusable, given: "163920702843"},
	"an A-Number":                      {state: ticket.LinkUnusable, given: "A-807782248"},
	"found in the text of the inquiry": {state: ticket.LinkCorroborated, question: "My account number is 1639 2070 2842. Where is my card?", linked: true},
}

func (d *desk) openLinkCases() map[string]ticket.Ticket {
	d.t.Helper()
	d.account(number, "Jean-Baptiste Horvat", "Jean@mail.example")
	other, err := otherNumber()
	if err != nil {
		d.t.Fatal(err)
	}
	d.account(other, "Someone Else", "other@mail.example")
	opened := map[string]ticket.Ticket{}
	for name, c := range linkCases {
		opened[name] = d.open(c.given, c.inquiry)
	}
	return opened
}

// checkLinks compares every ticket with the table, and its history with one link.
func (d *desk) checkLinks(opened map[string]ticket.Ticket) {
	d.t.Helper()
	for name, was := range opened {
		got, err := d.tickets.ByID(d.t.Context(), was.ID)
		if err != nil {
			d.t.Fatal(err)
		}
		c := linkCases[name]
		if got.LinkState != c.state || (got.AccountID != nil) != c.linked {
			d.t.Errorf("%s: state %s, linked %t; want %s, %t", name, got.LinkState, got.AccountID != nil, c.state, c.linked)
		}
		want := 1
		if c.state == ticket.LinkNone {
			want = 0
		}
		if n := d.events(was.ID, ticket.EventLinked); n != want {
			d.t.Errorf("%s: %d events of linking, want %d", name, n, want)
		}
	}
}

func TestAnInquiryIsLinkedAcknowledgedAndFound(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"Redis":     func(t *testing.T) string { return testkit.RedisURL(t) },
		"miniredis": miniRedis,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, address(t))
			opened := d.openLinkCases()
			d.work()
			d.awaitIdle()
			d.checkLinks(opened)
			for name, was := range opened {
				if n := d.events(was.ID, ticket.EventAcknowledged); n != 1 {
					t.Errorf("%s: acknowledged %d times", name, n)
				}
			}
			if n := d.mailbox.Count(); n != len(opened) {
				t.Errorf("%d mails for %d inquiries", n, len(opened))
			}
			found, err := d.engine.Search(t.Context(), search.Query{For: staff.Member{Role: staff.RoleAgent}, Text: "my card has not come"})
			if err != nil || len(found.Hits) != len(opened) || found.Waiting != 0 {
				t.Errorf("found %d of %d (%v), %d wait", len(found.Hits), len(opened), err, found.Waiting)
			}
			// One that comes while the workers are at rest.
			late := d.open("", func(in *ticket.Inquiry) { in.Subject, in.Email = "Windmill", "late@mail.example" })
			d.await("the late one is found", func() bool {
				found, err := d.engine.Search(t.Context(), search.Query{For: staff.Member{Role: staff.RoleAgent}, Text: "windmill"})
				return err == nil && len(found.Hits) == 1 && found.Hits[0].Reference == late.Reference
			})
		})
	}
}

func miniRedis(t *testing.T) string {
	dir := t.TempDir()
	r, err := devstack.StartRedis(t.Context(), devstack.RedisConfig{Dir: dir, InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(t.Context()); err != nil {
			t.Log(err)
		}
	})
	return r.URL()
}

func TestAReplyIsSentOnceAndAWithdrawnOneNever(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	agent := d.agent()
	kept := d.open("", func(in *ticket.Inquiry) { in.Email = "kept@mail.example" })
	taken := d.open("", func(in *ticket.Inquiry) { in.Email = "taken@mail.example" })
	d.work()
	d.awaitIdle()
	reply := func(to ticket.Ticket) ticket.Message {
		m, err := d.tickets.Reply(t.Context(), ticket.Staff(agent), to.Reference, ticket.Draft{Body: "It is on its way.\n\nYours"})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	reply(kept)
	if err := d.tickets.WithdrawReply(t.Context(), ticket.Staff(agent), taken.Reference, reply(taken).ID); err != nil {
		t.Fatal(err)
	}
	d.await("the reply is sent", func() bool { return d.events(kept.ID, ticket.EventReplySent) == 1 })
	d.awaitIdle()
	if n := len(d.mails("kept@")); n != 2 { // with the acknowledgement
		t.Errorf("%d mails for the reply that was kept, want 2", n)
	}
	if n := len(d.mails("taken@")); n != 1 {
		t.Errorf("%d mails for the reply that was withdrawn, want the acknowledgement alone", n)
	}
}

func TestSuspectsOverTheRateGetNoMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.open("", func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectRate} })
	d.work()
	d.awaitIdle()
	if n := d.mailbox.Count(); n != 0 {
		t.Errorf("%d mails", n)
	}
}

// A flood is worked off in batches, every ticket linked, acknowledged and searchable exactly once.
func TestAFloodIsWorkedOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account(number, "Jean Horvat", "jean@mail.example")
	d.work()
	const many = 400
	for i := range many {
		d.open(number, func(in *ticket.Inquiry) { in.Subject = fmt.Sprintf("Flood %d", i) })
	}
	d.awaitIdle()
	if n := d.count(`SELECT count(*) FROM ticket WHERE link_state = 'corroborated'`); n != many {
		t.Errorf("%d of %d are linked", n, many)
	}
	for _, kind := range []ticket.EventKind{ticket.EventLinked, ticket.EventAcknowledged} {
		if n := d.count(`SELECT count(*) FROM ticket_event WHERE kind = $1`, kind); n != many {
			t.Errorf("%d events %s for %d tickets", n, kind, many)
		}
	}
	if n := d.mailbox.Count(); n != many {
		t.Errorf("%d mails for %d tickets", n, many)
	}
	found, err := d.engine.Search(t.Context(), search.Query{For: staff.Member{Role: staff.RoleAgent}, Text: "flood"})
	if err != nil || found.Total != many {
		t.Errorf("%d of %d are found (%v)", found.Total, many, err)
	}
	if strings.Contains(d.log.String(), "jean@") || strings.Contains(d.log.String(), url.QueryEscape("jean@")) {
		t.Errorf("the log names a person:\n%s", d.log)
	}
}
