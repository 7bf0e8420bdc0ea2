package testkit

import (
	"context"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
)

// Mailbox starts a mail server for this test alone that keeps every mail.
func Mailbox(t testing.TB) *devstack.Mailbox {
	t.Helper()
	dir, remove, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	box, err := devstack.StartMailbox(t.Context(), devstack.MailboxConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer remove()
		if err := box.Stop(context.Background()); err != nil {
			t.Log(err)
		}
	})
	return box
}
