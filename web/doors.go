package web

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
)

// doors knows which addresses are pages, and which only take a form.
type doors struct {
	routes []door
}

// door is one route's pattern, and whether it can be asked for.
type door struct {
	parts []string
	gets  bool
}

// open takes over the routes, once all of them are there.
func (d *doors) open(routes gin.RoutesInfo) {
	for _, r := range routes {
		parts := segments(r.Path)
		at := slices.IndexFunc(d.routes, func(known door) bool { return slices.Equal(known.parts, parts) })
		if at < 0 {
			at = len(d.routes)
			d.routes = append(d.routes, door{parts: parts})
		}
		d.routes[at].gets = d.routes[at].gets || r.Method == http.MethodGet
	}
	// The more particular pattern first, as the router has it: /tickets/bulk is no ticket.
	slices.SortStableFunc(d.routes, func(a, b door) int { return slices.CompareFunc(a.parts, b.parts, moreParticular) })
}

func moreParticular(a, b string) int {
	wild := func(s string) int { return strings.IndexAny(s+" ", ":*") + 1 } // 0 for a word
	return wild(a) - wild(b)
}

// opens reports whether the address is a page.
func (d *doors) opens(address string) bool {
	parts := segments(address)
	for _, r := range d.routes {
		if r.matches(parts) {
			return r.gets
		}
	}
	return false
}

func (r door) matches(parts []string) bool {
	for i, want := range r.parts {
		switch {
		case strings.HasPrefix(want, "*"):
			return true
		case i >= len(parts), want != parts[i] && (!strings.HasPrefix(want, ":") || parts[i] == ""):
			return false
		}
	}
	return len(r.parts) == len(parts)
}

func segments(address string) []string { return strings.Split(strings.TrimPrefix(address, "/"), "/") }

// noRoute leads from an address with a slash too many to the page.
func (s *site) noRoute(c *gin.Context) error {
	if trimmed := path.Clean(c.Request.URL.Path); c.Request.Method == http.MethodGet && trimmed != c.Request.URL.Path && s.doors.opens(trimmed) {
		s.sendTo(c, trimmed, c.Request.URL.RawQuery)
		return nil
	}
	return failure.NotFound("This page does not exist.")
}

// allow completes what the router says of an address: whatever can be asked for can be asked for without its body, and any address for this list.
func allow(h http.Header) {
	methods := strings.FieldsFunc(h.Get("Allow"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	methods = append(methods, http.MethodOptions)
	slices.Sort(methods)
	h.Set("Allow", strings.Join(slices.Compact(methods), ", "))
}

// noMethod says what an address takes, and leads whoever asks for an address that only takes a form, by reloading it or by a link, to the page above it.
func (s *site) noMethod(c *gin.Context) error {
	allow(c.Writer.Header())
	if c.Request.Method == http.MethodOptions {
		c.Status(http.StatusNoContent)
		return nil
	}
	if c.Request.Method == http.MethodGet {
		for above := path.Dir(c.Request.URL.Path); above != "/" && above != "."; above = path.Dir(above) {
			if s.doors.opens(above) {
				s.sendTo(c, above, "")
				return nil
			}
		}
	}
	return errMethod
}

// sendTo redirects within the site. No cache keeps it.
func (s *site) sendTo(c *gin.Context, address, query string) {
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, (&url.URL{Path: address, RawQuery: query}).String())
}
