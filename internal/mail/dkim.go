package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM signs mails for a domain (RFC 6376), so that its receivers see that they are the domain's.
type DKIM struct {
	Domain   string
	Selector string
	Key      crypto.Signer // RSA or Ed25519
}

// Signs tells what mails are signed with; nil for nothing.
func (m *Mailer) Signs() *DKIM { return m.dkim }

// Name is the name in DNS below which the public key must stand.
func (d DKIM) Name() string { return d.Selector + "._domainkey." + d.Domain }

// Record is the text that must stand there, in a TXT record (RFC 6376, 3.6.1).
func (d DKIM) Record() (string, error) {
	if key, ok := d.Key.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key), nil
	}
	der, err := x509.MarshalPKIXPublicKey(d.Key.Public())
	if err != nil {
		return "", fmt.Errorf("write the public key: %w", err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), nil
}

// Published reports whether a TXT record holds the key, however it is spaced.
func (d DKIM) Published(records []string) bool {
	want, err := d.Record()
	if err != nil {
		return false
	}
	_, key, _ := strings.Cut(want, "p=")
	for _, r := range records {
		for tag := range strings.SplitSeq(r, ";") {
			name, value, _ := strings.Cut(tag, "=")
			if strings.TrimSpace(name) == "p" && strings.Join(strings.Fields(value), "") == key {
				return true
			}
		}
	}
	return false
}

// signedFields are those that RFC 6376, 5.4.1 names and ours have; one that is missing is signed as missing.
var signedFields = []string{
	"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Auto-Submitted",
}

func (d DKIM) sign(mail []byte) ([]byte, error) {
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(mail), &dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: d.Key, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	return signed.Bytes(), err
}
