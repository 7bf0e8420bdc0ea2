package mail_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/askwell/askwell/internal/mail"
)

// RFC 6376: what is signed verifies with the record that the doctor names, and with no other; a change to a field that matters breaks it.
func TestMailsAreSigned(t *testing.T) {
	t.Parallel()
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"RSA": long, "Ed25519": short} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signs := mail.DKIM{Domain: "arrivals.example", Selector: "desk", Key: key}
			record, err := signs.Record()
			if err != nil {
				t.Fatal(err)
			}
			office := &postOffice{}
			m := mailer(t, office.serve(t), func(c *mail.Config) { c.DKIM = &signs })
			t.Cleanup(m.Close)
			l := letter
			l.Subject = strings.Repeat("¿Dónde está mi tarjeta? ", 8)
			if err := m.Reply(t.Context(), l, 1, "Answer\n\n.\n"+strings.Repeat("word ", 400)); err != nil {
				t.Fatal(err)
			}
			if err := m.Acknowledge(t.Context(), letter)[0]; err != nil {
				t.Fatal(err)
			}
			for _, sent := range office.mails {
				if err := verify(sent.content, record); err != nil {
					t.Errorf("the signature fails: %v\n%s", err, sent.content)
				}
				if verify(strings.Replace(sent.content, "Subject: ", "Subject: x", 1), record) == nil {
					t.Error("a changed subject verifies")
				}
				if verify(strings.Replace(sent.content, "From:", "X-Added: 1\r\nReply-To: <thief@mail.example>\r\nFrom:", 1), record) == nil {
					t.Error("an added Reply-To verifies")
				}
			}
			split := record[:40] + " " + record[40:]
			if !signs.Published([]string{"v=spf1 -all", split}) || signs.Published([]string{"v=DKIM1; p=", "v=spf1 -all"}) || signs.Published(nil) {
				t.Error("the record in DNS is not known again")
			}
			if signs.Name() != "desk._domainkey.arrivals.example" {
				t.Errorf("the record stands at %s", signs.Name())
			}
		})
	}
}

func verify(content, record string) error {
	found, err := dkim.VerifyWithOptions(strings.NewReader(content), &dkim.VerifyOptions{
		LookupTXT: func(string) ([]string, error) { return []string{record}, nil },
	})
	if err != nil || len(found) != 1 {
		return err
	}
	if !slices.Contains(found[0].HeaderKeys, "From") {
		return dkim.ErrTooManySignatures
	}
	return found[0].Err
}
