package staff_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
)

const password = "seven lamps in the harbour"

type desk struct {
	*testing.T
	db      *pgxpool.Pool
	store   staff.Store
	changes staff.Changes
	signIns *staff.SignIns
	clock   atomic.Int64
}

func (d *desk) now() time.Time            { return time.Unix(0, d.clock.Load()) }
func (d *desk) advance(by time.Duration)  { d.clock.Add(int64(by)) }
func address(s string) netip.Addr         { return netip.MustParseAddr(s) }
func kind(err error) failure.Kind         { return failure.KindOf(err) }
func (d *desk) try(a staff.Attempt) error { _, err := d.signIns.SignIn(d.Context(), a); return err }

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, db: testkit.Database(t)}
	d.clock.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	d.store = staff.Store{DB: d.db, Agency: "Bureau of Arrivals"}
	d.changes = staff.Changes{DB: d.db, Agency: "Bureau of Arrivals", By: "root, command line"}
	signIns, err := staff.NewSignIns(staff.SignInConfig{DB: d.db, Keys: [][]byte{[]byte("01234567890123456789012345678901")}, Now: d.now})
	if err != nil {
		t.Fatal(err)
	}
	d.signIns = signIns
	for _, name := range []string{"ada", "ben"} { // with a hash that costs next to nothing
		_, err := d.db.Exec(t.Context(), `
			INSERT INTO staff (email, name, role, password_hash) VALUES ($1, $2, 'agent', $3)`,
			name+"@arrivals.example", name, staff.HashAtCost(t, password, 64, 1))
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) mustSignIn(a staff.Attempt) staff.SignedIn {
	d.Helper()
	in, err := d.signIns.SignIn(d.Context(), a)
	if err != nil {
		d.Fatal(err)
	}
	return in
}

func ada(from, password, device string) staff.Attempt {
	return staff.Attempt{Email: "ada@arrivals.example", Password: password, Address: address(from), Device: device}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	gone, err := d.store.Add(t.Context(), staff.New{Email: "gone@arrivals.example", Name: "Gone", Role: staff.RoleAgent, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.changes.Deactivate(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	home := address("192.0.2.7")
	tests := []struct {
		name            string
		email, password string
		want            failure.Kind
	}{
		{"right", "ada@arrivals.example", password, ""},
		{"right, typed on another keyboard", "  ADA@Arrivals.Example ", password, ""},
		{"wrong password", "ada@arrivals.example", password + "s", failure.KindUnsigned},
		{"unknown address", "eve@arrivals.example", password, failure.KindUnsigned},
		{"somebody who left", "gone@arrivals.example", password, failure.KindUnsigned},
		{"nothing", "", "", failure.KindUnsigned},
		{"a megabyte", "ada@arrivals.example", strings.Repeat("a", 1<<20), failure.KindUnsigned},
	}
	texts := map[string]bool{}
	for _, tt := range tests {
		err := d.try(staff.Attempt{Email: tt.email, Password: tt.password, Address: home})
		if kind(err) != tt.want {
			t.Errorf("%s: got %v, want kind %q", tt.name, err, tt.want)
		}
		if err != nil {
			texts[failure.Text(err, "")] = true
		}
	}
	if len(texts) != 1 {
		t.Errorf("the refusals differ, and so tell who works here: %v", texts)
	}
}

// TestLockOut plays who may try when. "stranger" is a browser that never signed in to the account.
func TestLockOut(t *testing.T) {
	t.Parallel()
	const attacker, elsewhere, office = "203.0.113.9", "198.51.100.20", "192.0.2.7"
	fail := func(d *desk, from, device string, n int) {
		d.Helper()
		for range n {
			if err := d.try(ada(from, "not the password", device)); kind(err) != failure.KindUnsigned {
				d.Fatalf("a failure was answered %v", err)
			}
		}
	}
	tests := []struct {
		name string
		play func(d *desk, device string) error // gives the answer to the last try, with the right password
		want failure.Kind
	}{
		{"a few slips", func(d *desk, _ string) error {
			fail(d, elsewhere, "", 4)
			return d.try(ada(elsewhere, password, ""))
		}, ""},
		{"a stranger after five failures, even with the right password", func(d *desk, _ string) error {
			fail(d, attacker, "", 5)
			return d.try(ada(attacker, password, ""))
		}, failure.KindTooManyTries},
		{"the same network counts, not the address", func(d *desk, _ string) error {
			fail(d, attacker, "", 5)
			return d.try(ada("203.0.113.200", password, ""))
		}, failure.KindTooManyTries},
		{"a stranger in another network is not locked out with them", func(d *desk, _ string) error {
			fail(d, attacker, "", 5)
			return d.try(ada(elsewhere, password, ""))
		}, ""},
		{"the owner's browser, while somebody attacks from elsewhere", func(d *desk, device string) error {
			fail(d, attacker, "", 5)
			return d.try(ada(office, password, device))
		}, ""},
		{"the owner's browser, while somebody attacks from the same network", func(d *desk, device string) error {
			fail(d, office, "", 5)
			return d.try(ada(office, password, device))
		}, ""},
		{"the owner's browser, while a hundred networks attack", func(d *desk, device string) error {
			attackFromEverywhere(d)
			return d.try(ada(office, password, device))
		}, ""},
		{"a stranger, while a hundred networks attack", func(d *desk, _ string) error {
			attackFromEverywhere(d)
			return d.try(ada(elsewhere, password, ""))
		}, failure.KindTooManyTries},
		{"a stolen device cookie gets ten tries", func(d *desk, device string) error {
			fail(d, attacker, device, 10)
			return d.try(ada(attacker, password, device))
		}, failure.KindTooManyTries},
		{"the tries of a stolen cookie do not count against strangers", func(d *desk, device string) error {
			fail(d, elsewhere, device, 10)
			return d.try(ada(elsewhere, password, ""))
		}, ""},
		{"a made-up cookie is a stranger", func(d *desk, _ string) error {
			forged := strings.Repeat("A", 64)
			fail(d, attacker, forged, 5)
			return d.try(ada(attacker, password, forged))
		}, failure.KindTooManyTries},
		{"another account's cookie is a stranger", func(d *desk, _ string) error {
			ben := d.mustSignIn(staff.Attempt{Email: "ben@arrivals.example", Password: password, Address: address(attacker)})
			fail(d, attacker, ben.Device, 5)
			return d.try(ada(attacker, password, ben.Device))
		}, failure.KindTooManyTries},
		{"signing in to one's own account does not forgive tries on another", func(d *desk, _ string) error {
			fail(d, attacker, "", 4)
			d.mustSignIn(staff.Attempt{Email: "ben@arrivals.example", Password: password, Address: address(attacker)})
			fail(d, attacker, "", 1)
			return d.try(ada(attacker, password, ""))
		}, failure.KindTooManyTries},
		{"after the quarter of an hour", func(d *desk, _ string) error {
			fail(d, attacker, "", 5)
			d.advance(15*time.Minute + time.Second)
			return d.try(ada(attacker, password, ""))
		}, ""},
		{"success forgives earlier slips", func(d *desk, _ string) error {
			fail(d, elsewhere, "", 4)
			d.mustSignIn(ada(elsewhere, password, ""))
			fail(d, elsewhere, "", 4)
			return d.try(ada(elsewhere, password, ""))
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			device := d.mustSignIn(ada(office, password, "")).Device
			if got := kind(tt.play(d, device)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// attackFromEverywhere writes the failures of twenty-five networks without computing a hundred hashes.
func attackFromEverywhere(d *desk) {
	d.Helper()
	if err := d.try(ada("203.0.113.9", "not the password", "")); kind(err) != failure.KindUnsigned {
		d.Fatal(err)
	}
	_, err := d.db.Exec(d.Context(), `
		INSERT INTO sign_in_failure (email_hash, network, failed_at)
		SELECT email_hash, ('10.' || n || '.0.0/24')::inet, failed_at
		FROM sign_in_failure, generate_series(1, 99) AS n`)
	if err != nil {
		d.Fatal(err)
	}
}

func TestLockOutSaysUntilWhen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.now()
	for range 5 {
		_ = d.try(ada("203.0.113.9", "not the password", ""))
		d.advance(time.Minute)
	}
	var locked *guard.Locked
	if err := d.try(ada("203.0.113.9", password, "")); !errors.As(err, &locked) {
		t.Fatalf("got %v, want a lock", err)
	}
	if want := first.Add(15 * time.Minute); !locked.Until.Equal(want) {
		t.Errorf("locked until %v, want %v: when the first failure is a quarter of an hour old", locked.Until, want)
	}
}

func TestLockOutHoldsForTriesAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var looked atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := d.try(ada("203.0.113.9", "not the password", "")); kind(err) == failure.KindUnsigned {
				looked.Add(1)
			}
		})
	}
	all.Wait()
	if looked.Load() != 5 {
		t.Errorf("%d of 20 tries at once had their password looked at, want 5", looked.Load())
	}
}

func TestFailuresNameNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_ = d.try(ada("203.0.113.9", "not the password", ""))
	var network, row string
	err := d.db.QueryRow(t.Context(), `SELECT network::text, f::text FROM sign_in_failure f`).Scan(&network, &row)
	if err != nil {
		t.Fatal(err)
	}
	if network != "203.0.113.0/24" || strings.Contains(row, "ada") {
		t.Errorf("the failure tells too much: %s", row)
	}
}

func TestRehash(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := staff.HashAtCost(t, password, 8192, 1)
	if _, err := d.db.Exec(t.Context(), `UPDATE staff SET password_hash = $1 WHERE name = 'ada'`, old); err != nil {
		t.Fatal(err)
	}
	in := d.mustSignIn(ada("192.0.2.7", password, ""))
	var hash string
	if err := d.db.QueryRow(t.Context(), `SELECT password_hash FROM staff WHERE name = 'ada'`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is still %s", hash)
	}
	now, err := d.store.ForSession(t.Context(), in.ID)
	if err != nil || now.Stamp != in.Stamp {
		t.Errorf("the session would end at once: stamp %q, want %q (%v)", in.Stamp, now.Stamp, err)
	}
	d.mustSignIn(ada("192.0.2.7", password, ""))
}

func TestStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := d.mustSignIn(ada("192.0.2.7", password, ""))
	if err := d.changes.SetPassword(t.Context(), before.ID, "eight lamps in the harbour"); err != nil {
		t.Fatal(err)
	}
	after, err := d.store.ForSession(t.Context(), before.ID)
	if err != nil || after.Stamp == before.Stamp {
		t.Errorf("a new password leaves sessions standing: %v", err)
	}
	if err := d.try(ada("192.0.2.7", password, "")); kind(err) != failure.KindUnsigned {
		t.Errorf("the old password still counts: %v", err)
	}
	if err := d.changes.Deactivate(t.Context(), before.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.ForSession(t.Context(), before.ID); kind(err) != failure.KindNotFound {
		t.Errorf("a session outlives its member: %v", err)
	}
	_, err = d.store.Add(t.Context(), staff.New{Email: "ADA@arrivals.example", Name: "Ada", Role: staff.RoleAgent, Password: password})
	if kind(err) != failure.KindConflict {
		t.Errorf("the same address twice: %v", err)
	}
	members, err := d.store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	if diff := cmp.Diff([]string{"ben", "ada"}, names); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// TestANewKeyForgetsNothing puts a new key before the old one, as docs/operators.md says, while somebody is guessing.
func TestANewKeyForgetsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	home := staff.Attempt{Email: "ada@arrivals.example", Password: password, Address: address("192.0.2.7")}
	home.Device = d.mustSignIn(home).Device
	thief := staff.Attempt{Email: "ada@arrivals.example", Password: "guess", Address: address("203.0.113.9")}
	for range 5 {
		if err := d.try(thief); kind(err) != failure.KindUnsigned {
			t.Fatal(err)
		}
	}
	var err error
	d.signIns, err = staff.NewSignIns(staff.SignInConfig{
		DB: d.db, Keys: [][]byte{[]byte("a new key of thirty-two bytes or more"), []byte("01234567890123456789012345678901")}, Now: d.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.try(thief); kind(err) != failure.KindTooManyTries {
		t.Errorf("a sixth guess under the new key: %v", err)
	}
	stranger := home
	stranger.Device, stranger.Address = "", thief.Address
	if err := d.try(stranger); kind(err) != failure.KindTooManyTries {
		t.Errorf("from that network, without a device cookie: %v", err)
	}
	home.Address = thief.Address
	if err := d.try(home); err != nil {
		t.Errorf("the owner's browser, known under the old key: %v", err)
	}
}
