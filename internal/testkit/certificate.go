package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certified is a server's certificate with its key, and the private authority that signed it, in PEM files that other accounts can read.
type Certified struct {
	Pair                      tls.Certificate
	CAFile, CertFile, KeyFile string
}

// Certificate makes a private authority and a certificate for 127.0.0.1 and localhost that it signed, valid for an hour, in a folder. change alters
// the certificate before it is signed.
func Certificate(t testing.TB, dir string, change ...func(*x509.Certificate)) Certified {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("make a certificate: %v", err)
		}
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	for _, fn := range change {
		fn(server)
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	must(err)
	signed, err := x509.CreateCertificate(rand.Reader, server, authority, key.Public(), caKey)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644)) //nolint:gosec // for the server's own account
		return path
	}
	return Certified{
		Pair:   tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key},
		CAFile: write("ca.pem", "CERTIFICATE", ca), CertFile: write("cert.pem", "CERTIFICATE", signed), KeyFile: write("key.pem", "PRIVATE KEY", secret),
	}
}
