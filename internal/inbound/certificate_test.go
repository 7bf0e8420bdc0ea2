package inbound_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/inbound"
)

func TestARenewedCertificateIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(pair tls.Certificate, at time.Time) {
		key, err := x509.MarshalECPrivateKey(pair.PrivateKey.(*ecdsa.PrivateKey))
		if err != nil {
			t.Fatal(err)
		}
		for name, block := range map[string]*pem.Block{
			certFile: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "EC PRIVATE KEY", Bytes: key},
		} {
			if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := selfSigned(t), selfSigned(t)
	now := time.Now()
	write(first, now.Add(-time.Hour))
	c, err := inbound.NewCertificate(certFile, keyFile, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	serves := func(want tls.Certificate) {
		t.Helper()
		got, err := c.Get(nil)
		if err != nil || !bytes.Equal(got.Certificate[0], want.Certificate[0]) {
			t.Errorf("another certificate is served (%v)", err)
		}
	}
	serves(first)
	write(second, now)
	serves(second)
	if err := os.WriteFile(keyFile, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	serves(second)
	if _, err := inbound.NewCertificate(certFile, keyFile, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a key that is none is taken at the start")
	}
}
