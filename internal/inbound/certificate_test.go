package inbound_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/testkit"
)

func TestARenewedCertificateIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(from testkit.Certified, at time.Time) {
		for name, source := range map[string]string{certFile: from.CertFile, keyFile: from.KeyFile} {
			content, err := os.ReadFile(source)
			if err == nil {
				err = os.WriteFile(name, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := testkit.Certificate(t, t.TempDir()), testkit.Certificate(t, t.TempDir())
	now := time.Now()
	write(first, now.Add(-time.Hour))
	c, err := inbound.NewCertificate(certFile, keyFile, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	serves := func(want testkit.Certified) {
		t.Helper()
		got, err := c.Get(nil)
		if err != nil || !bytes.Equal(got.Certificate[0], want.Pair.Certificate[0]) {
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
