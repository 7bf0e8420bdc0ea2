package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/remote"
)

const requestIDKey = "askwell.request"

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// locate finds out where the request comes from.
func (s *site) locate(c *gin.Context) {
	c.Request = s.proxies.Locate(c.Request)
	if !forMachines(c.FullPath()) && !underConsole(c) {
		s.watch.See(c.Request)
	}
	c.Next()
}

// requestIDShape is what proxies number requests with; anything else stays out of the log.
var requestIDShape = regexp.MustCompile(`^[A-Za-z0-9._:=+/@-]{1,128}$`)

// numberOf is the number that a trusted proxy gave the request, for its log and ours, else a new one.
func numberOf(r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); remote.Of(r).Trusted && requestIDShape.MatchString(given) {
		return given
	}
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// observe numbers, logs and measures the request: the route's pattern and never the address, which may hold what a person
// typed.
func (s *site) observe(c *gin.Context) {
	begun := time.Now()
	c.Set(requestIDKey, numberOf(c.Request))
	c.Header("X-Request-Id", requestID(c))
	c.Next()
	took := time.Since(begun)
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	s.metrics.observe(route, c.Request.Method, c.Writer.Status(), took)
	level := slog.LevelInfo
	if quiet(route) {
		level = slog.LevelDebug
	}
	s.Logger.Log(c.Request.Context(), level, "request",
		slog.String("id", requestID(c)), slog.String("method", c.Request.Method), slog.String("route", route),
		slog.Int("status", c.Writer.Status()), slog.Float64("ms", float64(took.Microseconds())/1000))
}

// quiet reports whether the route is asked all the time and tells nothing.
func quiet(route string) bool {
	return strings.HasPrefix(route, "/assets/") || route == "/healthz" || route == "/readyz" || route == "/metrics" || route == "/agency.css"
}

// policy lets a page use what this site serves and nothing else; nothing may stand in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *site) securityHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", referrerPolicy(c))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	if s.Settings.BaseURL != nil && s.Settings.BaseURL.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if underConsole(c) || personal(c.Request.URL.Path) {
		h.Set("Cache-Control", "no-store")
	}
	c.Next()
}

// referrerPolicy keeps addresses out of Referer, and so out of proxies' logs, that hold a token or something typed, or get it while the page is open.
func referrerPolicy(c *gin.Context) string {
	path := c.Request.URL.Path
	if c.Request.URL.RawQuery != "" || c.Param("token") != "" || strings.HasPrefix(path, "/console/search") || strings.HasPrefix(path, "/inquiries") {
		return "strict-origin"
	}
	return "same-origin"
}

// personal reports whether an address shows what is one person's own.
func personal(path string) bool {
	return slices.ContainsFunc([]string{"/inquiries", "/register", "/account", "/status"}, func(root string) bool {
		return strings.HasPrefix(path, root)
	})
}

// recoverPanic answers a panic as a mistake of ours.
func (s *site) recoverPanic(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // the value that net/http documents
			panic(v)
		}
		s.Logger.Error("panic", slog.String("id", requestID(c)), slog.String("stack", string(debug.Stack())))
		c.Abort()
		s.answer(c, fmt.Errorf("panic: %v", v))
	}()
	c.Next()
}

// uploadTime is how long a body with files may take: five photographs over a slow phone take minutes.
const uploadTime = 15 * time.Minute

// streams reports whether the route's handler reads its body as it arrives, files and all.
func streams(route string) bool { return bodyLimits[route] > megabyte }

// limitBody holds the body's size and the time that reading it may take.
func (s *site) limitBody(c *gin.Context) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		c.Next()
		return
	}
	limit, ok := bodyLimits[c.FullPath()]
	if !ok {
		limit = bodyLimit
	}
	patience := s.BodyTime
	if streams(c.FullPath()) {
		patience = uploadTime
	}
	// A writer without deadlines, as in tests, has no slow network either.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(patience))
	c.Request.Body = &limitedBody{ReadCloser: c.Request.Body, limit: limit, left: limit}
	c.Next()
}

// limitedBody is http.MaxBytesReader with patience: it reads on what is over the limit and throws it away, because a browser
// that cannot finish sending shows an error of its own instead of our page.
type limitedBody struct {
	io.ReadCloser
	limit, left int64
	over        bool
}

// patient is how many times its limit a body is read on.
const patient = 5

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.over {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = failure.New(failure.KindTooSlow, "This took too long to send.", err)
	}
	if b.left -= int64(n); b.left >= 0 {
		return n, err
	}
	b.over = true
	_, _ = io.CopyN(io.Discard, b.ReadCloser, b.limit*patient) // whatever ends it, the answer is the same
	return 0, &http.MaxBytesError{Limit: b.limit}
}

// protectOrigins refuses forms that another site sends in a reader's name.
func (s *site) protectOrigins() error {
	s.origins = http.NewCrossOriginProtection()
	if base := s.Settings.BaseURL; base != nil {
		// A proxy may hand on another Host than the one in the address bar.
		if err := s.origins.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
			return fmt.Errorf("web: base URL: %w", err)
		}
	}
	return nil
}

// checkOrigin compares origins as RFC 6454 does. A page of this host over http is another origin than one over https, where it is known that the
// form came over that.
func (s *site) checkOrigin(c *gin.Context) {
	from, asked, origin := remote.Of(c.Request), *c.Request, remote.Origin(c.GetHeader("Origin"))
	asked.Host, asked.Header = from.Host, http.Header{"Origin": {origin}, "Sec-Fetch-Site": c.Request.Header["Sec-Fetch-Site"]}
	if from.Scheme == "https" && strings.HasPrefix(origin, "http://") {
		asked.Host = ""
	}
	if err := s.origins.Check(&asked); err != nil {
		_ = c.Error(failure.New(failure.KindForbidden, "This form was sent from another website.", err))
		c.Abort()
		return
	}
	c.Next()
}
