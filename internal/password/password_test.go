package password

import (
	"testing"

	"github.com/askwell/askwell/internal/failure"
)

// TestCheckKnownAnswer checks against a vector of the reference implementation, phc-winner-argon2's test.c.
func TestCheckKnownAnswer(t *testing.T) {
	t.Parallel()
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	right, stale, err := Check(t.Context(), phc, "password")
	if err != nil || !right || !stale {
		t.Errorf("right %v, stale %v, %v; want right and of another cost", right, stale, err)
	}
	if right, _, _ := Check(t.Context(), phc, "Password"); right {
		t.Error("another password counts as right")
	}
}

// Who tries to sign in as nobody gets in with no password, and waits as long as one with an account.
func TestNobodyCostsWhatSomebodyCosts(t *testing.T) {
	t.Parallel()
	nobody, other := Nobody(), Nobody()
	if nobody == other {
		t.Errorf("two hashes of nobody are the same: %s", nobody)
	}
	right, stale, err := Check(t.Context(), nobody, "")
	if err != nil || right || stale {
		t.Errorf("right %v, stale %v, %v; want wrong and of the cost of new ones", right, stale, err)
	}
	somebody, err := Hash(t.Context(), "a password")
	if err != nil || len(nobody) != len(somebody) {
		t.Errorf("nobody's is %s, somebody's %s, %v", nobody, somebody, err)
	}
}

func TestParseHashRefuses(t *testing.T) {
	t.Parallel()
	for _, phc := range []string{
		"", "$argon2id$", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$",
	} {
		if _, _, _, err := parseHash(phc); err == nil {
			t.Errorf("%q counts as a hash", phc)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, password, want string }{
		{"a sentence", "seven lamps in the harbour", ""},
		{"15 characters, no composition rules", "tram fox kelp b", ""},
		{"another script", "сім ламп у гавані", ""},
		{"14 characters", "tram fox kelp ", "too_short"},
		{"15 bytes are not 15 characters", "сім ламп", "too_short"},
		{"257 characters", string(make257()), "too_long"},
		{"broken", "seven lamps in \xff harbour", "unreadable"},
		{"common", "Password 1234 5678", "common"},
		{"common with digits behind", "correct horse battery staple 2026", "common"},
		{"one letter", "aaaaaaaaaaaaaaaaaaaa", "repeats"},
		{"one word of four", "lamplamplamplamp", "repeats"},
		{"counting", "abcdefghijklmnopq", "repeats"},
		{"signs alone", "!!!!!!!!!!!!!!!!", "repeats"},
		{"the agency", "bureau of arrivals 2026", "personal"},
		{"name and address", "Ada Quill arrivals 7", "personal"},
		{"the demo's", Demo, "common"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := ""
			if fields := failure.FieldsOf(Fit(tt.password, "ada@arrivals.example", "Ada Quill", "Bureau of Arrivals")); len(fields) > 0 {
				code = fields[0].Code
			}
			if code != tt.want {
				t.Errorf("got %q, want %q", code, tt.want)
			}
		})
	}
}

func make257() []byte {
	b := make([]byte, 257)
	for i := range b {
		b[i] = "lamps harbour kelp"[i%18]
	}
	return b
}
