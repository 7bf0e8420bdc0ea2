package guard

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// A device cookie tells a browser that has signed in to an account before from one that has not (OWASP, "Slow Down Online
// Guessing Attacks with Device Cookies"). It holds a ticket for each of the last few accounts: a nonce and a MAC over nonce
// and account, so that it is worth nothing for another account and cannot be made up.
const (
	nonceLength = 16
	maxDevices  = 5
)

// deviceFor finds the ticket of this account, by its hashes, in the cookie and gives what stands for the browser in the database; nil when it
// never signed in to it.
func (g *Guard) deviceFor(cookie string, account [][]byte) []byte {
	for _, ticket := range tickets(cookie) {
		raw, err := base64.RawURLEncoding.DecodeString(ticket)
		if err != nil || len(raw) != nonceLength+sha256.Size {
			continue
		}
		for i, key := range g.keys {
			if hmac.Equal(raw[nonceLength:], deviceMAC(key, raw[:nonceLength], account[i])) {
				sum := sha256.Sum256(raw[:nonceLength])
				return sum[:]
			}
		}
	}
	return nil
}

// remember puts a new ticket for the account before those of other accounts.
func (g *Guard) remember(cookie string, account [][]byte) (string, error) {
	nonce := make([]byte, nonceLength)
	if _, err := io.ReadFull(rand.Reader, nonce); err != nil {
		return "", fmt.Errorf("make a device cookie: %w", err)
	}
	kept := []string{base64.RawURLEncoding.EncodeToString(append(nonce, deviceMAC(g.keys[0], nonce, account[0])...))}
	for _, ticket := range tickets(cookie) {
		if len(kept) < maxDevices && g.deviceFor(ticket, account) == nil {
			kept = append(kept, ticket)
		}
	}
	return strings.Join(kept, "."), nil
}

func tickets(cookie string) []string {
	if cookie == "" || len(cookie) > 1000 {
		return nil
	}
	return strings.SplitN(cookie, ".", maxDevices+1)
}

func deviceMAC(key, nonce, account []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("askwell device\x00"))
	mac.Write(nonce)
	mac.Write(account)
	return mac.Sum(nil)
}
