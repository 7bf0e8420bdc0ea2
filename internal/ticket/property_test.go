package ticket_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

const (
	sequences    = 10_000
	longest      = 6 // actions after the inquiry
	randomUndo   = 3 * time.Hour
	randomsLanes = 4
)

// After each action of 10,000 random sequences, since when the applicant waits, the first response, the first solution, the status, and
// which views hold the ticket are what the slow way reads in its messages and events. ASKWELL_TEST_SEED repeats a run.
func TestRandomHistoriesAgreeWithASlowWay(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("ASKWELL_TEST_SEED"), 10, 64); err == nil {
		seed = given
	}
	d := newRandomDesk(t)
	all := make([]*sequence, sequences)
	for i := range all {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all[i] = &sequence{steps: randomSteps(r, 1+r.IntN(longest))}
	}
	for round := 0; ; round++ {
		acting := slices.DeleteFunc(slices.Clone(all), func(s *sequence) bool { return round > len(s.steps) })
		if len(acting) == 0 {
			return
		}
		var wg sync.WaitGroup
		for n := range randomsLanes {
			wg.Go(func() {
				l := d.lane()
				for i := n; i < len(acting); i += randomsLanes {
					l.act(acting[i], round)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		for at, problem := range d.compare(acting) {
			short := d.shrink(acting[at].steps[:round])
			t.Fatalf("seed %d, sequence %d: %s\nshortest history that shows it:\n%s", seed, slices.Index(all, acting[at]), problem, short)
		}
	}
}

// step is one action. Its number decides all that is random about it, so that it can be done again to another ticket.
type step struct {
	what   string
	number uint64
}

// sequence is a ticket and what happens to it.
type sequence struct {
	steps     []step
	id        int64
	reference string
	now       time.Time
}

var actions = []string{
	"message", "mail", "reply", "reply", "withdraw", "bounce", "note", "note and status", "status", "solve", "reopen", "exclude", "restore",
	"link", "unlink", "undo link", "assign", "bulk", "applicant solves", "rate", "release",
}

func randomSteps(r *rand.Rand, n int) (steps []step) {
	for range n {
		steps = append(steps, step{actions[r.IntN(len(actions))], r.Uint64()})
	}
	return steps
}

type randomDesk struct {
	*testing.T
	db       *pgxpool.Pool
	ana, ben int64
	account  string
}

func newRandomDesk(t *testing.T) *randomDesk {
	t.Helper()
	small := &desk{T: t, db: testkit.Database(t)}
	d := &randomDesk{T: t, db: small.db, ana: small.addStaff("ana@desk.example"), ben: small.addStaff("ben@desk.example")}
	d.account, _ = small.addAccount("1000000000", "Ana Núñez", "ana@mail.example")
	return d
}

// lane does things to tickets one after the other, each at the ticket's own time.
type lane struct {
	*randomDesk
	tickets *ticket.Service
	now     time.Time
}

func (d *randomDesk) lane() *lane {
	l := &lane{randomDesk: d}
	l.tickets = ticket.NewService(ticket.Config{DB: d.db, Now: func() time.Time { return l.now }, UndoSend: randomUndo})
	return l
}

// act sends the inquiry in round 0, and does the round's step after.
func (l *lane) act(s *sequence, round int) {
	if round == 0 {
		l.ask(s)
		return
	}
	step := s.steps[round-1]
	r := rand.New(rand.NewPCG(step.number, 1))
	s.now = s.now.Add(time.Duration(1+r.IntN(90)) * time.Minute)
	l.now = s.now
	err := l.do(s, step.what, r)
	switch failure.KindOf(err) {
	case failure.KindConflict, failure.KindInvalid, failure.KindForbidden, failure.KindNotFound: // cannot be done to it as it is
	default:
		if err != nil {
			l.Errorf("%s: %v", step.what, err)
		}
	}
}

func (l *lane) ask(s *sequence) {
	s.now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l.now = s.now
	in := inquiry("")
	binary.BigEndian.PutUint64(in.Token[:], rand.Uint64())
	if s.steps[0].number%7 == 0 {
		in.Suspicions = []ticket.Suspicion{ticket.SuspectTooFast}
	}
	opened, err := l.tickets.Open(l.Context(), in)
	if err == nil {
		s.reference = opened.Reference
		var t ticket.Ticket
		t, err = l.tickets.ByReference(l.Context(), s.reference)
		s.id = t.ID
	}
	if err != nil {
		l.Errorf("inquiry: %v", err)
	}
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (l *lane) do(s *sequence, what string, r *rand.Rand) (err error) {
	ctx, ref := l.Context(), s.reference
	now, err := l.tickets.ByReference(ctx, ref)
	if err != nil {
		return err
	}
	by := ticket.Staff(one(r, l.ana, l.ben)).Saw(ticket.Seen{Excluded: now.ExcludedReason})
	anyStatus := ticket.Statuses()[1:]
	switch what {
	case "message", "mail":
		said := ticket.Said{Channel: ticket.ChannelForm, Body: "And now?"}
		if what == "mail" {
			said.Channel = ticket.ChannelEmail
		}
		binary.BigEndian.PutUint64(said.Token[:], r.Uint64())
		binary.BigEndian.PutUint64(said.Token[8:], uint64(s.id))
		_, err = l.tickets.AddMessage(ctx, ref, said)
	case "reply":
		_, err = l.tickets.Reply(ctx, by, ref, ticket.Draft{Body: "Yes.", Status: one(r, append(anyStatus, "")...)})
	case "withdraw":
		if id := l.aReply(s, r, `delivery = 'waiting'`); id != 0 {
			err = l.withdraw(ctx, ref, id)
		}
	case "bounce":
		if id := l.aReply(s, r, `true`); id != 0 {
			_, err = l.tickets.Bounced(ctx, ref, id, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
		}
	case "note":
		_, err = l.tickets.Note(ctx, by, ref, ticket.Draft{Body: "Ask the card team."})
	case "note and status":
		_, err = l.tickets.Note(ctx, by, ref, ticket.Draft{Body: "Called.", Status: one(r, anyStatus...)})
	case "status":
		_, err = l.tickets.SetStatus(ctx, by, ref, one(r, anyStatus...))
	case "solve":
		_, err = l.tickets.SetStatus(ctx, by, ref, ticket.StatusSolved)
	case "reopen":
		_, err = l.tickets.SetStatus(ctx, by, ref, ticket.StatusOpen)
	case "exclude":
		_, err = l.tickets.Exclude(ctx, by, ref, one(r, ticket.ExcludedReasons()...))
	case "restore":
		_, err = l.tickets.Exclude(ctx, by, ref, "")
	case "release":
		_, err = l.tickets.Release(ctx, by, ref)
	case "assign":
		_, err = l.tickets.Assign(ctx, by, ref, one(r, 0, l.ana, l.ben))
	case "bulk":
		if _, err = l.tickets.Assign(ctx, by, ref, l.ana); err == nil {
			_, err = l.tickets.SetStatus(ctx, by, ref, one(r, anyStatus...))
		}
	case "applicant solves":
		_, err = l.tickets.SolveByApplicant(ctx, l.follower(ctx, s.id), ref)
	case "rate":
		err = l.tickets.Rate(ctx, l.follower(ctx, s.id), ref, ticket.Rating{Helpful: r.IntN(2) == 0, At: l.now})
	default:
		err = l.link(s, what, by)
	}
	return err
}

func (l *lane) withdraw(ctx context.Context, ref string, id int64) error {
	return l.tickets.WithdrawReply(ctx, ticket.Staff(l.ana).Saw(ticket.Seen{OfOther: id}), ref, id)
}

func (l *lane) link(s *sequence, what string, by ticket.Actor) (err error) {
	seen, err := l.tickets.ByReference(l.Context(), s.reference)
	if err != nil {
		return err
	}
	switch what {
	case "link":
		_, err = l.tickets.LinkTo(l.Context(), by, s.reference, l.account, seen.Link())
	case "unlink":
		_, err = l.tickets.Unlink(l.Context(), by, s.reference, seen.Link().Account)
	case "undo link":
		var last int64
		err = l.db.QueryRow(l.Context(), `
			SELECT COALESCE(max(id), 0) FROM ticket_event WHERE ticket_id = $1 AND data ? 'link_from'`, s.id).Scan(&last)
		if err == nil {
			_, err = l.tickets.UndoLink(l.Context(), by, s.reference, last)
		}
	default:
		l.Errorf("no such action: %s", what)
	}
	return err
}

// aReply is one of the ticket's replies, 0 when there is none.
func (l *lane) aReply(s *sequence, r *rand.Rand, such string) int64 {
	rows, err := l.db.Query(l.Context(), `SELECT id FROM message WHERE ticket_id = $1 AND kind = 'reply' AND `+such+` ORDER BY id`, s.id)
	if err != nil {
		l.Error(err)
		return 0
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return 0
	}
	return ids[r.IntN(len(ids))]
}

// shrink leaves out steps for as long as what is left still goes wrong, and tells it.
func (d *randomDesk) shrink(steps []step) string {
	l := d.lane()
	wrong := func(steps []step) (problem string) {
		s := &sequence{steps: steps}
		if len(steps) == 0 {
			return ""
		}
		for round := range len(steps) + 1 {
			l.act(s, round)
		}
		for _, p := range d.compare([]*sequence{s}) {
			problem = p
		}
		return problem
	}
	for i := 0; i < len(steps); {
		if fewer := slices.Delete(slices.Clone(steps), i, i+1); wrong(fewer) != "" {
			steps = fewer
			continue
		}
		i++
	}
	var names []string
	for _, s := range steps {
		names = append(names, s.what)
	}
	return "inquiry, " + strings.Join(names, ", ") + "\n" + wrong(steps)
}

// compare gives what differs from the slow way, by the place of the sequence.
func (d *randomDesk) compare(all []*sequence) map[int]string {
	d.Helper()
	ids := make([]int64, len(all))
	for i, s := range all {
		ids[i] = s.id
	}
	histories := d.read(ids)
	type row struct {
		ID                                        int64
		Status                                    string
		AwaitingSince, FirstRespondedAt, SolvedAt *time.Time
		ExcludedReason                            *string
	}
	rows, err := d.db.Query(d.Context(), `
		SELECT id, status, awaiting_since, first_responded_at, solved_at, excluded_reason FROM ticket WHERE id = ANY ($1)`, ids)
	d.must(err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	d.must(err)
	of := map[int64]row{}
	for _, r := range found {
		of[r.ID] = r
	}
	views := d.views()
	problems := map[int]string{}
	for i, id := range ids {
		h, r := histories[id], of[id]
		reason := ""
		if r.ExcludedReason != nil {
			reason = *r.ExcludedReason
		}
		var wrong []string
		differ := func(what string, want, got any) {
			if want != got {
				wrong = append(wrong, fmt.Sprintf("%s: the history says %v, the desk %v", what, want, got))
			}
		}
		differ("status", h.status(), r.Status)
		differ("waiting since", since(h.opened, h.waiting()), since(h.opened, value(r.AwaitingSince)))
		differ("first response", since(h.opened, h.firstResponse()), since(h.opened, value(r.FirstRespondedAt)))
		differ("solved", since(h.opened, h.solved()), since(h.opened, value(r.SolvedAt)))
		differ("excluded", h.excluded(len(h.events)), reason)
		for _, v := range ticket.Views() {
			differ("view "+v.Name, h.in(v.Name, d.ana), views[v.Name][id])
		}
		if len(wrong) > 0 {
			problems[i] = strings.Join(wrong, "; ") + h.String()
		}
	}
	return problems
}

func (d *randomDesk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func value(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func since(opened, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Sub(opened).String()
}

// views gives what each view holds for ana.
func (d *randomDesk) views() map[string]map[int64]bool {
	d.Helper()
	l := d.lane()
	held := map[string]map[int64]bool{}
	for _, v := range ticket.Views() {
		ids, err := l.tickets.IDs(d.Context(), v.Filter(d.ana))
		d.must(err)
		held[v.Name] = map[int64]bool{}
		for _, id := range ids {
			held[v.Name][id] = true
		}
	}
	return held
}

// read gives the histories of tickets.
func (d *randomDesk) read(ids []int64) map[int64]*told {
	d.Helper()
	histories := map[int64]*told{}
	for _, id := range ids {
		histories[id] = &told{}
	}
	rows, err := d.db.Query(d.Context(), `
		SELECT ticket_id, id, kind, created_at, delivery FROM message WHERE ticket_id = ANY ($1) ORDER BY id`, ids)
	d.must(err)
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[toldMessage])
	d.must(err)
	for _, m := range messages {
		h := histories[m.TicketID]
		h.messages = append(h.messages, m)
	}
	rows, err = d.db.Query(d.Context(), `
		SELECT e.ticket_id, e.kind, e.actor, e.at, COALESCE(e.data->>'from', ''), COALESCE(e.data->>'to', ''), COALESCE(m.id, 0),
			COALESCE(m.delivery, ''), COALESCE(m.created_at, e.at)
		FROM ticket_event e
		LEFT JOIN message m ON m.id = (e.data->>'message')::bigint
		WHERE e.ticket_id = ANY ($1)
		ORDER BY e.id`, ids)
	d.must(err)
	events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[toldEvent])
	d.must(err)
	for _, e := range events {
		h := histories[e.TicketID]
		if e.Kind == "opened" {
			h.opened = e.At
		}
		h.events = append(h.events, e)
	}
	return histories
}

// String tells a history in lines.
func (h told) String() string {
	var b strings.Builder
	for _, e := range h.events {
		fmt.Fprintf(&b, "\n  %8s %s by %s %s -> %s %s", e.At.Sub(h.opened), e.Kind, e.Actor, e.From, e.To, e.Delivery)
	}
	return b.String()
}

// follower is whoever has the address that the ticket's mail goes to now.
func (l *lane) follower(ctx context.Context, id int64) ticket.Reader {
	t, err := l.tickets.ByID(ctx, id)
	if err != nil {
		l.Fatal(err)
	}
	return ticket.Follower(id, t.Email)
}
