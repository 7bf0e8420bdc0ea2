package inbound

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is the listener's, read again when its files change, so that a renewed one needs no restart.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu   sync.Mutex
	read time.Time // the newer file's time of change, as it was read
	pair *tls.Certificate
}

// NewCertificate reads a certificate and its key, in PEM.
func NewCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("read INBOUND_SMTP_CERT and INBOUND_SMTP_KEY: %w", err)
	}
	return c, nil
}

// Get is for tls.Config's GetCertificate. Files that cannot be read leave the certificate that there was.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changed, err := c.changedAt(); err == nil && !changed.Equal(c.read) {
		if err := c.load(); err != nil {
			c.log.Warn("certificate of the mail listener not read again", slog.Any("error", err))
		}
	}
	return c.pair, nil
}

func (c *Certificate) load() error {
	changed, err := c.changedAt()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.read, c.pair = changed, &pair
	return nil
}

func (c *Certificate) changedAt() (at time.Time, err error) {
	for _, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		if info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at, nil
}
