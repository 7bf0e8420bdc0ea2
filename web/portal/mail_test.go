package portal_test

import (
	"regexp"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers/workertest"
)

// mailed runs the workers of a desk, which write to a mailbox of its own.
func mailed(t *testing.T, desk *webtest.Desk) *workertest.Post {
	t.Helper()
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return workertest.Run(t, workertest.Config{
		DB: desk.DB, Tickets: desk.Tickets, Accounts: desk.Accounts, Files: desk.Files, URL: desk.URL, Keys: desk.Settings.SecretKeys,
		Texts: func(language string) mail.Texts { return catalog.For(language) },
	})
}

var link = regexp.MustCompile(`https?://[^\s]+/(register/confirm|account/password|account/email|account/not-me|status)/[a-z2-7]+`)

// linkIn gives the one-time link of a mail.
func linkIn(t *testing.T, m devstack.Message) string {
	t.Helper()
	found := link.FindString(m.Text)
	if found == "" {
		t.Fatalf("the mail %q has no link:\n%s", m.Subject, m.Text)
	}
	return found
}
