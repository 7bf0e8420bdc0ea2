package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/remote"
)

// errInsecure is for a form that was sent over http to a site whose sign-in works over https alone.
var errInsecure = errors.New("the form was sent over http")

// needsHTTPS leads a page that was asked for over http to https, when BASE_URL is https: its cookies are not sent over http, so that whoever
// signs in there would be asked to sign in again and again. A form that needs those cookies is told so; a question goes through, because it
// has been sent already and needs none.
func (s *site) needsHTTPS(c *gin.Context) {
	base := s.Settings.BaseURL
	if !s.secure() || forMachines(c.FullPath()) || !s.cameOverHTTP(c.Request) {
		c.Next()
		return
	}
	switch at := c.Request.URL; {
	case c.Request.Method == http.MethodGet:
		c.Header("Cache-Control", "no-store")
		to := url.URL{Scheme: base.Scheme, Host: base.Host, Path: at.Path, RawPath: at.RawPath, RawQuery: at.RawQuery}
		c.Redirect(http.StatusTemporaryRedirect, to.String())
		c.Abort()
	case underConsole(c) || slices.ContainsFunc([]string{"/account", "/register", "/status"}, func(root string) bool { return strings.HasPrefix(at.Path, root) }):
		_ = c.Error(failure.New(failure.KindForbidden, "This page was opened without https, and nobody can sign in like that.", errInsecure))
		c.Abort()
	default:
		c.Next()
	}
}

// cameOverHTTP reports whether the address bar is known to say http: by a trusted proxy or by the page that a form was on. An inner proxy may take
// its own hop for the visitor's; browsers send Sec-Fetch-Site, and a cookie of ours, over https alone, and whoever sends one is led nowhere.
func (s *site) cameOverHTTP(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") != "" || slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return strings.HasPrefix(c.Name, "__Host-") }) {
		return false
	}
	from := remote.Of(r)
	page, isHTTP := strings.CutPrefix(remote.Origin(r.Header.Get("Origin")), "http://")
	return from.Scheme == "http" || isHTTP && from.Scheme == "" && (page == from.Host || page == s.Settings.BaseURL.Hostname())
}

// forMachines reports whether a route is asked by load balancers, monitoring and browsers themselves, and means the same over http.
func forMachines(route string) bool {
	return quiet(route) || slices.Contains([]string{"/robots.txt", "/favicon.ico", remote.ProbePath}, route) || strings.HasPrefix(route, "/dev/mail")
}
