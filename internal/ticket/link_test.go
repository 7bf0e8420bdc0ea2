package ticket_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// The table of docs/linking.md, row by row.
func TestDecideLink(t *testing.T) {
	t.Parallel()
	owner := &account.Account{ID: 7, Name: "José Núñez", Email: "jose@mail.example"}
	other := &account.Account{ID: 8, Name: "Wei Li", Email: "wei@mail.example"}
	for name, c := range map[string]struct {
		facts ticket.LinkFacts
		want  ticket.Link
	}{
		"no number": {ticket.LinkFacts{Group: identifier.GroupWithout}, ticket.Link{State: ticket.LinkNone}},
		"signed in": {ticket.LinkFacts{Group: identifier.GroupWithout, SignedInTo: owner}, ticket.Link{State: ticket.LinkVerified, Account: 7}},
		"their email, case aside": {
			ticket.LinkFacts{Group: identifier.GroupWith, NumberMatch: owner, EmailAccount: owner, Email: "JOSE@Mail.example", Name: "J"},
			ticket.Link{State: ticket.LinkCorroborated, Account: 7},
		},
		"unknown email, a shared word without accents, other order": {
			ticket.LinkFacts{Group: identifier.GroupWith, NumberMatch: owner, Email: "x@mail.example", Name: "NUNEZ maria"},
			ticket.Link{State: ticket.LinkClaimed, Account: 7},
		},
		"unknown email, no shared word": {
			ticket.LinkFacts{Group: identifier.GroupWith, NumberMatch: owner, Email: "x@mail.example", Name: "Maria Petrov"},
			ticket.Link{State: ticket.LinkConflict, Account: 7},
		},
		"another account's email, though the names agree": {
			ticket.LinkFacts{Group: identifier.GroupWith, NumberMatch: owner, EmailAccount: other, Email: other.Email, Name: "José Núñez"},
			ticket.Link{State: ticket.LinkConflict, Account: 7},
		},
		"no such account": {
			ticket.LinkFacts{Group: identifier.GroupWith, EmailAccount: other, Email: other.Email},
			ticket.Link{State: ticket.LinkUnmatched},
		},
		"another kind of identifier": {
			ticket.LinkFacts{Group: identifier.GroupUnusable, Kind: identifier.KindANumber}, ticket.Link{State: ticket.LinkUnusable},
		},
		"wrong check digits": {
			ticket.LinkFacts{Group: identifier.GroupUnusable, Kind: identifier.KindAccountNumber, EmailAccount: owner},
			ticket.Link{State: ticket.LinkUnusable},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, ticket.DecideLink(c.facts).Link); diff != "" {
				t.Errorf("link (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinkByNumberIsDoneOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, id := d.addAccount("1234567890", "Ana María Núñez", "other@mail.example")
	opened := d.open(number)
	task := d.task(ticket.OutboxNumberGiven, "link_account", opened.ID)
	for range 3 {
		d.must(d.tickets.LinkByNumber(t.Context(), task, opened.ID))
	}
	got := d.read(opened.Reference)
	if got.LinkState != ticket.LinkClaimed || got.AccountID == nil || *got.AccountID != id {
		t.Errorf("link is %+v, want claimed for %d", got.Link(), id)
	}
	if n := count(t, d.db, `SELECT count(*) FROM ticket_event WHERE kind = 'linked'`); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	if n := count(t, d.db, `SELECT count(*) FROM outbox_task WHERE id = $1`, task); n != 0 {
		t.Error("the task is still there")
	}
}

func TestConflictIsHiddenUntilConfirmed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, id := d.addAccount("1234567890", "Wei Li", "wei@mail.example")
	linked := d.link(d.open(number))
	if linked.LinkState != ticket.LinkConflict || linked.Link().ShowsFacts() {
		t.Fatalf("link is %+v, want a conflict that shows nothing", linked.Link())
	}
	_, err := d.tickets.Reply(t.Context(), ticket.Staff(d.ana), linked.Reference, ticket.Draft{Body: "Hello", ToAccount: true})
	if !failure.Is(err, failure.KindForbidden) {
		t.Errorf("a reply to the owner: %v, want forbidden", err)
	}
	if _, err := d.tickets.ConfirmLink(t.Context(), ticket.Staff(d.ana), linked.Reference, id+1); !failure.Is(err, failure.KindConflict) {
		t.Errorf("confirming another account: %v, want conflict", err)
	}
	confirmed, err := d.tickets.ConfirmLink(t.Context(), ticket.Staff(d.ana), linked.Reference, id)
	d.must(err)
	if !confirmed.Link().ShowsFacts() || confirmed.LinkState != ticket.LinkConflict || confirmed.Link().Shown() != ticket.LinkConfirmed {
		t.Errorf("link is %+v, want the conflict confirmed", confirmed.Link())
	}
	// What is decided is no conflict any more, wherever one looks or counts.
	for state, want := range map[ticket.LinkState]int{ticket.LinkConflict: 0, ticket.LinkConfirmed: 1, ticket.LinkClaimed: 0} {
		n, err := d.tickets.Count(t.Context(), ticket.Filter{LinkStates: []ticket.LinkState{state}})
		d.must(err)
		if n != want {
			t.Errorf("%d tickets show as %s, want %d", n, state, want)
		}
	}
}

func TestEveryLinkChangeCanBeUndone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, first := d.addAccount("1234567890", "Ana Núñez", "ana.nunez@mail.example")
	second, secondID := d.addAccount("2345678901", "Ana M Núñez", "anam@mail.example")
	by := ticket.Staff(d.ana)
	linked := d.link(d.open(number))
	reference := linked.Reference

	undoLast := func(want ticket.Link) {
		t.Helper()
		events, err := d.tickets.Events(t.Context(), linked.ID)
		d.must(err)
		last := events[len(events)-1]
		if _, err := d.tickets.UndoLink(t.Context(), by, reference, last.ID-1); !failure.Is(err, failure.KindConflict) {
			t.Errorf("undoing an older event: %v, want conflict", err)
		}
		got, err := d.tickets.UndoLink(t.Context(), by, reference, last.ID)
		d.must(err)
		if diff := cmp.Diff(want, got.Link()); diff != "" {
			t.Errorf("after undo (-want +got):\n%s", diff)
		}
	}
	claimed := ticket.Link{State: ticket.LinkClaimed, Account: first}
	_, err := d.tickets.Unlink(t.Context(), by, reference, first)
	d.must(err)
	undoLast(claimed)
	_, err = d.tickets.LinkTo(t.Context(), by, reference, second, claimed)
	d.must(err)
	undoLast(claimed)
	undoLast(ticket.Link{State: ticket.LinkClaimed, Account: secondID, Confirmed: true}) // an undo undone
	if got := d.read(reference); got.NumberGroup != identifier.GroupWith {
		t.Errorf("the group at submission became %s", got.NumberGroup)
	}
}

// A link is replaced, or taken off, as the agent saw it: one that came in between stays.
func TestALinkThatCameMeanwhileStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, first := d.addAccount("1234567890", "Ana Núñez", "ana.nunez@mail.example")
	second, secondID := d.addAccount("2345678901", "Ana M Núñez", "anam@mail.example")
	third, _ := d.addAccount("3456789012", "Wei Li", "wei@mail.example")
	by, colleague := ticket.Staff(d.ana), ticket.Staff(d.ben)
	seen := d.link(d.open(number))
	linked, err := d.tickets.LinkTo(t.Context(), colleague, seen.Reference, second, seen.Link())
	d.must(err)
	_, linkErr := d.tickets.LinkTo(t.Context(), by, seen.Reference, third, seen.Link())
	_, unlinkErr := d.tickets.Unlink(t.Context(), by, seen.Reference, first)
	for what, err := range map[string]error{"linking": linkErr, "taking off": unlinkErr} {
		if !failure.Is(err, failure.KindConflict) || failure.Text(err, "") != "The link has changed since you looked. See whose account it is now." {
			t.Errorf("%s over a colleague's link: %v, want a conflict that says so", what, err)
		}
	}
	if got := d.read(seen.Reference).Link(); got != linked.Link() || got.Account != secondID {
		t.Errorf("the link is %+v, want the colleague's %+v", got, linked.Link())
	}
}

// Accepting the account behind an A-Number says so in the evidence; choosing another one does not.
func TestAcceptedSuggestionIsEvidence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, id := d.addAccount("1234567890", "Ana Núñez", "ana.nunez@mail.example")
	other, _ := d.addAccount("2345678901", "Wei Li", "wei@mail.example")
	_, err := d.db.Exec(t.Context(), `UPDATE account SET a_number = 'A012345678' WHERE id = $1`, id)
	d.must(err)
	for number, want := range map[string][]ticket.Evidence{
		owner: {ticket.EvidenceChosenByAgent, ticket.EvidenceIdentifierOnFile},
		other: {ticket.EvidenceChosenByAgent},
	} {
		opened := d.link(d.open("A12345678"))
		linked, err := d.tickets.LinkTo(t.Context(), ticket.Staff(d.ana), opened.Reference, number, opened.Link())
		d.must(err)
		if diff := cmp.Diff(want, linked.LinkEvidence); diff != "" {
			t.Errorf("evidence (-want +got):\n%s", diff)
		}
	}
}
