package factor_test

import (
	"context"
	"math"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
)

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.factors.NewRecoveryCodes(t.Context(), d.ada); kindOf(err) != failure.KindConflict {
		t.Errorf("without a second factor: %v", err)
	}
	_, codes := d.addApp(d.ada)
	seen := map[string]bool{}
	letters := map[rune]bool{}
	for _, c := range codes {
		seen[c] = true
		if !regexp.MustCompile(`^[2-9A-Y]{5}-[2-9A-Y]{5}-[2-9A-Y]{5}$`).MatchString(c) || strings.ContainsAny(c, "IOQZ01") {
			t.Errorf("%q cannot be read well", c)
		}
		for _, r := range strings.ReplaceAll(c, "-", "") {
			letters[r] = true
		}
	}
	// 150 draws from 30 show all but a few of them; with fewer the 64 bits would be missed.
	if bits := 15 * math.Log2(float64(len(letters))); len(seen) != 10 || bits < 64 {
		t.Errorf("%d codes of %.0f bits, want 10 of 64 or more", len(seen), bits)
	}

	passed, err := d.factors.Enter(t.Context(), d.ada, " "+strings.ToLower(strings.ReplaceAll(codes[3], "-", " ")))
	if err != nil || !passed.Recovery || passed.Left != 9 || passed.Device == "" {
		t.Errorf("typed by hand: %+v, %v", passed, err)
	}
	if err := d.enter(d.ada, codes[3]); codeOf(err) != "wrong_recovery" {
		t.Errorf("a second time: %v", err)
	}
	if err := d.enter(d.ben, codes[4]); codeOf(err) != "wrong_recovery" {
		t.Errorf("for another account: %v", err)
	}
	newer, err := d.factors.NewRecoveryCodes(t.Context(), d.ada)
	d.must(err)
	if err := d.enter(d.ada, codes[4]); codeOf(err) != "wrong_recovery" {
		t.Errorf("an old one after new ones were made: %v", err)
	}
	d.must(d.enter(d.ada, newer[0]))
	want := []string{"factor_added totp", "recovery_codes_made", "recovery_code_used", "second_step_failed", "recovery_codes_made", "recovery_code_used"}
	if diff := cmp.Diff(want, d.events(d.ada)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestRecoveryCodesAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, codes := d.addApp(d.ada)
	var rows string
	d.must(d.db.QueryRow(t.Context(), `SELECT string_agg(r::text, ' ') FROM account_recovery_code r`).Scan(&rows))
	for _, c := range codes {
		if strings.Contains(rows, c) || strings.Contains(rows, strings.ReplaceAll(c, "-", "")) {
			t.Errorf("%s stands in the table", c)
		}
	}
	var salts, tooShort int
	d.must(d.db.QueryRow(t.Context(), `SELECT count(DISTINCT salt), count(*) FILTER (WHERE length(code_hash) < 32 OR salt IS NULL)
		FROM account_recovery_code`).Scan(&salts, &tooShort))
	if salts != 1 || tooShort != 0 {
		t.Errorf("%d salts, %d hashes without one", salts, tooShort)
	}
}

func TestOneRecoveryCodeAtTheSameTimeCountsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, codes := d.addApp(d.ada)
	var let atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := d.enter(d.ada, codes[0]); err == nil {
				let.Add(1)
			} else if codeOf(err) != "wrong_recovery" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if let.Load() != 1 {
		t.Errorf("one code let %d in", let.Load())
	}
}

// TestGuessing plays somebody who has the password and tries codes.
func TestGuessing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, codes := d.addApp(d.ada)
	home, err := d.factors.Enter(t.Context(), d.ada, d.code(a, d.now()))
	d.must(err)
	d.nextStep()
	right := d.code(a, d.now())
	owner := d.ada
	owner.Device = home.Device
	guess := "000000"
	if right == guess {
		guess = "000001"
	}
	thief := d.ada
	thief.Address = address("203.0.113.9")
	for range 5 {
		if _, err := d.factors.Enter(t.Context(), thief, guess); codeOf(err) != "wrong" {
			t.Fatal(err)
		}
	}
	if _, err := d.factors.Enter(t.Context(), thief, right); kindOf(err) != failure.KindTooManyTries {
		t.Errorf("a sixth guess, even a right one: %v", err)
	}
	everywhere(t.Context(), d)
	stranger := d.ada
	stranger.Address = address("198.51.100.20")
	if _, err := d.factors.Enter(t.Context(), stranger, right); kindOf(err) != failure.KindTooManyTries {
		t.Errorf("from a hundred networks: %v", err)
	}
	if _, err := d.factors.Enter(t.Context(), stranger, codes[0]); err != nil {
		t.Errorf("the owner is kept out of a new browser with a recovery code in hand: %v", err)
	}
	if _, err := d.factors.Enter(t.Context(), owner, right); err != nil {
		t.Errorf("the owner is kept out of their own browser: %v", err)
	}
}

// everywhere multiplies the failures over as many networks as no limit allows.
func everywhere(ctx context.Context, d *desk) {
	d.Helper()
	_, err := d.db.Exec(ctx, `
		INSERT INTO sign_in_failure (email_hash, network, failed_at)
		SELECT DISTINCT email_hash, ('10.' || n || '.0.0/24')::inet, failed_at
		FROM sign_in_failure, generate_series(1, 99) AS n`)
	d.must(err)
}
