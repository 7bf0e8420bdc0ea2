package inbound

import (
	"bytes"
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"
)

// Proof is what shows that the domain of a mail's sender sent it. Anybody can write any sender; a domain's signature they cannot write. It tells
// nothing of who of that domain wrote.
type Proof string

// The proofs.
const (
	Unproven    Proof = ""
	ProofSigned Proof = "signed" // a DKIM signature of the sender's domain verifies (RFC 6376)
	ProofServer Proof = "server" // our own mail server has checked it (RFC 8601)
)

const (
	maxSignatures = 5
	// proveWithin bounds the questions to DNS about one mail; what is not answered by then is unproven.
	proveWithin = 10 * time.Second
)

// LookupTXT asks DNS for TXT records.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

// prove tells what shows that a mail is from its sender's domain.
func (d *Desk) prove(ctx context.Context, m *mailed) Proof {
	_, domain, _ := strings.Cut(m.letter.fromAddress, "@")
	if domain == "" || len(m.letter.header.all("From")) != 1 { // a signature holds for the last one, people see the first (RFC 6376, 8.15)
		return Unproven
	}
	if d.AuthServer != "" && reported(m.letter.header.all("Authentication-Results"), d.AuthServer, domain) {
		return ProofServer
	}
	if d.LookupTXT != nil && m.letter.header.get("DKIM-Signature") != "" && signed(ctx, d.LookupTXT, m.Raw, domain) {
		return ProofSigned
	}
	return Unproven
}

// reported reads what our own mail server found out: the topmost field with its name alone, as it takes away those that came with the mail
// (RFC 8601, 5).
func reported(fields []string, server, domain string) bool {
	for _, field := range fields {
		identity, results, err := authres.Parse(field)
		if err != nil || !strings.EqualFold(identity, server) {
			continue
		}
		for _, r := range results {
			switch r := r.(type) {
			case *authres.DMARCResult:
				if r.Value == authres.ResultPass && aligned(r.From, domain) {
					return true
				}
			case *authres.DKIMResult:
				if r.Value == authres.ResultPass && aligned(r.Domain, domain) {
					return true
				}
			case *authres.SPFResult:
				if r.Value == authres.ResultPass && aligned(domainOf(r.From), domain) {
					return true
				}
			}
		}
		return false
	}
	return false
}

// signed verifies the signatures of a mail until one of the sender's domain holds, and covers its From.
func signed(ctx context.Context, lookup LookupTXT, raw []byte, domain string) bool {
	ctx, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT:        func(name string) ([]string, error) { return lookup(ctx, name) },
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return false
	}
	for _, v := range found {
		if v.Err == nil && aligned(v.Domain, domain) {
			return true
		}
	}
	return false
}

// aligned reports whether two domains are of one organization: DMARC's relaxed alignment (RFC 7489, 3.1).
func aligned(a, b string) bool {
	return a != "" && organization(a) == organization(b)
}

func organization(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// domainOf is the domain of an address; a bare domain is one itself.
func domainOf(address string) string {
	if parsed, err := mail.ParseAddress(address); err == nil {
		address = parsed.Address
	}
	return address[strings.LastIndexByte(address, '@')+1:]
}
