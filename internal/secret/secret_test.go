package secret_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/askwell/askwell/internal/secret"
)

var (
	older = []byte("the key of last year, 32 bytes or more")
	newer = []byte("the key of this year, 32 bytes or more")
)

func box(t *testing.T, purpose string, keys ...[]byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(purpose, keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOldKeysOpenAndTheNewestSeals(t *testing.T) {
	t.Parallel()
	sealed := box(t, "letters", older).Seal([]byte("what was written"), secret.Row(7))
	both := box(t, "letters", newer, older)
	plain, err := both.Open(sealed, secret.Row(7))
	if err != nil || string(plain) != "what was written" {
		t.Fatalf("opened with both keys: %q, %v", plain, err)
	}
	if both.Newest(sealed) {
		t.Error("what the older key sealed counts as sealed by the newest")
	}
	again := both.Seal(plain, secret.Row(7))
	if plain, err := box(t, "letters", newer).Open(again, secret.Row(7)); err != nil || string(plain) != "what was written" {
		t.Errorf("opened with the newest alone: %q, %v", plain, err)
	}
	if !both.Newest(again) || len(again) != len(plain)+33 {
		t.Errorf("sealed again: newest %v, %d bytes of %d", both.Newest(again), len(again), len(plain))
	}
}

func TestWhatWasNotSealedForThisStaysShut(t *testing.T) {
	t.Parallel()
	sealed := box(t, "letters", newer).Seal([]byte("what was written"), secret.Row(7))
	turned := bytes.Clone(sealed)
	turned[len(turned)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return box(t, "letters", older).Open(sealed, secret.Row(7)) },
		"another purpose": func() ([]byte, error) { return box(t, "drafts", newer).Open(sealed, secret.Row(7)) },
		"another owner":   func() ([]byte, error) { return box(t, "letters", newer).Open(sealed, secret.Row(8)) },
		"a turned bit":    func() ([]byte, error) { return box(t, "letters", newer).Open(turned, secret.Row(7)) },
		"cut short":       func() ([]byte, error) { return box(t, "letters", newer).Open(sealed[:20], secret.Row(7)) },
		"nothing":         func() ([]byte, error) { return box(t, "letters", newer).Open(nil, secret.Row(7)) },
		"without its id":  func() ([]byte, error) { return box(t, "letters", newer).OpenBare(sealed[5:], secret.Row(7)) },
	} {
		if plain, err := try(); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func TestSealedValuesNameTheirKey(t *testing.T) {
	t.Parallel()
	id, err := secret.ID(newer)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := secret.KeyOf(box(t, "letters", newer, older).Seal(nil, nil)); !ok || got != id {
		t.Errorf("KeyOf = %v, %v, want %v", got, ok, id)
	}
	if other, err := secret.ID(older); err != nil || other == id {
		t.Errorf("two keys, one id: %v, %v", other, err)
	}
	if _, ok := secret.KeyOf([]byte("plain")); ok {
		t.Error("KeyOf reads what was never sealed")
	}
}

func TestABoxNeedsAKey(t *testing.T) {
	t.Parallel()
	if _, err := secret.NewBox("letters", nil); err == nil {
		t.Error("a box without a key")
	}
}
