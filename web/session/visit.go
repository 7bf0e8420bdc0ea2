package session

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/web/remote"
)

// An applicant's device cookie outlives sessions: it is how a lock-out tells the owner's browser from a stranger's.
const (
	applicantDevice    = "askwell_known"
	applicantDeviceAge = 180 * 24 * 3600 // seconds
)

// Visit is whose browser makes the request, as far as an account's history keeps it.
func Visit(c *gin.Context) account.Visit {
	v := account.Visit{Browser: browser(c.Request.UserAgent()), Address: remote.Of(c.Request).Address}
	v.Device, _ = c.Cookie(applicantDevice) // "" for none
	return v
}

// Know sets the device cookie.
func (m *Applicants) Know(c *gin.Context, device string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: applicantDevice, Value: device, Path: "/", MaxAge: applicantDeviceAge, HttpOnly: true, Secure: m.secure, SameSite: http.SameSiteStrictMode,
	})
}

// Names of browsers and systems, the more particular first: most browsers also claim to be others.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "Chromebook"},
		{"Mac OS X", "Mac"}, {"Linux", "Linux"}}
)

// browser says of a User-Agent what its owner would recognise: "Firefox, Android"; "" for what is none of these.
func browser(agent string) string {
	name := func(table [][2]string) string {
		for _, entry := range table {
			if strings.Contains(agent, entry[0]) {
				return entry[1]
			}
		}
		return ""
	}
	return strings.Trim(name(browsers)+", "+name(systems), ", ")
}
