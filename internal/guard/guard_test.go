package guard_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// door is a guarded door, with a clock of its own.
type door struct {
	*testing.T
	*guard.Guard
	now time.Time
}

var (
	home  = netip.MustParseAddr("192.0.2.7")
	other = netip.MustParseAddr("198.51.100.7")
)

const (
	ana       = "ana@mail.example"
	firstKey  = "the first key, which is long enough for it"
	secondKey = "another key, which is as long as the other"
)

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{T: t, now: time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)}
	var err error
	if d.Guard, err = guard.New(guard.Config{DB: testkit.Database(t), Keys: [][]byte{[]byte(firstKey)}, Now: func() time.Time { return d.now }}); err != nil {
		t.Fatal(err)
	}
	return d
}

// try fails n times and then says when the door is open again; the zero time when it is.
func (d *door) try(n int, s guard.Subject, from netip.Addr, cookie string) (until time.Time) {
	d.Helper()
	for range n {
		_, err := d.BeginFor(context.Background(), guard.ApplicantPassword, s, from, cookie)
		var locked *guard.Locked
		switch {
		case errors.As(err, &locked) && failure.Is(err, failure.KindTooManyTries):
			return locked.Until
		case err != nil:
			d.Fatal(err)
		}
	}
	return time.Time{}
}

// Five wrong tries from one network close the door for it until fifteen minutes after the first of them, and for nobody else.
func TestFiveTriesLockOneNetwork(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	subject := guard.Subject{Typed: ana}
	began := d.now
	if until := d.try(5, subject, home, ""); !until.IsZero() {
		t.Fatalf("locked until %v after five tries", until)
	}
	d.now = d.now.Add(time.Minute)
	if until := d.try(1, subject, home, ""); !until.Equal(began.Add(15 * time.Minute)) {
		t.Errorf("the sixth is locked until %v, want %v", until, began.Add(15*time.Minute))
	}
	if until := d.try(1, subject, netip.MustParseAddr("192.0.2.200"), ""); until.IsZero() {
		t.Error("a neighbour's address, of the same /24, is not locked")
	}
	for name, open := range map[string]time.Time{
		"another network": d.try(1, subject, other, ""), "somebody else": d.try(1, guard.Subject{Typed: "bo@mail.example"}, home, ""),
	} {
		if !open.IsZero() {
			t.Errorf("%s is locked, too", name)
		}
	}
	d.now = began.Add(15*time.Minute + time.Second)
	if until := d.try(1, subject, home, ""); !until.IsZero() {
		t.Errorf("after its time it is locked until %v", until)
	}
}

// Tries at the same moment do not slip past together.
func TestTriesAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var looked atomic.Int32
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if _, err := d.Begin(t.Context(), guard.StaffPassword, ana, home, ""); err == nil {
				looked.Add(1)
			} else if !failure.Is(err, failure.KindTooManyTries) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := looked.Load(); n != 5 {
		t.Errorf("%d of 30 were looked at, want 5", n)
	}
}

// Whoever has signed in before is not locked out by others, with a key that has been rotated, too, until the epoch of the account is another.
func TestAKnownBrowserIsNotLockedOut(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	subject := guard.Subject{Typed: ana, Owner: "1", Epoch: 3}
	first, err := d.BeginFor(t.Context(), guard.ApplicantPassword, subject, home, "")
	if err != nil || first.Known() {
		t.Fatalf("known: %t, %v", first.Known(), err)
	}
	cookie, err := first.Succeed(t.Context())
	if err != nil || strings.Contains(cookie, ana) {
		t.Fatalf("cookie %q, %v", cookie, err)
	}
	d.try(6, subject, home, "") // somebody in the same network
	if until := d.try(9, subject, home, cookie); !until.IsZero() {
		t.Errorf("the owner's browser is locked until %v by what others did", until)
	}
	if until := d.try(3, subject, home, cookie); until.IsZero() {
		t.Error("a known browser may guess for ever")
	}
	for name, c := range map[string]struct {
		door    guard.Door
		subject guard.Subject
		cookie  string
		want    bool
	}{
		"the same":       {guard.ApplicantPassword, subject, cookie, true},
		"another name":   {guard.ApplicantPassword, guard.Subject{Typed: "163920702842", Owner: "1", Epoch: 3}, cookie, true},
		"a later epoch":  {guard.ApplicantPassword, guard.Subject{Typed: ana, Owner: "1", Epoch: 4}, cookie, false},
		"another owner":  {guard.ApplicantPassword, guard.Subject{Typed: ana, Owner: "2", Epoch: 3}, cookie, false},
		"another door":   {guard.ApplicantCode, subject, cookie, false},
		"a changed one":  {guard.ApplicantPassword, subject, "A" + cookie[1:len(cookie)-1] + "A", false},
		"none":           {guard.ApplicantPassword, subject, "", false},
		"far too long":   {guard.ApplicantPassword, subject, strings.Repeat(cookie+".", 20), false},
		"one among five": {guard.ApplicantPassword, subject, "x.y..z." + cookie, true},
	} {
		if got := d.Knows(c.door, c.subject, c.cookie); got != c.want {
			t.Errorf("%s: known %t, want %t", name, got, c.want)
		}
	}
	for name, keys := range map[string][][]byte{"rotated": {[]byte(secondKey), []byte(firstKey)}, "gone": {[]byte(secondKey)}} {
		g, err := guard.New(guard.Config{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Knows(guard.ApplicantPassword, subject, cookie); got != (name == "rotated") {
			t.Errorf("a cookie of a key that is %s: known %t", name, got)
		}
	}
}

// Both names of an account share one allowance: the second one is refused in silence.
func TestNamesOfOneAccountShareTheirTries(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	byEmail, byNumber := guard.Subject{Typed: ana, Owner: "1"}, guard.Subject{Typed: "163920702842", Owner: "1"}
	d.try(5, byEmail, home, "")
	got, err := d.BeginFor(t.Context(), guard.ApplicantPassword, byNumber, home, "")
	if err != nil || !got.Refused() {
		t.Errorf("the sixth guess, by number, is looked at (%v)", err)
	}
	strangers, err := d.BeginFor(t.Context(), guard.ApplicantPassword, guard.Subject{Typed: "300000000083"}, home, "")
	if err != nil || strangers.Refused() {
		t.Errorf("a number of nobody's is refused, and so told apart (%v)", err)
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2ff::1": "2001:db8:1:200::/56", "fe80::1%eth0": "fe80::/56",
	} {
		if got := guard.Network(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
	if got := guard.Network(netip.Addr{}).String(); got != "::/128" {
		t.Errorf("no address is in %s", got)
	}
}
