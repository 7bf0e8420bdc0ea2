package trust_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/trust"
)

// Each problem is met by connecting to a server that has it.
func TestProblemOf(t *testing.T) {
	t.Parallel()
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	other := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }
	for name, c := range map[string]struct {
		change  []func(*x509.Certificate)
		trusted bool
		plain   bool
		want    trust.Problem
	}{
		"trusted":              {trusted: true, want: trust.None},
		"an unknown authority": {want: trust.UnknownAuthority},
		"another host":         {change: []func(*x509.Certificate){other}, trusted: true, want: trust.OtherName},
		"expired":              {change: []func(*x509.Certificate){expired}, trusted: true, want: trust.Expired},
		"no TLS":               {plain: true, want: trust.NoTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certified := testkit.Certificate(t, t.TempDir(), c.change...)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				if c.plain {
					_, _ = conn.Write([]byte("220 mail.example ESMTP\r\n"))
					return
				}
				_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certified.Pair}, MinVersion: tls.VersionTLS12}).HandshakeContext(t.Context())
			}()
			config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
			if c.trusted {
				if config.RootCAs, err = trust.Roots("CA_FILE", certified.CAFile); err != nil {
					t.Fatal(err)
				}
			}
			_, err = tls.Dial("tcp", listener.Addr().String(), config)
			if got := trust.ProblemOf(err); got != c.want || c.want == trust.None != (err == nil) {
				t.Errorf("problem %d of %v, want %d", got, err, c.want)
			}
		})
	}
	if got := trust.ProblemOf(errors.New("connection refused")); got != trust.None {
		t.Errorf("an error that is not about TLS is problem %d", got)
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		empty:                        "CA_FILE has no certificate in PEM",
		filepath.Join(empty, "none"): "read CA_FILE: open " + filepath.Join(empty, "none") + ": not a directory",
	} {
		if roots, err := trust.Roots("CA_FILE", file); err == nil || err.Error() != want || roots != nil {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
	if roots, err := trust.Roots("CA_FILE", ""); roots != nil || err != nil {
		t.Errorf("without a file: %v %v", roots, err)
	}
}
