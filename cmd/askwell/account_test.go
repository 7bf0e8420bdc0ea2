package main

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
)

func newNumber(t *testing.T) string {
	t.Helper()
	number, err := identifier.NewAccountNumber(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

func TestAccountCommands(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	env := []string{"DATABASE_URL=" + db.Config().ConnString(), "SECRET_KEY=a key that only the tests have and share"}
	held, other, nobodys := newNumber(t), newNumber(t), newNumber(t)
	_, err := db.Exec(t.Context(), `
		INSERT INTO account (number, name, name_words, email, held_at)
		VALUES ($1, 'Amara Okafor', '{amara,okafor}', 'evil@mail.example', now()), ($2, 'Ben Quill', '{ben,quill}', 'ben@mail.example', NULL)`, held, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args, want string
		fails      bool
	}{
		{"", "usage: askwell account", true},
		{"close", "usage: askwell account", true},
		{"release --number " + held, "usage: askwell account", true},
		{"held --number " + held, "usage: askwell account", true},
		{"held", held + "  Amara Okafor  evil@mail.example", false},
		{"release --number 12 --email amara@mail.example", `"12" is no account number`, true},
		{"release --number " + nobodys + " --email amara@mail.example", "no account", true},
		{"release --number " + held + " --email amara", "is no email address", true},
		{"release --number " + held + " --email BEN@mail.example", "Another account has this address", true},
		{"release --number " + other + " --email ben2@mail.example", "is not held", true},
		{"release --number " + held[:4] + "-" + held[4:8] + "-" + held[8:] + " --email amara@mail.example", held + " has the address amara@mail.example", false},
		{"release --number " + held + " --email evil@mail.example", "is not held", true},
		{"held", "no account is held", false},
	} {
		out, err := try(t, env, "", append([]string{"account"}, strings.Fields(step.args)...)...)
		if (err != nil) != step.fails || !strings.Contains(out, step.want) {
			t.Errorf("account %s: %v, it printed %s\nwant %q in it", step.args, err, out, step.want)
		}
	}
	var address, link string
	var untouched bool
	err = db.QueryRow(t.Context(), `
		SELECT a.email, r.email, (SELECT email = 'ben@mail.example' FROM account WHERE number = $2)
		FROM account a JOIN mail_request r ON r.account_id = a.id AND r.kind = 'password' AND r.epoch = a.epoch
		WHERE a.number = $1`, held, other).Scan(&address, &link, &untouched)
	if err != nil || address != "amara@mail.example" || link != address || !untouched {
		t.Errorf("it has the address %q, the link goes to %q, the other is as it was: %v (%v)", address, link, untouched, err)
	}
}
