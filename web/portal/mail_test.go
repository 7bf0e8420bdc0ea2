package portal_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers/workertest"
)

// mailed runs the workers of a desk, which write to a mailbox of its own.
func mailed(t *testing.T, desk *webtest.Desk) *postbox {
	t.Helper()
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return &postbox{Post: workertest.Run(t, workertest.Config{
		DB: desk.DB, Tickets: desk.Tickets, Accounts: desk.Accounts, Files: desk.Files, URL: desk.URL, Keys: desk.Settings.SecretKeys,
		Texts: func(language string) mail.Texts { return catalog.For(language) },
	})}
}

// postbox is a mailbox that is read mail by mail.
type postbox struct {
	*workertest.Post
	read map[string]int
}

// next gives the next mail to an address that has not been read.
func (p *postbox) next(t *testing.T, to string) devstack.Message {
	t.Helper()
	if p.read == nil {
		p.read = map[string]int{}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := p.Box.Messages()
		if err != nil {
			t.Fatal(err)
		}
		var theirs []devstack.Message
		for _, m := range all {
			if slices.Contains(m.Recipients, to) {
				theirs = append([]devstack.Message{m}, theirs...)
			}
		}
		if n := p.read[to]; len(theirs) > n {
			p.read[to]++
			return theirs[n]
		}
	}
	t.Fatalf("no mail came to %s within 30 s", to)
	return devstack.Message{}
}

var link = regexp.MustCompile(`https?://[^\s]+/(register/confirm|account/password|account/email)/[a-z2-7]+`)

// linkIn gives the one-time link of a mail.
func linkIn(t *testing.T, m devstack.Message) string {
	t.Helper()
	found := link.FindString(m.Text)
	if found == "" {
		t.Fatalf("the mail %q has no link:\n%s", m.Subject, m.Text)
	}
	return found
}
