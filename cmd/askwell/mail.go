package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/postgres"
)

// runMail releases mail that is held because the database may be a copy of the desk.
func runMail(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("mail", "release [--data DIR]")
	data := dataFlag(fs)
	if len(args) == 0 || args[0] != "release" {
		return errors.New("say what: askwell mail release")
	}
	if err := parse(fs, args[1:]); err != nil {
		return err
	}
	_, db, err := openTarget(ctx, t, *data, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	held, err := instance.MailHeld(ctx, db)
	if err != nil {
		return err
	}
	if held.Reason == instance.NotHeld {
		fmt.Fprintln(t.out, "no mail is held")
		return nil
	}
	if err := instance.Release(ctx, db); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "mail goes out within a minute, what waited since", held.Since.Format("2006-01-02 15:04 MST"), "included")
	return nil
}

var heldTexts = map[instance.Reason]string{
	instance.HeldOtherSet:  "the files in FILES_DIR belong to another database, or are new",
	instance.HeldOlder:     "the database is older than the one that was used with these files",
	instance.HeldElsewhere: "the database has moved to another server",
}

// checkHeld tells whether the desk is taken for a copy.
func checkHeld(ctx context.Context, cfg config.Config) (string, error) {
	conn, err := postgres.Connect(ctx, cfg.DatabaseURL)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer conn.Close(ctx)
	held, err := instance.MailHeld(ctx, conn)
	if err != nil {
		return "", advice("Unknown.", err)
	}
	if held.Reason != instance.NotHeld {
		return "", advice(fmt.Sprintf("No mail leaves since %s, for this looks like a copy of the desk: %s. If this is the desk itself, restored or moved, run askwell mail release; if it is a copy, leave it so.",
			held.Since.Format("2006-01-02 15:04 MST"), heldTexts[held.Reason]), nil)
	}
	return "no", nil
}
