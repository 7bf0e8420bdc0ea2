package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/term"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
)

const staffWords = `VERB [FLAGS] [--data DIR]

  list                                       who works here: email, name, role, state, last sign-in
  add --email E --name N --role R            let somebody sign in
  password --email E                         give somebody another password
  role --email E --role R                    give somebody another role
  deactivate --email E                       end somebody's access
  activate --email E                         give it back, with the password that they had

R is agent, supervisor or administrator. A password is asked for twice at a terminal, else read from standard input; --generate makes
one and prints it. Every change but the first ends the sessions of whom it is about at their next request. The last administrator
cannot be deactivated or get another role.
`

// staffing is what `askwell staff` was told.
type staffing struct {
	verb, email, name, role, data string
	generate                      bool
}

var staffVerbs = map[string]func(context.Context, terminal, *pgxpool.Pool, config.Config, staffing) error{
	"list": listStaff, "add": addStaff, "password": setStaffPassword, "role": setStaffRole, "deactivate": deactivateStaff, "activate": activateStaff,
}

// runStaff lists, adds and changes members of staff. A password never is an argument, which others on the machine can see.
func runStaff(ctx context.Context, t terminal, args []string) error {
	var in staffing
	fs := t.flags("staff", staffWords)
	fs.StringVar(&in.email, "email", "", "the `address` to sign in with")
	fs.StringVar(&in.name, "name", "", "the `name` that colleagues and applicants see")
	fs.StringVar(&in.role, "role", "", "agent, supervisor or administrator")
	fs.BoolVar(&in.generate, "generate", false, "make a password and print it")
	fs.StringVar(&in.data, "data", "", "the data `folder` of a running askwell up (the usual one when empty)")
	if err := parse(fs, args, &in.verb, &in.email); err != nil {
		return err
	}
	do, known := staffVerbs[in.verb]
	if !known || (in.email == "") != (in.verb == "list") {
		fs.Usage()
		return errUsage
	}
	if (in.verb == "add" || in.verb == "role") && !staff.Role(in.role).Valid() {
		return fmt.Errorf("--role %q is none of agent, supervisor, administrator", in.role)
	}
	cfg, db, err := openTarget(ctx, t, in.data, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	return inWords(do(ctx, t, db, cfg, in))
}

func listStaff(ctx context.Context, t terminal, db *pgxpool.Pool, _ config.Config, _ staffing) error {
	members, err := staff.Store{DB: db}.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tNAME\tROLE\tSTATE\tLAST SIGN-IN (UTC)")
	for _, m := range members {
		state, last := "active", "not known"
		if m.DeactivatedAt != nil {
			state = "deactivated " + m.DeactivatedAt.UTC().Format("2006-01-02")
		}
		if m.SignedInAt != nil {
			last = m.SignedInAt.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Email, m.Name, m.Role, state, last)
	}
	return w.Flush()
}

func addStaff(ctx context.Context, t terminal, db *pgxpool.Pool, cfg config.Config, in staffing) error {
	password, err := newPassword(t, in)
	if err != nil {
		return err
	}
	member, err := staff.Store{DB: db, Agency: cfg.Agency.Name}.Add(ctx, staff.New{
		Email: in.email, Name: in.name, Role: staff.Role(in.role), Password: password, By: operator(),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s can sign in as %s (%s)\n", member.Name, member.Email, member.Role)
	return in.show(t, password)
}

func setStaffPassword(ctx context.Context, t terminal, db *pgxpool.Pool, cfg config.Config, in staffing) error {
	member, changes, err := in.find(ctx, db, cfg)
	if err != nil {
		return err
	}
	password, err := newPassword(t, in)
	if err != nil {
		return err
	}
	if err := changes.SetPassword(ctx, member.ID, password); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s has another password and is signed out everywhere\n", member.Email)
	return in.show(t, password)
}

func setStaffRole(ctx context.Context, t terminal, db *pgxpool.Pool, cfg config.Config, in staffing) error {
	member, changes, err := in.find(ctx, db, cfg)
	if err != nil {
		return err
	}
	if err := changes.SetRole(ctx, member.ID, staff.Role(in.role)); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is %s\n", member.Email, in.role)
	return nil
}

func deactivateStaff(ctx context.Context, t terminal, db *pgxpool.Pool, cfg config.Config, in staffing) error {
	member, changes, err := in.find(ctx, db, cfg)
	if err != nil {
		return err
	}
	if err := changes.Deactivate(ctx, member.ID); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is deactivated and signed out everywhere\n", member.Email)
	return nil
}

func activateStaff(ctx context.Context, t terminal, db *pgxpool.Pool, cfg config.Config, in staffing) error {
	member, changes, err := in.find(ctx, db, cfg)
	if err != nil {
		return err
	}
	if err := changes.Activate(ctx, member.ID); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s can sign in as %s (%s)\n", member.Name, member.Email, member.Role)
	return nil
}

// find gives the member that the command is about.
func (in staffing) find(ctx context.Context, db *pgxpool.Pool, cfg config.Config) (staff.Member, staff.Changes, error) {
	m, err := staff.Store{DB: db}.ByEmail(ctx, in.email)
	if failure.Is(err, failure.KindNotFound) {
		err = fmt.Errorf("nobody has the address %s: see askwell staff list", in.email)
	}
	return m, staff.Changes{DB: db, Agency: cfg.Agency.Name, By: operator()}, err
}

// show prints a password that was made here; nobody else knows it.
func (in staffing) show(t terminal, password string) error {
	if !in.generate {
		return nil
	}
	_, err := fmt.Fprintln(t.out, "password:", password)
	return err
}

// operator says who runs this command, as the record of changes keeps it.
func operator() string {
	name := os.Getenv("SUDO_USER")
	if me, err := user.Current(); name == "" && err == nil {
		name = me.Username
	}
	return strings.TrimSpace(name + ", command line")
}

// newPassword makes a password, or asks for one.
func newPassword(t terminal, in staffing) (string, error) {
	if in.generate {
		return identifier.NewCode(rand.Reader, 20)
	}
	return readPassword(t)
}

// readPassword asks for it twice, unseen, at a terminal, and reads one line elsewhere.
func readPassword(t terminal) (string, error) {
	if file, ok := t.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		first, err := ask(t, file, "Password: ")
		if err != nil {
			return "", err
		}
		second, err := ask(t, file, "Once more: ")
		if err == nil && first != second {
			err = errors.New("the two are not the same; nothing was changed")
		}
		return first, err
	}
	line, err := bufio.NewReader(t.in).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.Join(errors.New("no password on standard input"), err)
	}
	return line, nil
}

func ask(t terminal, file *os.File, prompt string) (string, error) {
	fmt.Fprint(t.err, prompt)
	typed, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(t.err)
	return string(typed), err
}
