package config

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// minRSA is the shortest key of RSA that receivers accept (RFC 8301, 3.2), in bits.
const minRSA = 1024

// readDKIMKey reads a private key in PEM (PKCS#8 or PKCS#1), where \n may stand for the ends of lines.
func readDKIMKey(c *Config, v string) (err error) {
	if v != "" {
		c.DKIMKey, err = parseDKIMKey(v)
	}
	return err
}

func parseDKIMKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errors.New("must be a private key in PEM; make one with: openssl genrsa 2048")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return fitForDKIM(key)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("must be a private key in PEM, without a password; make one with: openssl genrsa 2048")
	}
	return fitForDKIM(key)
}

func fitForDKIM(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return nil, fmt.Errorf("needs at least %d bits; make one with: openssl genrsa 2048", minRSA)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("must be a key of RSA or Ed25519; make one with: openssl genrsa 2048")
}
