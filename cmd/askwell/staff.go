package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
)

// runStaff adds a member of staff; the password comes from standard input, never from an argument that others can see.
func runStaff(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("staff", "add --email E --name N --role agent|supervisor|administrator [--data DIR] < password")
	email := fs.String("email", "", "the `address` to sign in with")
	name := fs.String("name", "", "the `name` that colleagues and applicants see")
	role := fs.String("role", "", "agent, supervisor or administrator")
	data := dataFlag(fs)
	var verb string
	if err := parse(fs, args, &verb); err != nil {
		return err
	}
	if verb != "add" {
		fs.Usage()
		return errUsage
	}
	if !staff.Role(*role).Valid() {
		return fmt.Errorf("--role %q is none of agent, supervisor, administrator", *role)
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	password, err := readPassword(t)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	member, err := staff.Store{DB: db, Agency: cfg.Agency.Name}.Add(ctx, staff.New{Email: *email, Name: *name, Role: staff.Role(*role), Password: password})
	if failure.Is(err, failure.KindConflict) || failure.Is(err, failure.KindInvalid) {
		return errors.New(failure.Text(err, err.Error()))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s can sign in as %s (%s)\n", member.Name, member.Email, member.Role)
	return nil
}

// readPassword asks for it unseen at a terminal, and reads one line elsewhere.
func readPassword(t terminal) (string, error) {
	if file, ok := t.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(t.err, "Password: ")
		typed, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(t.err)
		return string(typed), err
	}
	line, err := bufio.NewReader(t.in).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.Join(errors.New("no password on standard input"), err)
	}
	return line, nil
}
