// Package session keeps the staff and the applicants signed in, apart from each other, and says on each request who they are and what they
// may do.
package session

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
)

// How long a session lasts: at most, and without a request of the person's own.
const (
	Lifetime = 24 * time.Hour
	Idle     = 8 * time.Hour
)

// SignInPath is where a person without a session is sent.
const SignInPath = "/console/sign-in"

const (
	cookieName = "askwell_session"
	memberKey  = "askwell.session.member"
	touchEvery = time.Minute
	liveSuffix = "/live" // what an open page asks for by itself, which is no sign of a person
)

// The values of a session.
const (
	keyMember = "member"
	keyStamp  = "stamp"
	keySeen   = "seen"
)

// Config is what a Manager needs.
type Config struct {
	DB     *pgxpool.Pool
	Secure bool // cookies travel over HTTPS only
	Now    func() time.Time
	Opens  func(path string) bool // whether a path can be asked for; nil for all
}

// Manager reads and writes sessions. They live in PostgreSQL; the token is hashed there.
type Manager struct {
	scs   *scs.SessionManager
	db    *pgxpool.Pool
	staff staff.Store
	now   func() time.Time
	opens func(path string) bool
}

// New makes a Manager.
func New(cfg Config) *Manager {
	m := scs.New()
	m.Store = pgxstore.NewWithCleanupInterval(cfg.DB, 0) // SignIn sweeps
	m.Lifetime = Lifetime
	m.HashTokenInStore = true
	m.Cookie.Name = hostOnly(cookieName, cfg.Secure)
	m.Cookie.Secure = cfg.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Manager{scs: m, db: cfg.DB, staff: staff.Store{DB: cfg.DB}, now: cfg.Now, opens: cfg.Opens}
}

// Load finds out who makes the request, afresh: a member who was deactivated, or whose password changed, is signed out by
// their next request. It belongs before Require, as a handler of the web package. Errors: unavailable.
func (m *Manager) Load(c *gin.Context) error {
	token, err := c.Cookie(m.scs.Cookie.Name)
	if err != nil || token == "" {
		token = ""
	}
	ctx, err := m.scs.Load(c.Request.Context(), token)
	if err != nil {
		return fmt.Errorf("load a session: %w", postgres.Failure(err))
	}
	c.Request = c.Request.WithContext(ctx)
	id := m.scs.GetInt64(ctx, keyMember)
	if id == 0 {
		return nil
	}
	member, err := m.staff.ForSession(ctx, id)
	gone := failure.Is(err, failure.KindNotFound)
	if err != nil && !gone {
		return fmt.Errorf("load a session: %w", err)
	}
	seen := time.Unix(m.scs.GetInt64(ctx, keySeen), 0)
	idle := m.now().Sub(seen)
	if gone || member.Stamp != m.scs.GetString(ctx, keyStamp) || idle > Idle {
		return m.SignOut(c)
	}
	c.Set(memberKey, member.Member)
	page.SetMember(c, &page.Member{
		ID: strconv.FormatInt(member.ID, 10), Name: member.Name, Email: member.Email, Role: string(member.Role),
	})
	if idle > touchEvery && !strings.HasSuffix(c.Request.URL.Path, liveSuffix) {
		m.scs.Put(ctx, keySeen, m.now().Unix())
		if _, _, err := m.scs.Commit(ctx); err != nil {
			return fmt.Errorf("keep a session: %w", postgres.Failure(err))
		}
	}
	return nil
}

// Member gives who makes the request; false when nobody is signed in.
func (m *Manager) Member(c *gin.Context) (staff.Member, bool) { return Member(c) }

// Member gives who makes the request; false when nobody is signed in.
func Member(c *gin.Context) (staff.Member, bool) {
	v, ok := c.Get(memberKey)
	if !ok {
		return staff.Member{}, false
	}
	member, ok := v.(staff.Member)
	return member, ok
}

// Require lets only those pass whose role grants the permission. Nobody signed in: a page that was asked for leads to the
// sign-in and from there back, anything else is unauthenticated. Errors: unauthenticated, forbidden.
func (m *Manager) Require(p staff.Permission) func(*gin.Context) error {
	return func(c *gin.Context) error {
		member, ok := Member(c)
		switch {
		case ok && member.Role.Can(p):
			return nil
		case ok:
			return failure.Forbidden("Your role does not allow this. Ask an administrator if you need it.")
		}
		return m.askToSignIn(c)
	}
}

func (m *Manager) askToSignIn(c *gin.Context) error {
	data := strings.HasSuffix(c.Request.URL.Path, ".json") || strings.HasSuffix(c.Request.URL.Path, ".csv")
	fragment := c.GetHeader("HX-Request") != ""
	reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	switch {
	case data || fragment && !reads:
		return failure.New(failure.KindUnsigned, "Sign in first.", nil)
	case fragment:
		c.Header("HX-Redirect", SignInPath)
		return failure.New(failure.KindUnsigned, "Sign in first.", nil)
	case !reads:
		c.Redirect(http.StatusSeeOther, WithNext(SignInPath, m.formPage(c)))
	default:
		c.Redirect(http.StatusSeeOther, WithNext(SignInPath, c.Request.URL.RequestURI()))
	}
	c.Abort()
	return nil
}

// formPage is the page whose form was sent: signing in leads back to it, and the browser puts what was typed into it again. "" when
// nothing tells. A form of a ticket that came back with an error has the address of the action, which cannot be asked for.
func (m *Manager) formPage(c *gin.Context) string {
	r := c.Request
	const tickets = "/console/tickets/"
	if rest, ofTicket := strings.CutPrefix(r.URL.Path, tickets); ofTicket {
		if reference, _, deeper := strings.Cut(rest, "/"); deeper {
			page := url.URL{Path: tickets + reference, RawQuery: r.URL.RawQuery}
			return page.RequestURI()
		}
	}
	if back := c.PostForm("back"); back != "" { // of a list, whose address a browser keeps out of Referer
		return m.Next(back)
	}
	from, err := url.Parse(r.Referer())
	if err != nil || r.Referer() == "" || remote.Origin(from.Scheme+"://"+from.Host) != from.Scheme+"://"+remote.Of(r).Host {
		return ""
	}
	return m.Next(from.RequestURI())
}

// SignIn begins a session under a new token, so that one planted before is worth nothing, and sweeps what has expired.
func (m *Manager) SignIn(c *gin.Context, member staff.Stamped) error {
	ctx := c.Request.Context()
	if err := m.scs.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin a session: %w", postgres.Failure(err))
	}
	m.scs.Put(ctx, keyMember, member.ID)
	m.scs.Put(ctx, keyStamp, member.Stamp)
	m.scs.Put(ctx, keySeen, m.now().Unix())
	m.scs.SetDeadline(ctx, m.now().Add(Lifetime).UTC())
	token, expiry, err := m.scs.Commit(ctx)
	if err != nil {
		return fmt.Errorf("begin a session: %w", postgres.Failure(err))
	}
	m.scs.WriteSessionCookie(ctx, c.Writer, token, expiry)
	_, err = m.db.Exec(ctx, `DELETE FROM sessions WHERE expiry < now()`)
	return postgres.Failure(err)
}

// SignOut ends the session, here and in the database.
func (m *Manager) SignOut(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := m.scs.Destroy(ctx); err != nil {
		return fmt.Errorf("end a session: %w", postgres.Failure(err))
	}
	m.scs.WriteSessionCookie(ctx, c.Writer, "", time.Time{})
	return nil
}

// hostOnly gives a cookie of an https site the prefix by which browsers take it from this very host over https alone, and from no neighbour
// under the same domain (RFC 6265bis, 4.1.3.2).
func hostOnly(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

var errNext = errors.New("not a path of this part of the site")

// Next reads where to go after signing in: a page of the console and nothing else, so that no link of a stranger's leads
// through our sign-in to their own site, and none to an address that only takes a form.
func (m *Manager) Next(raw string) string {
	const home = "/console/tickets"
	u, err := localPath(raw, "/console", m.opens)
	if err != nil || strings.HasPrefix(u.Path, SignInPath) {
		return home
	}
	return u.RequestURI()
}

// maxNext is the most bytes, as a query holds them, of what is carried along: with everything else the address of an answer fits into what proxies
// take as a Location.
const maxNext = 1800

// WithNext is a sign-in page's address from which signing in leads on to next. What is too long to be carried along loses the list that it was read
// out of, then its query, and is left out at last.
func WithNext(signIn, next string) string {
	tooLong := func() bool { return len(url.QueryEscape(next)) > maxNext }
	if u, err := url.Parse(next); err == nil && tooLong() {
		query := u.Query()
		query.Del("from")
		u.RawQuery = query.Encode()
		next = u.RequestURI()
	}
	if tooLong() {
		next, _, _ = strings.Cut(next, "?")
	}
	if next == "" || tooLong() {
		return signIn
	}
	return signIn + "?" + url.Values{"next": {next}}.Encode()
}

// localPath reads a path at or below root that opens, and nothing else.
func localPath(raw, root string, opens func(path string) bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, err
	case len(url.QueryEscape(u.RequestURI())) > maxNext || opens != nil && !opens(u.Path):
		return nil, errNext
	case u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "":
		return nil, errNext
	case u.Path != root && !strings.HasPrefix(u.Path, root+"/"):
		return nil, errNext
	case strings.ContainsAny(raw, "\\\r\n\t") || strings.Contains(u.Path, ".."):
		return nil, errNext
	}
	return u, nil
}
