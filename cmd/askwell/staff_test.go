package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

// TestStaffCommands goes through a member's time at the desk with the command, as an operator would.
func TestStaffCommands(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	env := []string{"DATABASE_URL=" + db.Config().ConnString()}
	const first, second = "seven lamps in the harbour\n", "eight lamps in the harbour\n"
	for _, step := range []struct {
		stdin string
		args  string
		want  string
		fails bool
	}{
		{first, "add --email ada@arrivals.example --name Ada --role administrator", "Ada can sign in as ada@arrivals.example (administrator)", false},
		{first, "add --email ben@arrivals.example --name Ben --role agent", "Ben can sign in", false},
		{"", "deactivate --email ada@arrivals.example", "last administrator", true},
		{"", "role --email ada@arrivals.example --role agent", "last administrator", true},
		{"", "role --email BEN@arrivals.example --role administrator", "ben@arrivals.example is administrator", false},
		{"", "role --email ben@arrivals.example --role boss", "none of agent, supervisor, administrator", true},
		{"", "deactivate ada@arrivals.example", "is deactivated and signed out everywhere", false},
		{"", "activate --email ada@arrivals.example", "Ada can sign in", false},
		{"short\n", "password --email ada@arrivals.example", "15", true},
		{second, "password --email ada@arrivals.example", "another password and is signed out everywhere", false},
		{"", "password --email ada@arrivals.example", "no password on standard input", true},
		{"", "password --generate --email ada@arrivals.example", "password: ", false},
		{"", "deactivate --email nobody@arrivals.example", "nobody has the address", true},
		{"", "deactivate", "usage: askwell staff", true},
		{"", "dismiss --email ada@arrivals.example", "usage: askwell staff", true},
	} {
		out, err := try(t, env, step.stdin, append([]string{"staff"}, strings.Fields(step.args)...)...)
		if (err != nil) != step.fails || !strings.Contains(out, step.want) {
			t.Errorf("staff %s: %v, it printed %s\nwant %q in it", step.args, err, out, step.want)
		}
	}
	if _, err := db.Exec(t.Context(), `UPDATE staff SET signed_in_at = '2026-11-30T08:15:00Z' WHERE name = 'Ada'`); err != nil {
		t.Fatal(err)
	}
	list := runCommand(t, env, "", "staff", "list")
	for _, want := range []string{
		`(?m)^ada@arrivals\.example +Ada +administrator +active +2026-11-30 08:15$`, `(?m)^ben@arrivals\.example +Ben +administrator +active +not known$`,
	} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("the list is\n%s\nwant %s", list, want)
		}
	}
	var acts, by int
	err := db.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE by LIKE '%, command line') FROM staff_event`).Scan(&acts, &by)
	if err != nil || acts != 7 || by != 7 {
		t.Errorf("%d acts are written down, %d with who: %v", acts, by, err)
	}
}
