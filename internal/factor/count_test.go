package factor_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/guard"
)

// TestAHundredInARow: 200 wrong codes at once, from browsers that no other limit holds back, are a hundred tries (NIST SP 800-63B-4, 3.2.2).
func TestAHundredInARow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, recovery := d.addApp(d.ada)
	right, wrong := d.code(a, d.now()), "000000"
	if right == wrong {
		wrong = "000001"
	}
	d.must(d.enter(d.ada, right))
	d.nextStep()
	watch, err := guard.New(guard.Config{DB: d.db, Keys: [][]byte{[]byte(firstKey)}, Now: d.now})
	d.must(err)
	var looked, shut atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		by := d.ada
		by.Device, err = watch.Know(guard.ApplicantCode, account.CodeOf(by.AccountID, by.Epoch), "")
		d.must(err)
		for range 10 {
			all.Go(func() {
				switch err := d.enter(by, wrong); {
				case codeOf(err) == "wrong":
					looked.Add(1)
				case errors.Is(err, factor.ErrShut):
					shut.Add(1)
				default:
					t.Errorf("a try is answered with %v", err)
				}
			})
		}
	}
	all.Wait()
	if looked.Load() != 100 || shut.Load() != 100 {
		t.Errorf("%d codes were looked at, %d not", looked.Load(), shut.Load())
	}
	d.advance(48 * time.Hour)
	for what, code := range map[string]string{"right code": d.code(a, d.now()), "recovery code": recovery[0]} {
		if err := d.enter(d.ada, code); !errors.Is(err, factor.ErrShut) {
			t.Errorf("a %s two days later: %v", what, err)
		}
	}
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || !k.Shut {
		t.Errorf("the page would ask for a code: %+v (%v)", k, err)
	}
	if k, err := d.factors.Needed(t.Context(), d.ben.AccountID); err != nil || k.Shut {
		t.Errorf("another account is shut: %+v (%v)", k, err)
	}
}

// TestARightCodeBeginsAnew, and the owner hears of wrong ones: of a browser that they never used at once, of theirs at the third, and no
// more than once in six hours.
func TestTheOwnerHearsOfWrongCodes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, _ := d.addApp(d.ada)
	home, err := d.factors.Enter(t.Context(), d.ada, d.code(a, d.now()))
	d.must(err)
	d.nextStep()
	owner, thief := d.ada, d.ada
	owner.Device = home.Device
	wrong := func(by factor.By) {
		t.Helper()
		typed := "000000"
		for s := -1; s <= 1; s++ {
			if d.code(a, d.now().Add(time.Duration(s)*30*time.Second)) == typed {
				typed = "000001"
			}
		}
		if err := d.enter(by, typed); codeOf(err) != "wrong" {
			t.Fatal(err)
		}
	}
	told := func() (n int) {
		t.Helper()
		for _, e := range d.events(d.ada) {
			if e == "second_step_failed" {
				n++
			}
		}
		return n
	}
	var got []int
	wrong(owner)
	wrong(owner)
	got = append(got, told()) // anybody mistypes twice
	d.must(d.enter(owner, d.code(a, d.now())))
	d.nextStep()
	wrong(owner)
	wrong(owner)
	got = append(got, told()) // the right one began anew
	wrong(owner)
	got = append(got, told())
	wrong(thief)
	d.advance(6*time.Hour - time.Second)
	wrong(thief)
	got = append(got, told())
	d.advance(time.Second)
	wrong(thief)
	got = append(got, told())
	if diff := cmp.Diff([]int{0, 0, 1, 1, 2}, got); diff != "" {
		t.Errorf("told so often (-want +got)\n%s", diff)
	}
}
