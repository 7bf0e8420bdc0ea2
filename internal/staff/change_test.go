package staff_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/staff"
)

func (d *desk) member(email string) staff.Member {
	d.Helper()
	m, err := d.store.ByEmail(d.Context(), email)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func (d *desk) must(errs ...error) {
	d.Helper()
	if err := errors.Join(errs...); err != nil {
		d.Fatal(err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ada, ben := d.member("ada@arrivals.example"), d.member("ben@arrivals.example")
	d.must(d.changes.SetRole(t.Context(), ada.ID, staff.RoleAdministrator))
	for what, err := range map[string]error{
		"deactivated": d.changes.Deactivate(t.Context(), ada.ID), "demoted": d.changes.SetRole(t.Context(), ada.ID, staff.RoleAgent),
	} {
		if kind(err) != failure.KindConflict {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.must(d.changes.SetRole(t.Context(), ben.ID, staff.RoleAdministrator))
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i, id := range []int64{ada.ID, ben.ID} { // each other, at once
		all.Go(func() { errs[i] = d.changes.Deactivate(t.Context(), id) })
	}
	all.Wait()
	var left int
	d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM staff WHERE role = 'administrator' AND deactivated_at IS NULL`).Scan(&left))
	if left != 1 || (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%d administrators are left: %v, %v", left, errs[0], errs[1])
	}
}

func TestChangesAreWrittenDown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	eve, err := d.store.Add(t.Context(), staff.New{Email: "eve@arrivals.example", Name: "Eve", Role: staff.RoleAgent, Password: password, By: "root, command line"})
	d.must(err)
	d.must(
		d.changes.SetRole(t.Context(), eve.ID, staff.RoleSupervisor), d.changes.SetRole(t.Context(), eve.ID, staff.RoleSupervisor),
		d.changes.SetPassword(t.Context(), eve.ID, "eight lamps in the harbour"),
		d.changes.Deactivate(t.Context(), eve.ID), d.changes.Deactivate(t.Context(), eve.ID), d.changes.Activate(t.Context(), eve.ID),
	)
	rows, err := d.db.Query(t.Context(), `SELECT kind || ' by ' || by || ' ' || data FROM staff_event WHERE staff_id = $1 ORDER BY id`, eve.ID)
	d.must(err)
	var got []string
	for rows.Next() {
		var line string
		d.must(rows.Scan(&line))
		got = append(got, line)
	}
	want := []string{
		"added by root, command line {}", `role_changed by root, command line {"to": "supervisor", "from": "agent"}`,
		"password_set by root, command line {}", "deactivated by root, command line {}", "activated by root, command line {}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m := d.mustSignIn(staff.Attempt{Email: "eve@arrivals.example", Password: "eight lamps in the harbour", Address: address("192.0.2.7")}); m.Role != staff.RoleSupervisor || m.SignedInAt == nil {
		t.Errorf("%+v", m.Member)
	}
}

// TestASignInThatIsUnderWayGivesNoSession changes the member after the password was found right and before the session begins: the hash
// that was checked no longer stands.
func TestASignInThatIsUnderWayGivesNoSession(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *desk, id int64) error{
		"another password": func(d *desk, id int64) error {
			return d.changes.SetPassword(d.Context(), id, "eight lamps in the harbour")
		},
		"deactivated": func(d *desk, id int64) error { return d.changes.Deactivate(d.Context(), id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			// The hash costs seconds, so that the change comes while it is checked.
			_, err := d.db.Exec(t.Context(), `UPDATE staff SET password_hash = $1 WHERE email = 'ada@arrivals.example'`, staff.HashAtCost(t, password, 64*1024, 20))
			d.must(err)
			ended := make(chan error, 1)
			go func() {
				ended <- d.try(staff.Attempt{Email: "ada@arrivals.example", Password: password, Address: address("192.0.2.7")})
			}()
			d.awaitTry()
			d.must(change(d, d.member("ada@arrivals.example").ID))
			if err := <-ended; kind(err) != failure.KindUnsigned {
				t.Errorf("the sign-in ended with %v", err)
			}
		})
	}
}

// awaitTry waits until a try to sign in is written down, which comes before its password is looked at.
func (d *desk) awaitTry() {
	d.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		var tries int
		d.must(d.db.QueryRow(d.Context(), `SELECT count(*) FROM sign_in_failure`).Scan(&tries))
		if tries > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			d.Fatal("nobody tried to sign in")
		}
	}
}
