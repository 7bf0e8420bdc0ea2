package session

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/web/page"
)

// How long an applicant's session lasts: at most, without a request, between the password and the second step, and how long after signing
// in something may be changed that only the owner may.
const (
	ApplicantLifetime = 12 * time.Hour
	ApplicantIdle     = 2 * time.Hour
	HalfwayFor        = 10 * time.Minute
	FreshFor          = 10 * time.Minute
)

// ApplicantSignInPath is where an applicant without a session is sent.
const ApplicantSignInPath = "/account/sign-in"

const (
	applicantCookie = "askwell_applicant"
	applicantKey    = "askwell.session.applicant"
	unknownKey      = "askwell.session.unknown"
)

// The values of an applicant's session.
const (
	keyAccount = "account"
	keyHalfway = "halfway" // the account whose password was right, while a second step is needed
	keySince   = "since"   // when the last step was taken
)

// Applicants keeps applicants signed in, apart from the staff: another cookie, other values. They live in PostgreSQL; the token is hashed
// there.
type Applicants struct {
	scs      *scs.SessionManager
	db       *pgxpool.Pool
	accounts *account.Service
	now      func() time.Time
	secure   bool
	opens    func(path string) bool
}

// ApplicantConfig is what Applicants need.
type ApplicantConfig struct {
	DB       *pgxpool.Pool
	Accounts *account.Service
	Secure   bool // cookies travel over HTTPS only
	Now      func() time.Time
	Opens    func(path string) bool // whether a path can be asked for; nil for all
}

// NewApplicants makes Applicants.
func NewApplicants(cfg ApplicantConfig) *Applicants {
	m := scs.New()
	m.Store = pgxstore.NewWithCleanupInterval(cfg.DB, 0) // the workers sweep
	m.Lifetime = ApplicantLifetime
	m.HashTokenInStore = true
	m.Cookie.Name = hostOnly(applicantCookie, cfg.Secure)
	m.Cookie.Secure = cfg.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	m.Cookie.Persist = false // gone with the browser: many share one
	return &Applicants{scs: m, db: cfg.DB, accounts: cfg.Accounts, now: cfg.Now, secure: cfg.Secure, opens: cfg.Opens}
}

// Load finds out who makes the request, afresh: an account whose credentials changed, or that was signed out everywhere, is signed out by
// its next request, and its questions are followed by nobody. Without a cookie it asks the database nothing. Errors: unavailable.
func (m *Applicants) Load(c *gin.Context) error {
	token, err := c.Cookie(m.scs.Cookie.Name)
	if err != nil {
		token = ""
	}
	ctx, err := m.scs.Load(c.Request.Context(), token)
	if err != nil {
		return fmt.Errorf("load an applicant's session: %w", postgres.Failure(err))
	}
	c.Request = c.Request.WithContext(ctx)
	if err := m.loadFollowed(c); err != nil {
		return fmt.Errorf("load an applicant's session: %w", err)
	}
	id := m.scs.GetInt64(ctx, keyAccount)
	if id == 0 {
		return nil
	}
	a, err := m.accounts.ForSession(ctx, id)
	gone := failure.Is(err, failure.KindNotFound)
	if err != nil && !gone {
		return fmt.Errorf("load an applicant's session: %w", err)
	}
	idle := m.now().Sub(time.Unix(m.scs.GetInt64(ctx, keySeen), 0))
	if gone || a.Stamp != m.scs.GetString(ctx, keyStamp) || idle > ApplicantIdle {
		return m.SignOut(c)
	}
	c.Set(applicantKey, a.Account)
	page.SetApplicant(c, &page.Applicant{Name: a.Name, Number: a.Number, Email: a.Email})
	if idle > touchEvery {
		m.scs.Put(ctx, keySeen, m.now().Unix())
		if _, _, err := m.scs.Commit(ctx); err != nil {
			return fmt.Errorf("keep an applicant's session: %w", postgres.Failure(err))
		}
	}
	return nil
}

// Glance is Load for pages that do without: who is signed in is shown there, and the pages work while the database is unavailable. Unknown tells
// such a page that it could not find out.
func (m *Applicants) Glance(c *gin.Context) error {
	if err := m.Load(c); err != nil {
		c.Set(unknownKey, true)
	}
	return nil
}

// Unknown reports whether somebody may be signed in, and the database could not be asked.
func Unknown(c *gin.Context) bool { return c.GetBool(unknownKey) }

// Account gives who makes the request; false when nobody is signed in.
func Account(c *gin.Context) (account.Account, bool) {
	v, ok := c.Get(applicantKey)
	if !ok {
		return account.Account{}, false
	}
	a, ok := v.(account.Account)
	return a, ok
}

// TypedAs names who makes the request as the forms do that are theirs alone; "" for nobody.
func TypedAs(c *gin.Context) string {
	mine, ok := Account(c)
	if !ok {
		return ""
	}
	return "account:" + strconv.FormatInt(mine.ID, 10)
}

// Require lets only those pass who are signed in. A page that was asked for leads to the sign-in and from there back.
func (m *Applicants) Require(c *gin.Context) error {
	if _, ok := Account(c); ok {
		return nil
	}
	target := ApplicantSignInPath
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		target = WithNext(target, c.Request.URL.RequestURI())
	}
	c.Redirect(http.StatusSeeOther, target)
	c.Abort()
	return nil
}

// SignIn begins a session under a new token, so that one planted before is worth nothing.
func (m *Applicants) SignIn(c *gin.Context, a account.Stamped) error {
	return m.begin(c, func() {
		ctx := c.Request.Context()
		m.scs.Remove(ctx, keyHalfway)
		m.scs.Put(ctx, keyAccount, a.ID)
		m.scs.Put(ctx, keyStamp, a.Stamp)
		m.scs.Put(ctx, keySeen, m.now().Unix())
		m.scs.Put(ctx, keySince, m.now().Unix())
	})
}

// GoOn has this session go on after it changed the account's credentials, which ended it with every other: under a new token, and as fresh as
// it was.
func (m *Applicants) GoOn(c *gin.Context, a account.Stamped) error {
	return m.begin(c, func() { m.scs.Put(c.Request.Context(), keyStamp, a.Stamp) })
}

// Refresh notes that the owner has just given the password again.
func (m *Applicants) Refresh(c *gin.Context) error {
	return m.begin(c, func() { m.scs.Put(c.Request.Context(), keySince, m.now().Unix()) })
}

// Halfway remembers that the password was right while a second step is still to come. It lets its bearer take that step and nothing else.
func (m *Applicants) Halfway(c *gin.Context, a account.Stamped) error {
	return m.begin(c, func() {
		ctx := c.Request.Context()
		m.scs.Remove(ctx, keyAccount)
		m.scs.Put(ctx, keyHalfway, a.ID)
		m.scs.Put(ctx, keyStamp, a.Stamp)
		m.scs.Put(ctx, keySince, m.now().Unix())
	})
}

// HalfwayIn gives whose second step is awaited; false when none is, or the password has changed or was given too long ago.
func (m *Applicants) HalfwayIn(c *gin.Context) (account.Stamped, bool) {
	ctx := c.Request.Context()
	id := m.scs.GetInt64(ctx, keyHalfway)
	if id == 0 || m.now().Sub(time.Unix(m.scs.GetInt64(ctx, keySince), 0)) > HalfwayFor {
		return account.Stamped{}, false
	}
	a, err := m.accounts.ForSession(ctx, id)
	return a, err == nil && a.Stamp == m.scs.GetString(ctx, keyStamp)
}

// Fresh reports whether the owner has signed in just now, so that they need not be asked again.
func (m *Applicants) Fresh(c *gin.Context) bool {
	return m.now().Sub(time.Unix(m.scs.GetInt64(c.Request.Context(), keySince), 0)) <= FreshFor
}

// Put keeps a value of the session, such as what a passkey has to sign; Take gives it once.
func (m *Applicants) Put(c *gin.Context, key string, value []byte) error {
	m.scs.Put(c.Request.Context(), key, value)
	return m.commit(c)
}

// Take gives a value of the session and forgets it; nil for none.
func (m *Applicants) Take(c *gin.Context, key string) ([]byte, error) {
	value := m.scs.PopBytes(c.Request.Context(), key)
	return value, m.commit(c)
}

// SignOut ends the session, here and in the database.
func (m *Applicants) SignOut(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := m.scs.Destroy(ctx); err != nil {
		return fmt.Errorf("end an applicant's session: %w", postgres.Failure(err))
	}
	m.scs.WriteSessionCookie(ctx, c.Writer, "", time.Time{})
	return nil
}

func (m *Applicants) begin(c *gin.Context, set func()) error {
	ctx := c.Request.Context()
	if err := m.scs.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin an applicant's session: %w", postgres.Failure(err))
	}
	set()
	m.scs.SetDeadline(ctx, m.now().Add(ApplicantLifetime).UTC())
	return m.commit(c)
}

func (m *Applicants) commit(c *gin.Context) error {
	ctx := c.Request.Context()
	token, expiry, err := m.scs.Commit(ctx)
	if err != nil {
		return fmt.Errorf("keep an applicant's session: %w", postgres.Failure(err))
	}
	m.scs.WriteSessionCookie(ctx, c.Writer, token, expiry)
	return nil
}

// Next reads where to go after signing in: a page of the account, or a question that was begun before the session ended, and nothing else.
func (m *Applicants) Next(raw string) string {
	const home = "/account"
	if u, err := localPath(raw, "/inquiries/check", m.opens); err == nil {
		return u.RequestURI()
	}
	u, err := localPath(raw, home, m.opens)
	if err != nil || u.Path == ApplicantSignInPath {
		return home
	}
	return u.RequestURI()
}
