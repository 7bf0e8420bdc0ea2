package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/transfer"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers/workertest"
)

const (
	owners = "ana@mail.example"
	evil   = "evil@mail.example"
	fresh  = "nine boats at anchor"
)

// stage is a desk with an account, its owner's browser and its mailbox.
type stage struct {
	*testing.T
	desk  *webtest.Desk
	clock *clock
	box   *workertest.Post
	owner *webtest.Visitor
}

func newStage(t *testing.T) *stage {
	t.Helper()
	desk, c := clocked(t)
	s := &stage{T: t, desk: desk, clock: c, box: mailed(t, desk)}
	s.owner = registered(t, desk, s.box, owners)
	return s
}

// in is another browser that signed in, by name and password.
func (s *stage) in(name, typed string) *webtest.Visitor {
	s.Helper()
	v := s.desk.NewVisitor(s.T)
	if p := signIn(v, name, typed); p.Status != http.StatusSeeOther || p.Location() != "/account" {
		s.Fatalf("sign in: status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
	}
	return v
}

func signIn(v *webtest.Visitor, name, typed string) webtest.Page {
	return v.Post("/account/sign-in", url.Values{"email": {name}, "password": {typed}})
}

// link gives the path of the link in the next mail to an address whose subject holds some words.
func (s *stage) link(to, subject string) string {
	s.Helper()
	for {
		if m := s.box.Next(s.T, to); strings.Contains(m.Subject, subject) {
			return pathOf(s.T, s.desk, linkIn(s.T, m))
		}
	}
}

// mails reads an address's mails, in whatever order they come, until there was one of each subject.
func (s *stage) mails(to string, subjects ...string) map[string]devstack.Message {
	s.Helper()
	found := map[string]devstack.Message{}
	for len(found) < len(subjects) {
		m := s.box.Next(s.T, to)
		for _, subject := range subjects {
			if strings.Contains(m.Subject, subject) {
				found[subject] = m
			}
		}
	}
	return found
}

// askEmail asks for another address and gives the link that takes it, and the one that takes it back.
func (s *stage) askEmail(v *webtest.Visitor, from, to, typed string) (take, undo string) {
	s.Helper()
	answered(s.T, "ask for another address", v.Post("/account/email", url.Values{"email": {to}, "old_password": {typed}}), http.StatusSeeOther, "/account/details")
	return s.link(to, "Confirm your new"), s.link(from, "Did you ask")
}

func (s *stage) askPassword(name, to string) string {
	s.Helper()
	answered(s.T, "ask for a password", s.desk.Post("/account/password", url.Values{"email": {name}}), http.StatusSeeOther, "/account/password/sent")
	return s.link(to, "Set a new password")
}

func (s *stage) press(path string, status int) webtest.Page {
	s.Helper()
	p := s.desk.NewVisitor(s.T).Post(path, url.Values{})
	answered(s.T, "press the button of "+path, p, status, "")
	return p
}

func (s *stage) dead(what, path string) {
	s.Helper()
	v := s.desk.NewVisitor(s.T)
	get, post := v.Get(path), v.Post(path, url.Values{"password": {"a lamp for every boat"}})
	if get.Status != http.StatusNotFound || post.Status != http.StatusNotFound {
		s.Errorf("%s is open still: GET %d, POST %d: %s", what, get.Status, post.Status, post.Text("main"))
	}
}

func (s *stage) out(what string, v *webtest.Visitor) {
	s.Helper()
	if p := v.Get("/account"); p.Status != http.StatusSeeOther {
		s.Errorf("%s is signed in still: status %d", what, p.Status)
	}
}

func (s *stage) address() (email string) {
	s.Helper()
	if err := s.desk.DB.QueryRow(s.Context(), `SELECT email FROM account WHERE id = 1`).Scan(&email); err != nil {
		s.Fatal(err)
	}
	return email
}

// The walk of an attacker who has the password, and an owner who does what the mail says.
func TestOwnerDeniesAChangeOfAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	attacker := s.in(owners, password)
	reset := s.askPassword(owners, owners)
	take, undo := s.askEmail(attacker, owners, evil, password)
	if p := s.desk.Get(undo); p.Status != http.StatusOK || p.Text("h1") != "This was not me" || p.Text(".typed") != owners || strings.Contains(p.Body, evil) {
		t.Errorf("the mail's page: status %d: %s", p.Status, p.Text("main"))
	}
	if p := attacker.Get("/account"); p.Status != http.StatusOK {
		t.Fatalf("opening the page changes something: status %d", p.Status)
	}
	if p := s.press(undo, http.StatusOK); p.Text("h1") != "Your account is yours again" {
		t.Errorf("the button leads to %q", p.Text("main"))
	}
	s.out("the attacker", attacker)
	s.out("another browser", s.owner)
	s.dead("the pending change", take)
	s.dead("the reset link of before", reset)
	s.dead("the link that was used", undo)
	if p := signIn(s.desk.NewVisitor(t), owners, password); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("the password that the attacker has: status %d", p.Status)
	}
	again := s.link(owners, "Set a new password")
	v := s.desk.NewVisitor(t)
	answered(t, "the new password", v.Post(again, url.Values{"password": {fresh}}), http.StatusSeeOther, "/account")
	if p := v.Get("/account/security"); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "New email address taken back") {
		t.Errorf("the owner: status %d: %s", p.Status, p.Text("main"))
	}
	if got := s.address(); got != owners {
		t.Errorf("the address is %s", got)
	}
}

// The owner comes a day late: the attacker has confirmed the address, changed the password, and added a second step.
func TestOwnerTakesTheAccountBackADayLate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	attacker := s.in(owners, password)
	take, undo := s.askEmail(attacker, owners, evil, password)
	answered(t, "take the account", attacker.Post(take, url.Values{}), http.StatusOK, "")
	if got := s.address(); got != evil {
		t.Fatalf("the address is %s", got)
	}
	if p := attacker.Get("/account"); p.Status != http.StatusOK {
		t.Fatalf("the session that made the change: status %d", p.Status)
	}
	s.out("the owner's browser", s.owner)
	change := url.Values{"old_password": {password}, "password": {"a wolf among the lamps"}}
	answered(t, "change the password", attacker.Post("/account/security/password", change), http.StatusSeeOther, "/account/security")
	addApp(t, s.clock, attacker)
	reset := s.askPassword(evil, evil)
	next, theirs := s.askEmail(attacker, evil, "evil2@mail.example", "a wolf among the lamps")

	s.clock.advance(26 * time.Hour)
	if p := s.press(undo, http.StatusOK); p.Text(".lead") == "" {
		t.Errorf("the button leads to %q", p.Text("main"))
	}
	if got := s.address(); got != owners {
		t.Fatalf("the address is %s", got)
	}
	s.out("the attacker", attacker)
	s.dead("the attacker's reset link", reset)
	s.dead("the attacker's next change", next)
	s.dead("the attacker's way back", theirs)
	for _, name := range []string{evil, owners} {
		if p := signIn(s.desk.NewVisitor(t), name, "a wolf among the lamps"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("sign in as %s with the attacker's password: status %d", name, p.Status)
		}
	}
	s.mails(evil, "was taken back")
	back := s.mails(owners, "was taken back", "Set a new password")
	v := s.desk.NewVisitor(t)
	answered(t, "the new password", v.Post(pathOf(t, s.desk, linkIn(t, back["Set a new password"])), url.Values{"password": {fresh}}), http.StatusSeeOther, "/account")
	if p := v.Get("/account"); p.Status != http.StatusOK {
		t.Errorf("the attacker's second step keeps the owner out: status %d to %q", p.Status, p.Location())
	}
	s.desk.Post("/account/password", url.Values{"email": {evil}})
	s.desk.Post("/account/password", url.Values{"email": {owners}})
	s.link(owners, "Set a new password")
	var links int
	if err := s.desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM mail_request WHERE email = $1 AND kind = 'password' AND account_id IS NOT NULL AND epoch = (SELECT epoch FROM account)`, evil).Scan(&links); err != nil || links != 0 {
		t.Errorf("the attacker's address gets %d links (%v)", links, err)
	}
}

// A second step from before guards the account from whoever reads the mailbox (ASVS 5, 6.4); one that was added with the change does not
// keep the owner out.
func TestAnOlderSecondStepStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	secret, _ := addApp(t, s.clock, s.owner)
	s.clock.advance(13 * time.Hour)
	attacker := s.desk.NewVisitor(t)
	signIn(attacker, owners, password)
	step := url.Values{"code": {s.clock.code(t, secret)}, "next": {"/account"}}
	answered(t, "second step", attacker.Post("/account/sign-in/second", step), http.StatusSeeOther, "/account")
	answered(t, "new codes", attacker.Post("/account/security/recovery-codes", url.Values{}), http.StatusOK, "")
	_, undo := s.askEmail(attacker, owners, evil, password)
	s.press(undo, http.StatusOK)
	v := s.desk.NewVisitor(t)
	p := v.Post(s.link(owners, "Set a new password"), url.Values{"password": {fresh}})
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location(), "/account/sign-in/second") {
		t.Fatalf("the owner's second step is gone: status %d to %q", p.Status, p.Location())
	}
	var codes int
	if err := s.desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM account_recovery_code`).Scan(&codes); err != nil || codes != 0 {
		t.Errorf("%d recovery codes are left that the attacker made (%v)", codes, err)
	}
}

// However often, however late, by however many at once: once, and for seven days.
func TestAChangeIsTakenBackOnceWithinSevenDays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	attacker := s.in(owners, password)
	take, late := s.askEmail(attacker, owners, evil, password)
	answered(t, "take the account", attacker.Post(take, url.Values{}), http.StatusOK, "")
	s.clock.advance(7*24*time.Hour + time.Minute)
	s.dead("a link of more than seven days", late)

	attacker = s.in(evil, password)
	take, undo := s.askEmail(attacker, evil, "third@mail.example", password)
	s.clock.advance(23 * time.Hour)
	s.press(take, http.StatusOK)
	s.clock.advance(7*24*time.Hour - time.Minute) // the seven days begin anew with the change
	var done atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch p := s.desk.NewVisitor(t).Post(undo, url.Values{}); p.Status {
			case http.StatusOK:
				done.Add(1)
			case http.StatusNotFound:
			default:
				t.Errorf("status %d: %s", p.Status, p.Text("main"))
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || s.address() != evil {
		t.Errorf("%d times taken back, to %s", done.Load(), s.address())
	}
	s.dead("a made-up link", undo[:len(undo)-4]+"aaaa")
}

// Of two former addresses the older one wins, whoever comes first.
func TestTheOlderAddressWins(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	take, oldest := s.askEmail(s.owner, owners, evil, password)
	answered(t, "take it", s.owner.Post(take, url.Values{}), http.StatusOK, "")
	take, younger := s.askEmail(s.owner, evil, "third@mail.example", password)
	answered(t, "and again", s.owner.Post(take, url.Values{}), http.StatusOK, "")
	s.press(younger, http.StatusOK)
	if got := s.address(); got != evil {
		t.Fatalf("the address is %s", got)
	}
	s.press(oldest, http.StatusOK)
	if got := s.address(); got != owners {
		t.Fatalf("the address is %s", got)
	}
}

// Where another account has the former address by now, nobody enters the one that was taken.
func TestAFormerAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	take, undo := s.askEmail(s.owner, owners, evil, password)
	answered(t, "take it", s.owner.Post(take, url.Values{}), http.StatusOK, "")
	s.mails(owners, "was changed")
	registered(t, s.desk, s.box, owners) // another one
	if p := s.press(undo, http.StatusConflict); p.Text("h1") != "Another account has this address now" {
		t.Errorf("the page: %s", p.Text("main"))
	}
	s.out("the attacker", s.owner)
	s.mails(evil, "was changed", "Nobody can sign in")
	s.desk.Post("/account/password", url.Values{"email": {evil}})
	s.askPassword(owners, owners) // the other account is as it was
	var held, mailed bool
	err := s.desk.DB.QueryRow(t.Context(), `
		SELECT held_at IS NOT NULL, EXISTS (SELECT FROM mail_request WHERE email = $1 AND kind = 'password' AND account_id IS NOT NULL)
		FROM account WHERE id = 1`, evil).Scan(&held, &mailed)
	if err != nil || !held || mailed {
		t.Errorf("held %v, a link went out %v (%v)", held, mailed, err)
	}
	// Support finds out whose it is.
	const own = "own@mail.example"
	var number string
	if err := s.desk.DB.QueryRow(t.Context(), `SELECT number FROM account WHERE id = 1`).Scan(&number); err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Accounts.Release(t.Context(), number, owners); !failure.Is(err, failure.KindConflict) {
		t.Errorf("released with the other account's address: %v", err)
	}
	if _, err := s.desk.DB.Exec(t.Context(), `UPDATE mail_request SET used_at = NULL WHERE account_id = 1 AND kind = 'email_undo'`); err != nil { // as an older one is
		t.Fatal(err)
	}
	if err := s.desk.Accounts.Release(t.Context(), number, own); err != nil {
		t.Fatal(err)
	}
	var open int
	if err := s.desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM mail_request WHERE account_id = 1 AND kind = 'email_undo' AND used_at IS NULL`).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d links back to an earlier address still work (%v)", open, err)
	}
	if err := s.desk.Accounts.Release(t.Context(), number, evil); !failure.Is(err, failure.KindConflict) {
		t.Errorf("released twice: %v", err)
	}
	answered(t, "a new password", s.desk.NewVisitor(t).Post(strings.TrimPrefix(linkIn(t, s.box.Next(t, own)), s.desk.URL), url.Values{"password": {fresh}}), http.StatusSeeOther, "")
	if p := s.in(own, fresh).Get("/account/security"); !strings.Contains(p.Text("main"), "Account opened again") {
		t.Errorf("the history: %s", p.Text("main"))
	}
	s.out("the attacker", s.owner)
}

// Each change of credentials ends the other sessions and voids what was open; the session that made it goes on where it did not say otherwise.
func TestEveryChangeVoidsLinksAndSessions(t *testing.T) {
	t.Parallel()
	post := func(path string, form url.Values, status int) func(*stage) {
		return func(s *stage) { answered(s.T, path, s.owner.Post(path, form), status, "") }
	}
	for name, c := range map[string]struct {
		before, change func(*stage)
		ends           bool // this session, too
	}{
		"password":    {nil, post("/account/security/password", url.Values{"old_password": {password}, "password": {fresh}}, http.StatusSeeOther), false},
		"everywhere":  {nil, post("/account/security/end-sessions", url.Values{}, http.StatusSeeOther), true},
		"app added":   {nil, func(s *stage) { addApp(s.T, s.clock, s.owner) }, false},
		"app removed": {func(s *stage) { addApp(s.T, s.clock, s.owner) }, post("/account/security/app/remove", url.Values{}, http.StatusSeeOther), false},
		"new codes":   {func(s *stage) { addApp(s.T, s.clock, s.owner) }, post("/account/security/recovery-codes", url.Values{}, http.StatusOK), false},
		"address": {nil, func(s *stage) {
			take, _ := s.askEmail(s.owner, owners, "next@mail.example", password)
			answered(s.T, "confirm", s.owner.Post(take, url.Values{}), http.StatusOK, "")
		}, false},
		"reset": {nil, func(s *stage) {
			answered(s.T, "reset", s.desk.NewVisitor(s.T).Post(s.askPassword(owners, owners), url.Values{"password": {fresh}}), http.StatusSeeOther, "")
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			other := s.in(owners, password)
			if c.before != nil {
				c.before(s)
				if p := other.Get("/account"); p.Status != http.StatusSeeOther {
					t.Errorf("the other browser is in still: status %d", p.Status)
				}
			}
			take, _ := s.askEmail(s.owner, owners, evil, password)
			reset := s.askPassword(owners, owners)
			if p := s.desk.Get(reset); p.Status != http.StatusOK {
				t.Fatalf("the reset link: status %d", p.Status)
			}
			c.change(s)
			s.dead("the pending change of address", take)
			s.dead("the reset link", reset)
			s.out("the other browser", other)
			if p := s.owner.Get("/account"); (p.Status == http.StatusOK) == c.ends {
				t.Errorf("this browser: status %d", p.Status)
			}
		})
	}
}

// One open link of a kind.
func TestOnlyTheNewestLinkWorks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first, _ := s.askEmail(s.owner, owners, "first@mail.example", password)
	second, _ := s.askEmail(s.owner, owners, "second@mail.example", password)
	s.dead("the first change", first)
	old := s.askPassword(owners, owners)
	newest := s.askPassword(owners, owners)
	s.dead("the first reset", old)
	if p := s.desk.Get(newest); p.Status != http.StatusOK {
		t.Errorf("the newest: status %d", p.Status)
	}
	s.press(second, http.StatusOK)
	if got := s.address(); got != "second@mail.example" {
		t.Errorf("the address is %s", got)
	}
}

// Whoever was let in by what another change has voided meanwhile changes nothing: not a request that is under way, not a sign-in.
func TestNoChangeUnderAnOlderEpoch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	stale, err := account.Store{DB: s.desk.DB}.ByID(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Accounts.EndSessions(ctx, stale, account.Visit{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Accounts.ChangePassword(ctx, stale, password, fresh, account.Visit{}); err == nil {
		t.Error("a session that has ended changes the password")
	}
	if err := s.desk.Accounts.EndSessions(ctx, stale, account.Visit{}); err == nil {
		t.Error("a session that has ended ends the others")
	}
	var once atomic.Int32
	var all sync.WaitGroup
	now, err := account.Store{DB: s.desk.DB}.ByID(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		all.Go(func() {
			err := pgx.BeginFunc(context.WithoutCancel(ctx), s.desk.DB, func(tx pgx.Tx) error {
				_, err := account.Raise(ctx, tx, now.ID, now.Epoch, time.Now())
				return err
			})
			if err == nil {
				once.Add(1)
			}
		})
	}
	all.Wait()
	if once.Load() != 1 {
		t.Errorf("%d changes under one epoch", once.Load())
	}
}

// A secret that somebody began to set up, and may know, is not the one that the owner is shown after they have shut them out.
func TestASetupFromBeforeIsForgotten(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	attacker := s.in(owners, password)
	answered(t, "begin", attacker.Post("/account/security/app", nil), http.StatusSeeOther, "/account/security/app")
	answered(t, "the attacker's secret", attacker.Get("/account/security/app"), http.StatusOK, "")
	form := url.Values{"old_password": {password}, "password": {fresh}}
	answered(t, "new password", s.owner.Post("/account/security/password", form), http.StatusSeeOther, "")
	answered(t, "the owner's page", s.owner.Get("/account/security/app"), http.StatusSeeOther, "/account/security/second-step")
}

// A question that a browser follows by a link ends with the credentials of the account that it is of.
func TestFollowingEndsWithTheCredentials(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	form := s.owner.Get("/inquiries/new").Form("main form")
	for name, value := range map[string]string{"category": "case-question", "subject": "My interview", "question": "When is it?"} {
		form.Set(name, value)
	}
	reference := strings.TrimPrefix(s.owner.Post("/inquiries", form).Location(), "/inquiries/")
	follow := func() (*webtest.Visitor, string) {
		v := s.desk.NewVisitor(t)
		answered(t, "ask", v.Post("/status", url.Values{"reference": {reference}, "email": {owners}}), http.StatusSeeOther, "/status/sent")
		return v, s.link(owners, "Your link to question")
	}
	v, path := follow()
	answered(t, "follow", v.Post(path, url.Values{}), http.StatusSeeOther, "/status/questions/"+reference)
	_, unused := follow()
	answered(t, "read", v.Get("/status/questions/"+reference), http.StatusOK, "")
	answered(t, "everywhere", s.owner.Post("/account/security/end-sessions", url.Values{}), http.StatusSeeOther, "")
	answered(t, "read on", v.Get("/status/questions/"+reference), http.StatusNotFound, "")
	s.dead("a link that was not used yet", unused)
}

// Whoever has the password adds a second step, and the owner cannot sign in any more: the mail about it leads back in.
func TestOwnerDeniesASecondStep(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	attacker := s.in(owners, password)
	addApp(t, s.clock, attacker)
	mail := s.mails(owners, "A second step was added")["A second step was added"]
	deny := pathOf(t, s.desk, linkIn(t, mail))
	if p := s.desk.Get(deny); p.Status != http.StatusOK || p.Text("h1") != "This was not me" {
		t.Fatalf("the mail's page: status %d: %s", p.Status, p.Text("main"))
	}
	s.press(deny, http.StatusOK)
	s.out("the attacker", attacker)
	s.dead("the link that was used", deny)
	v := s.desk.NewVisitor(t)
	answered(t, "the new password", v.Post(s.link(owners, "Set a new password"), url.Values{"password": {fresh}}), http.StatusSeeOther, "/account")
	if p := v.Get("/account"); p.Status != http.StatusOK || s.address() != owners {
		t.Errorf("the owner: status %d to %q, address %s", p.Status, p.Location(), s.address())
	}
}

// A change of address that the agency imports is told to the old address with the link that takes it back, as any other.
func TestOwnerDeniesAnImportedAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var number string
	if err := s.desk.DB.QueryRow(t.Context(), `SELECT number FROM account WHERE id = 1`).Scan(&number); err != nil {
		t.Fatal(err)
	}
	file := "number,name,email\n" + number + ",Ana María Núñez," + evil + "\n"
	rejects := &transfer.Rejects{Path: filepath.Join(t.TempDir(), "rejected.csv")}
	if _, err := transfer.ImportAccounts(t.Context(), s.desk.DB, strings.NewReader(file), transfer.AccountOptions{Overwrite: true}, rejects, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if got := s.address(); got != evil {
		t.Fatalf("the address is %s", got)
	}
	told := s.mails(evil, "address was changed")["address was changed"]
	if strings.Contains(told.Text, "not-me") {
		t.Error("the new address gets the link, too")
	}
	s.press(s.link(owners, "address was changed"), http.StatusOK)
	if got := s.address(); got != owners {
		t.Errorf("taken back, the address is %s", got)
	}
	s.link(owners, "Set a new password")
}
