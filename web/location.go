package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
)

// longestLocation is the most bytes of an address to which an answer leads: with the other headers it fits into the 4 KB that proxies keep for
// them, and a longer one would make a 502 of what was done.
const longestLocation = 2000

// boundLocations is a middleware: no answer leads to an address that a proxy has no room for.
func boundLocations(c *gin.Context) {
	c.Writer = &boundLocation{c.Writer}
	c.Next()
}

type boundLocation struct{ gin.ResponseWriter }

// Unwrap lets a deadline reach the connection.
func (w *boundLocation) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *boundLocation) WriteHeader(status int) {
	for _, name := range []string{"Location", "HX-Redirect"} {
		if to := w.Header().Get(name); len(to) > longestLocation {
			w.Header().Set(name, shortened(to))
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// shortened leaves out of an address what is carried along only, then whatever is longest, until it is short enough.
func shortened(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/"
	}
	query := u.Query()
	query.Del("from")
	query.Del("next")
	for u.RawQuery = query.Encode(); len(u.String()) > longestLocation && len(query) > 0; u.RawQuery = query.Encode() {
		longest := ""
		for name := range query {
			if longest == "" || len(url.Values{name: query[name]}.Encode()) > len(url.Values{longest: query[longest]}.Encode()) {
				longest = name
			}
		}
		query.Del(longest)
	}
	if len(u.String()) > longestLocation {
		u.Path, u.RawPath, u.Fragment, u.RawFragment = "/", "", "", ""
	}
	return u.String()
}
