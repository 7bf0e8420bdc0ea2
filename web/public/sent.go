package public

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/identifier"
)

const (
	sentCookie = "askwell_sent"
	sentValid  = 2 * time.Hour
	sentMost   = 5
)

// rememberSent lets this browser, and no other, see what it sent, until it is closed and for two hours at most. The cookie
// holds references and nothing else.
func (a *Area) rememberSent(c *gin.Context, reference string) {
	entries := []string{a.sentEntry(reference, a.Now().Add(sentValid))}
	kept, _ := c.Cookie(sentCookie) // no cookie, no entries
	for _, entry := range strings.Split(kept, "_") {
		if known, ok := a.readSentEntry(entry); ok && known != reference && len(entries) < sentMost {
			entries = append(entries, entry)
		}
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: sentCookie, Value: strings.Join(entries, "_"), Path: "/inquiries", HttpOnly: true,
		Secure: a.Pages.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// sent reports whether this browser sent the inquiry with this reference a short while ago.
func (a *Area) sent(c *gin.Context, reference string) bool {
	kept, _ := c.Cookie(sentCookie)
	for _, entry := range strings.Split(kept, "_") {
		if known, ok := a.readSentEntry(entry); ok && known == reference {
			return true
		}
	}
	return false
}

func (a *Area) sentEntry(reference string, until time.Time) string {
	moment := strconv.FormatInt(until.Unix(), 10)
	return reference + "." + moment + "." + hex.EncodeToString(a.Forms.Seal.Sign("sent", []byte(reference), []byte(moment)))
}

func (a *Area) readSentEntry(entry string) (reference string, ok bool) {
	parts := strings.Split(entry, ".")
	if len(parts) != 3 {
		return "", false
	}
	signature, err := hex.DecodeString(parts[2])
	until, errUntil := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || errUntil != nil || !a.Forms.Seal.Verify(signature, "sent", []byte(parts[0]), []byte(parts[1])) {
		return "", false
	}
	canonical, ok := identifier.ParseReference(parts[0])
	return canonical, ok && a.Now().Before(time.Unix(until, 0))
}
