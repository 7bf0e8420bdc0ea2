package factor_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
)

// TestCodesOfRFC6238 takes secret, times and codes from RFC 6238, appendix B (SHA-1); an app shows the last six of their eight digits.
func TestCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, v := range []struct {
		at   int64
		code string
	}{
		{59, "94287082"}, {1111111109, "07081804"}, {1111111111, "14050471"},
		{1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
	} {
		by := d.account("Ada Quill", fmt.Sprintf("ada%d@mail.example", v.at))
		factors := d.store(io.MultiReader(strings.NewReader("12345678901234567890"), rand.Reader), firstKey)
		d.set(time.Unix(v.at, 0))
		d.must(factors.BeginApp(t.Context(), by.AccountID))
		if _, err := factors.ConfirmApp(t.Context(), by, v.code[2:]); err != nil {
			t.Errorf("at %d the code %s does not count: %v", v.at, v.code[2:], err)
		}
	}
}

func TestAppSetup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.factors.AppSetup(t.Context(), d.ada.AccountID); kindOf(err) != failure.KindNotFound {
		t.Errorf("before it is begun: %v", err)
	}
	factors := d.store(io.MultiReader(strings.NewReader("12345678901234567890"), rand.Reader), firstKey)
	d.must(factors.BeginApp(t.Context(), d.ada.AccountID))
	setup, err := factors.AppSetup(t.Context(), d.ada.AccountID)
	d.must(err)
	if want := "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"; setup.Secret != want {
		t.Errorf("secret %q, want %q", setup.Secret, want)
	}
	// The form that apps read: github.com/google/google-authenticator/wiki/Key-Uri-Format
	u, err := url.Parse(setup.URL)
	d.must(err)
	got := map[string]string{"path": u.Path, "scheme": u.Scheme, "host": u.Host}
	for k, v := range u.Query() {
		got[k] = strings.Join(v, " and ")
	}
	want := map[string]string{
		"scheme": "otpauth", "host": "totp", "path": "/Bureau of Arrivals:ada@mail.example", "issuer": "Bureau of Arrivals",
		"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "algorithm": "SHA1", "digits": "6", "period": "30",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("URL (-want +got):\n%s", diff)
	}
	if k, err := factors.Needed(t.Context(), d.ada.AccountID); err != nil || k.Any() {
		t.Errorf("a setup that is not confirmed counts: %+v, %v", k, err)
	}
	if err := d.enter(d.ada, d.code(app{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, d.now())); codeOf(err) != "wrong" {
		t.Errorf("a code of a setup that is not confirmed: %v", err)
	}
}

func TestConfirmApp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	forgotten := d.beginApp(d.ada)
	a := d.beginApp(d.ada)
	for _, wrong := range []string{d.code(forgotten, d.now()), "", "12345", d.code(a, d.now().Add(-time.Minute)), d.code(a, d.now().Add(time.Minute))} {
		if _, err := d.factors.ConfirmApp(t.Context(), d.ada, wrong); codeOf(err) != "wrong" {
			t.Errorf("code %q: %v", wrong, err)
		}
	}
	typed := d.code(a, d.now())
	recovery, err := d.factors.ConfirmApp(t.Context(), d.ada, " "+typed[:3]+" "+typed[3:])
	if err != nil || len(recovery) != 10 {
		t.Fatalf("%d recovery codes, want 10 with the first factor; %v", len(recovery), err)
	}
	if err := d.enter(d.ada, typed); codeOf(err) != "used" {
		t.Errorf("the code that confirmed counts again: %v", err)
	}
	if err := d.factors.BeginApp(t.Context(), d.ada.AccountID); kindOf(err) != failure.KindConflict {
		t.Errorf("a second app replaces the first: %v", err)
	}
	if _, err := d.factors.AppSetup(t.Context(), d.ada.AccountID); kindOf(err) != failure.KindNotFound {
		t.Errorf("the secret is still shown: %v", err)
	}
	want := factor.Kinds{App: true, RecoveryCodes: 10}
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || k != want || !k.Any() {
		t.Errorf("got %+v, %v, want %+v", k, err, want)
	}
	if diff := cmp.Diff([]string{"factor_added totp", "recovery_codes_made", "second_step_failed"}, d.events(d.ada)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if k, _ := d.factors.Needed(t.Context(), d.ben.AccountID); k.Any() {
		t.Errorf("somebody else has a factor: %+v", k)
	}
}

func TestEnterAppCode(t *testing.T) {
	t.Parallel()
	const step = 30 * time.Second
	tests := []struct {
		name string
		play func(d *desk, a app) error
		want string
	}{
		{"now", func(d *desk, a app) error { return d.enter(d.ada, d.code(a, d.now())) }, ""},
		{"an app that is 30 seconds late", func(d *desk, a app) error { d.nextStep(); return d.enter(d.ada, d.code(a, d.now().Add(-step))) }, ""},
		{"an app that is 30 seconds early", func(d *desk, a app) error { return d.enter(d.ada, d.code(a, d.now().Add(step))) }, ""},
		{"a minute late", func(d *desk, a app) error { d.nextStep(); return d.enter(d.ada, d.code(a, d.now().Add(-2*step))) }, "wrong"},
		{"a minute early", func(d *desk, a app) error { return d.enter(d.ada, d.code(a, d.now().Add(2*step))) }, "wrong"},
		{"digits of another script", func(d *desk, a app) error {
			return d.enter(d.ada, strings.Map(func(r rune) rune { return r - '0' + '０' }, d.code(a, d.now())))
		}, ""},
		{"twice", func(d *desk, a app) error {
			d.must(d.enter(d.ada, d.code(a, d.now())))
			return d.enter(d.ada, d.code(a, d.now()))
		}, "used"},
		{"the one before, after a later one", func(d *desk, a app) error {
			d.must(d.enter(d.ada, d.code(a, d.now().Add(step))))
			return d.enter(d.ada, d.code(a, d.now()))
		}, "used"},
		{"one after the other", func(d *desk, a app) error {
			d.must(d.enter(d.ada, d.code(a, d.now())))
			d.nextStep()
			return d.enter(d.ada, d.code(a, d.now()))
		}, ""},
		{"for another's account", func(d *desk, a app) error {
			d.addApp(d.ben)
			return d.enter(d.ben, d.code(a, d.now()))
		}, "wrong"},
		{"nothing", func(d *desk, _ app) error { return d.enter(d.ada, "  ") }, "empty"},
		{"no code at all", func(d *desk, _ app) error { return d.enter(d.ada, "1234567") }, "shape"},
		{"after the app was removed", func(d *desk, a app) error {
			d.must(d.factors.RemoveApp(d.Context(), d.ada))
			return d.enter(d.ada, d.code(a, d.now()))
		}, "wrong"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			a, _ := d.addApp(d.ada)
			if err := tt.play(d, a); codeOf(err) != tt.want || tt.want == "" && err != nil {
				t.Errorf("got %v, want code %q", err, tt.want)
			}
		})
	}
}

func TestOneCodeAtTheSameTimeCountsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, _ := d.addApp(d.ada)
	code := d.code(a, d.now())
	var let atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			by := d.ada
			by.Address = address(fmt.Sprintf("198.51.%d.1", i)) // each from elsewhere, so that no lock decides
			_, err := d.factors.Enter(t.Context(), by, code)
			if err == nil {
				let.Add(1)
			} else if codeOf(err) != "used" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if let.Load() != 1 {
		t.Errorf("one code let %d in", let.Load())
	}
}

func TestRemoveApp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.factors.RemoveApp(t.Context(), d.ada); kindOf(err) != failure.KindNotFound {
		t.Errorf("none is there: %v", err)
	}
	_, recovery := d.addApp(d.ada)
	d.must(d.factors.RemoveApp(t.Context(), d.ada))
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || k != (factor.Kinds{}) {
		t.Errorf("still there: %+v, %v", k, err)
	}
	if err := d.enter(d.ada, recovery[0]); codeOf(err) != "wrong_recovery" {
		t.Errorf("recovery codes outlive the last factor: %v", err)
	}
	want := []string{"factor_added totp", "recovery_codes_made", "factor_removed totp", "second_step_failed"}
	if diff := cmp.Diff(want, d.events(d.ada)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	d.beginApp(d.ada)
	d.must(d.factors.RemoveApp(t.Context(), d.ada))
	if diff := cmp.Diff(want, d.events(d.ada)); diff != "" {
		t.Errorf("giving up a setup is told as a change (-want +got):\n%s", diff)
	}
}

// TestSealedSecret reads the column as somebody would who has the database and not the key.
func TestSealedSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, _ := d.addApp(d.ada)
	var sealed []byte
	read := func() []byte {
		t.Helper()
		d.must(d.db.QueryRow(t.Context(), `SELECT secret FROM account_totp WHERE account_id = $1`, d.ada.AccountID).Scan(&sealed))
		return sealed
	}
	before := bytes.Clone(read())
	if len(before) != 1+4+12+20+16 {
		t.Errorf("%d bytes, want a version, a key's ID, a nonce, a secret and a tag", len(before))
	}
	enter := func(s *factor.Store, by factor.By) error {
		d.nextStep()
		_, err := s.Enter(t.Context(), by, d.code(a, d.now()))
		return err
	}
	if err := enter(d.store(nil, otherKey), d.ada); codeOf(err) != "unreadable" {
		t.Errorf("with another key: %v, want that codes cannot be checked", err)
	}
	d.beginApp(d.ben)
	_, err := d.db.Exec(t.Context(), `UPDATE account_totp SET secret = $2, confirmed_at = now() WHERE account_id = $1`, d.ben.AccountID, before)
	d.must(err)
	if err := enter(d.factors, d.ben); codeOf(err) != "unreadable" {
		t.Errorf("it opens for another account: %v", err)
	}
	for i := range before {
		broken := bytes.Clone(before)
		broken[i] ^= 1
		_, err := d.db.Exec(t.Context(), `UPDATE account_totp SET secret = $2 WHERE account_id = $1`, d.ada.AccountID, broken)
		d.must(err)
		if err := enter(d.factors, d.ada); codeOf(err) != "unreadable" {
			t.Fatalf("it opens with byte %d changed: %v", i, err)
		}
	}
	_, err = d.db.Exec(t.Context(), `UPDATE account_totp SET secret = $2 WHERE account_id = $1`, d.ada.AccountID, before)
	d.must(err)

	d.mustf("a new key before the old one:", enter(d.store(nil, otherKey, firstKey), d.ada))
	if bytes.Equal(read(), before) {
		t.Error("the old key's seal stays")
	}
	d.mustf("the old key is gone:", enter(d.store(nil, otherKey), d.ada))
}
