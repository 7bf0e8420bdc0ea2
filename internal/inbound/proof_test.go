package inbound_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/askwell/askwell/internal/inbound"
)

const signedLetter = "From: Ana <ana@mail.example>\r\nTo: questions@help.example\r\nSubject: My card\r\nDate: Wed, 4 Mar 2026 10:00:00 -0500\r\n" +
	"Message-ID: <%%@mail.example>\r\n\r\nWhere is my card?\r\n"

// A signature proves the domain of From when it is that domain's, or one of the same organization (RFC 7489, 3.1), and verifies.
func TestASenderIsProvenByItsDomain(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	sign := func(domain, letter string) string {
		var out bytes.Buffer
		err := dkim.Sign(&out, strings.NewReader(letter), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: private, HeaderKeys: []string{"From", "Subject"}})
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	reported := func(field string) string { return "Authentication-Results: " + field + "\r\n" + signedLetter }
	for name, c := range map[string]struct {
		letter string
		dns    func(name string) ([]string, error)
		want   inbound.Proof
	}{
		"nothing":                      {letter: signedLetter},
		"signed by the domain":         {letter: sign("mail.example", signedLetter), want: inbound.ProofSigned},
		"signed by a part of it":       {letter: sign("out.mail.example", signedLetter), want: inbound.ProofSigned},
		"signed by another":            {letter: sign("bulk.example", signedLetter)},
		"signed by a domain that ends": {letter: sign("l.example", signedLetter)},
		"changed afterwards":           {letter: strings.Replace(sign("mail.example", signedLetter), "Where is", "Send me", 1)},
		"another From above":           {letter: "From: Ana <ana@mail.example>\r\n" + sign("mail.example", strings.Replace(signedLetter, "ana@mail", "eve@mail", 1))},
		"no key in DNS":                {letter: sign("mail.example", signedLetter), dns: func(string) ([]string, error) { return nil, nil }},
		"DNS does not answer":          {letter: sign("mail.example", signedLetter), dns: func(string) ([]string, error) { return nil, errors.New("timeout") }},
		"our server: dmarc":            {letter: reported("mx.help.example; dmarc=pass header.from=mail.example"), want: inbound.ProofServer},
		"our server: spf":              {letter: reported("mx.help.example; spf=pass smtp.mailfrom=bounce@out.mail.example"), want: inbound.ProofServer},
		"our server: spf of another":   {letter: reported("mx.help.example; spf=pass smtp.mailfrom=bounce@bulk.example")},
		"our server: fail":             {letter: reported("mx.help.example; dmarc=fail header.from=mail.example; dkim=fail header.d=mail.example")},
		"another's report":             {letter: reported("mx.evil.example; dmarc=pass header.from=mail.example")},
		"a forged one below ours":      {letter: reported("mx.help.example; dmarc=none") + "", want: inbound.Unproven},
		"a report that cannot be read": {letter: reported(";;;=pass mx.help.example")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.inbound.AuthServer = "mx.help.example"
			d.inbound.LookupTXT = func(_ context.Context, name string) ([]string, error) {
				if c.dns != nil {
					return c.dns(name)
				}
				return []string{record}, nil
			}
			d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", EnvelopeFrom: "ana@mail.example", Raw: []byte(c.letter)}))
			d.file()
			var got inbound.Proof
			var proven bool
			d.must(d.db.QueryRow(t.Context(), `
				SELECT i.proof, t.sender_proven FROM inbound_mail i JOIN ticket t ON t.id = i.ticket_id ORDER BY i.id DESC LIMIT 1`).Scan(&got, &proven))
			if got != c.want || proven != (c.want != inbound.Unproven) {
				t.Errorf("the sender counts as %q, the ticket as proven: %t; want %q", got, proven, c.want)
			}
		})
	}
}

// A Reply-To is nobody's proof: the question belongs to an address that the sender's domain says nothing of.
func TestAnAddressInReplyToIsNotProven(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.inbound.AuthServer = "mx.help.example"
	d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: []byte(
		"Authentication-Results: mx.help.example; dmarc=pass header.from=mail.example\r\nReply-To: jean@other.example\r\n" + signedLetter)}))
	d.file()
	var proven bool
	d.must(d.db.QueryRow(t.Context(), `SELECT sender_proven FROM ticket WHERE applicant_email = 'jean@other.example'`).Scan(&proven))
	if proven {
		t.Error("the address in Reply-To counts as proven")
	}
}
