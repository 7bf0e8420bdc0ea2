// Package trust says which authorities are trusted for TLS connections to other services, and why a server's certificate is not.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Roots reads the authorities of a PEM file; nil, the system's, when the file's name is empty. setting is the name of the setting that
// names the file, for errors.
func Roots(setting, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // tls.Config takes nil for the system's
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", setting, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", setting)
	}
	return roots, nil
}

// Problem is why a TLS handshake failed.
type Problem int

// The problems. None is for errors that are not about TLS.
const (
	None             Problem = iota
	UnknownAuthority         // the certificate was signed by an authority that is not trusted
	OtherName                // the certificate is for another host
	Expired                  // the certificate has expired, or is not valid yet
	Unverified               // the certificate cannot be verified for another reason
	NoTLS                    // the server does not speak TLS on this port
)

// ProblemOf classifies the error of a connection.
func ProblemOf(err error) Problem {
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return UnknownAuthority
	case errors.As(err, new(x509.HostnameError)):
		return OtherName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Expired
	case errors.As(err, &invalid), errors.As(err, new(*tls.CertificateVerificationError)):
		return Unverified
	case errors.As(err, new(tls.RecordHeaderError)):
		return NoTLS
	}
	return None
}
