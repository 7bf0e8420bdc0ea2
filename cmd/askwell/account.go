package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
)

const accountWords = `VERB [FLAGS] [--data DIR]

  held                                       the accounts that nobody can enter: number, name, address
  release --number N --email E               give one an address of its owner's, and send a link there that sets a password

An account is held when its owner denied a change of address and another account had the former one by then. Find out whose it is before
you release it: whoever reads the mail of that address has the account.
`

// runAccount shows and releases held accounts.
func runAccount(ctx context.Context, t terminal, args []string) error {
	var verb, number, email string
	fs := t.flags("account", accountWords)
	fs.StringVar(&number, "number", "", "the account's `number`")
	fs.StringVar(&email, "email", "", "an `address` of its owner's")
	data := dataFlag(fs)
	if err := parse(fs, args, &verb); err != nil {
		return err
	}
	release := verb == "release"
	if verb != "held" && !release || release != (number != "") || release != (email != "") {
		fs.Usage()
		return errUsage
	}
	cfg, db, err := openTarget(ctx, t, *data, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	if !release {
		return listHeld(ctx, t, account.Store{DB: db})
	}
	if len(cfg.SecretKeys) == 0 {
		return errors.New("SECRET_KEY is not set: it signs the link that is mailed")
	}
	read := identifier.Read(number)
	if !read.Linkable() {
		return fmt.Errorf("%q is no account number", number)
	}
	requests := account.Requests{DB: db, Keys: cfg.SecretKeys, Now: time.Now, Wake: func() {}}
	err = requests.Release(ctx, read.Normal, email)
	if failure.Is(err, failure.KindNotFound) {
		return fmt.Errorf("no account has the number %s: see askwell account held", read.Normal)
	}
	if err != nil {
		return inWords(err)
	}
	fmt.Fprintf(t.out, "%s has the address %s, and a link that sets a password goes there\n", read.Normal, email)
	return nil
}

func listHeld(ctx context.Context, t terminal, store account.Store) error {
	held, err := store.Held(ctx)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		fmt.Fprintln(t.out, "no account is held")
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tNAME\tADDRESS NOW")
	for _, a := range held {
		fmt.Fprintf(w, "%s\t%s\t%s\n", a.Number, a.Name, a.Email)
	}
	return w.Flush()
}
