package factor_test

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
)

var site = virtualwebauthn.RelyingParty{ID: "help.arrivals.example", Name: "Bureau of Arrivals", Origin: base}

// key is a security key with one passkey on it.
type key struct {
	virtualwebauthn.Authenticator
	virtualwebauthn.Credential
	at virtualwebauthn.RelyingParty
}

// newKey draws again when a coordinate begins with a zero, which virtualwebauthn 1.0.3 leaves out of the COSE key's 77 bytes.
func newKey() *key {
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(c.Key.AttestationData()) == 77 {
			return &key{virtualwebauthn.NewAuthenticator(), c, site}
		}
	}
}

// make answers the question for a new passkey as a browser would.
func (k *key) make(d *desk, asked factor.Asked) string {
	d.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(string(asked.Options))
	d.must(err)
	k.Options.UserHandle = []byte(options.UserID)
	return virtualwebauthn.CreateAttestationResponse(k.at, k.Authenticator, k.Credential, *options)
}

// answer answers the question at signing in, counting one up.
func (k *key) answer(d *desk, asked factor.Asked) string {
	d.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(string(asked.Options))
	d.must(err)
	k.Counter++
	return virtualwebauthn.CreateAssertionResponse(k.at, k.Authenticator, k.Credential, *options)
}

func (d *desk) addPasskey(by factor.By, k *key, name string) []string {
	d.Helper()
	asked, err := d.factors.BeginPasskey(d.Context(), by.AccountID)
	d.must(err)
	recovery, err := d.factors.AddPasskey(d.Context(), by, asked.State, k.make(d, asked), name)
	d.must(err)
	return recovery
}

func (d *desk) ask(by factor.By) factor.Asked {
	d.Helper()
	asked, err := d.factors.AskPasskey(d.Context(), by.AccountID)
	d.must(err)
	return asked
}

func (d *desk) use(by factor.By, k *key) error {
	d.Helper()
	asked := d.ask(by)
	_, err := d.factors.EnterPasskey(d.Context(), by, asked.State, k.answer(d, asked))
	return err
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.factors.AskPasskey(t.Context(), d.ada.AccountID); kindOf(err) != failure.KindNotFound {
		t.Errorf("without a passkey: %v", err)
	}
	blue, green := newKey(), newKey()
	if recovery := d.addPasskey(d.ada, blue, "  Blue \n key "); len(recovery) != 10 {
		t.Errorf("%d recovery codes with the first factor, want 10", len(recovery))
	}
	if recovery := d.addPasskey(d.ada, green, strings.Repeat("ñ", 80)); recovery != nil {
		t.Errorf("recovery codes with the second factor: %v", recovery)
	}
	d.advance(time.Hour)
	d.mustf("blue:", d.use(d.ada, blue))
	d.mustf("blue again:", d.use(d.ada, blue))
	d.mustf("green:", d.use(d.ada, green))

	list, err := d.factors.Passkeys(t.Context(), d.ada.AccountID)
	d.must(err)
	made, now := d.now().Add(-time.Hour), d.now()
	want := []factor.Passkey{
		{ID: list[0].ID, Name: "Blue key", CreatedAt: made, UsedAt: &now},
		{ID: list[1].ID, Name: strings.Repeat("ñ", 80), CreatedAt: made, UsedAt: &now},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if err := d.factors.RemovePasskey(t.Context(), d.ben, list[1].ID); kindOf(err) != failure.KindNotFound {
		t.Errorf("removing another's: %v", err)
	}
	d.must(d.factors.RemovePasskey(t.Context(), d.ada, list[0].ID))
	if err := d.use(d.ada, blue); codeOf(err) != "unknown" {
		t.Errorf("a removed one: %v", err)
	}
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || k != (factor.Kinds{Passkeys: 1, RecoveryCodes: 10}) {
		t.Errorf("got %+v, %v", k, err)
	}
	d.must(d.factors.RemovePasskey(t.Context(), d.ada, list[1].ID))
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || k != (factor.Kinds{}) {
		t.Errorf("after the last one: %+v, %v", k, err)
	}
	events := []string{
		"factor_added passkey", "recovery_codes_made", "factor_added passkey", "factor_removed passkey", "factor_removed passkey",
	}
	if diff := cmp.Diff(events, d.events(d.ada)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestPasskeyOptions looks at what the browser is asked, by the names of the specification (WebAuthn Level 3, 5.1.8 and 5.1.9).
func TestPasskeyOptions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	k := newKey()
	d.addPasskey(d.ada, k, "Blue")
	asked, err := d.factors.BeginPasskey(t.Context(), d.ada.AccountID)
	d.must(err)
	var got struct {
		RP                 struct{ ID, Name string }
		User               struct{ ID, Name, DisplayName string }
		ExcludeCredentials []struct{ ID, Type string }
		Attestation        string
	}
	d.must(json.Unmarshal(asked.Options, &got))
	if got.RP.ID != "help.arrivals.example" || got.User.Name != "ada@mail.example" || got.User.DisplayName != "Ada Quill" {
		t.Errorf("got %+v", got)
	}
	if len(got.ExcludeCredentials) != 1 || len(got.User.ID) != 43 {
		t.Errorf("want the key that is there excluded, and a handle of 32 random bytes; got %+v", got)
	}
	options, err := virtualwebauthn.ParseAttestationOptions(string(asked.Options))
	d.must(err)
	if !k.IsExcludedForAttestation(*options) || options.UserID != string(k.Options.UserHandle) {
		t.Error("the same key would be added twice, or under another handle")
	}
}

func TestPasskeyRefuses(t *testing.T) {
	t.Parallel()
	elsewhere := site
	elsewhere.Origin = "https://help.arrivals.example.evil.example"
	other := virtualwebauthn.RelyingParty{ID: "evil.example", Origin: base}
	tests := []struct {
		name string
		play func(d *desk, k *key) error
		want string
	}{
		{"made at another site", func(d *desk, _ *key) error { return d.add(elsewhere, d.ada, "Blue") }, "refused"},
		{"made for another site", func(d *desk, _ *key) error { return d.add(other, d.ada, "Blue") }, "refused"},
		{"without a name", func(d *desk, _ *key) error { return d.add(site, d.ada, " ") }, "empty"},
		{"with a long name", func(d *desk, _ *key) error { return d.add(site, d.ada, strings.Repeat("a", 81)) }, "too_long"},
		{"no answer", func(d *desk, _ *key) error {
			asked, err := d.factors.BeginPasskey(d.Context(), d.ada.AccountID)
			d.must(err)
			_, err = d.factors.AddPasskey(d.Context(), d.ada, asked.State, "{}", "Blue")
			return err
		}, "refused"},
		{"the answer to another question", func(d *desk, k *key) error {
			answer := k.answer(d, d.ask(d.ada))
			_, err := d.factors.EnterPasskey(d.Context(), d.ada, d.ask(d.ada).State, answer)
			return err
		}, "refused"},
		{"an answer without a question", func(d *desk, k *key) error {
			_, err := d.factors.EnterPasskey(d.Context(), d.ada, nil, k.answer(d, d.ask(d.ada)))
			return err
		}, "expired"},
		{"too late", func(d *desk, k *key) error {
			asked := d.ask(d.ada)
			d.advance(10*time.Minute + time.Second)
			_, err := d.factors.EnterPasskey(d.Context(), d.ada, asked.State, k.answer(d, asked))
			return err
		}, "expired"},
		{"another's question", func(d *desk, k *key) error {
			theirs := newKey()
			d.addPasskey(d.ben, theirs, "Ben's")
			asked := d.ask(d.ben)
			_, err := d.factors.EnterPasskey(d.Context(), d.ada, asked.State, k.answer(d, asked))
			return err
		}, "expired"},
		{"another's passkey", func(d *desk, _ *key) error {
			theirs := newKey()
			d.addPasskey(d.ben, theirs, "Ben's")
			return d.use(d.ada, theirs)
		}, "unknown"},
		{"signed at another site", func(d *desk, k *key) error { k.at = elsewhere; return d.use(d.ada, k) }, "refused"},
		{"signed by another key", func(d *desk, k *key) error { k.Key = newKey().Key; return d.use(d.ada, k) }, "refused"},
		{"nobody was there", func(d *desk, k *key) error { k.Options.UserNotPresent = true; return d.use(d.ada, k) }, "refused"},
		{"under another handle", func(d *desk, k *key) error { k.Options.UserHandle = []byte("somebody"); return d.use(d.ada, k) }, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			k := newKey()
			d.addPasskey(d.ada, k, "Blue")
			if err := tt.play(d, k); codeOf(err) != tt.want {
				t.Errorf("got %v, want code %q", err, tt.want)
			}
		})
	}
}

func (d *desk) add(at virtualwebauthn.RelyingParty, by factor.By, name string) error {
	d.Helper()
	k := newKey()
	k.at = at
	asked, err := d.factors.BeginPasskey(d.Context(), by.AccountID)
	d.must(err)
	_, err = d.factors.AddPasskey(d.Context(), by, asked.State, k.make(d, asked), name)
	return err
}

// TestCopiedPasskey: a counter that goes back is the sign of a copy (WebAuthn Level 3, 6.1.1).
func TestCopiedPasskey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	k := newKey()
	recovery := d.addPasskey(d.ada, k, "Blue")
	copied := *k
	d.must(d.use(d.ada, k))
	d.must(d.use(d.ada, k))
	if err := d.use(d.ada, &copied); kindOf(err) != failure.KindForbidden {
		t.Errorf("the copy: %v", err)
	}
	if list, err := d.factors.Passkeys(t.Context(), d.ada.AccountID); err != nil || !list[0].Stopped {
		t.Errorf("the list does not tell: %+v, %v", list, err)
	}
	if _, err := d.factors.AskPasskey(t.Context(), d.ada.AccountID); kindOf(err) != failure.KindNotFound {
		t.Errorf("it is still asked for: %v", err)
	}
	if k, err := d.factors.Needed(t.Context(), d.ada.AccountID); err != nil || !k.Any() {
		t.Errorf("a thief's copy takes the second step away: %+v, %v", k, err)
	}
	want := []string{"factor_added passkey", "recovery_codes_made", "passkey_copy_refused passkey"}
	if diff := cmp.Diff(want, d.events(d.ada)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	d.mustf("a recovery code instead:", d.enter(d.ada, recovery[0]))
}

// TestTwoFirstFactorsAtOnce: one of them is the first, and makes the recovery codes.
func TestTwoFirstFactorsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	keys, asked := []*key{newKey(), newKey()}, make([]factor.Asked, 2)
	var made atomic.Int64
	for i := range keys {
		var err error
		asked[i], err = d.factors.BeginPasskey(t.Context(), d.ada.AccountID)
		d.must(err)
	}
	var all sync.WaitGroup
	for i, k := range keys {
		all.Go(func() {
			recovery, err := d.factors.AddPasskey(t.Context(), d.ada, asked[i].State, k.make(d, asked[i]), "Key")
			if err != nil {
				t.Error(err)
			}
			made.Add(int64(len(recovery)))
		})
	}
	all.Wait()
	if made.Load() != 10 {
		t.Errorf("%d recovery codes were shown, want those of one", made.Load())
	}
	for _, k := range keys {
		d.mustf("each under its own handle:", d.use(d.ada, k))
	}
}
