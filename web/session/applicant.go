package session

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
// in something may be changed that only the owner may. FollowFor is how long a link from a mail lets a question be followed.
const (
	ApplicantLifetime = 12 * time.Hour
	ApplicantIdle     = 2 * time.Hour
	HalfwayFor        = 10 * time.Minute
	FreshFor          = 10 * time.Minute
	FollowFor         = 2 * time.Hour
)

// ApplicantSignInPath is where an applicant without a session is sent.
const ApplicantSignInPath = "/account/sign-in"

const (
	applicantCookie = "askwell_applicant"
	applicantKey    = "askwell.session.applicant"
	followsKey      = "askwell.session.follows"
	followsWithKey  = "askwell.session.follows_with"
	unknownKey      = "askwell.session.unknown"
	maxFollowed     = 20
)

// The values of an applicant's session.
const (
	keyAccount  = "account"
	keyHalfway  = "halfway"  // the account whose password was right, while a second step is needed
	keySince    = "since"    // when the last step was taken
	keyFollowed = "followed" // tickets that a link from a mail lets this browser read
	keyUnder    = "under"    // for each of them the account that it belongs to, 0 for none, and that account's epoch
	keyWith     = "with"     // for each of them the address of that mail
	keyUntil    = "until"    // and how long
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
	followed, err := m.followed(ctx)
	if err != nil {
		return fmt.Errorf("load an applicant's session: %w", err)
	}
	if len(followed) > 0 {
		c.Set(followsKey, followed)
		c.Set(followsWithKey, m.with(ctx))
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

// Glance is Load for pages that do without: who is signed in is shown there, and the pages work while the database is away. Unknown tells
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

// Followed gives the address to which the link was mailed that lets this browser read the ticket; false when none does.
func Followed(c *gin.Context, ticketID int64) (email string, ok bool) {
	v, _ := c.Get(followsKey)
	if followed, _ := v.([]int64); !slices.Contains(followed, ticketID) {
		return "", false
	}
	v, _ = c.Get(followsWithKey)
	with, _ := v.([]string)
	for _, w := range with {
		if email, ok := strings.CutPrefix(w, follow(ticketID, "")); ok {
			return email, true
		}
	}
	return "", false
}

// follow is how a session keeps the address with which a ticket is followed.
func follow(ticketID int64, email string) string {
	return strconv.FormatInt(ticketID, 10) + " " + email
}

func (m *Applicants) with(ctx context.Context) []string {
	with, _ := m.scs.Get(ctx, keyWith).([]string)
	return with
}

// FollowsAny reports whether a link from a mail lets this browser read anything.
func FollowsAny(c *gin.Context) bool {
	_, any := c.Get(followsKey)
	return any
}

// Require lets only those pass who are signed in. A page that was asked for leads to the sign-in and from there back.
func (m *Applicants) Require(c *gin.Context) error {
	if _, ok := Account(c); ok {
		return nil
	}
	target := ApplicantSignInPath
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		target += "?next=" + url.QueryEscape(c.Request.URL.RequestURI())
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

// Follow lets this browser read a ticket, and write to it, for FollowFor, and while the ticket's mail goes to this address. Where the link was one of an account, in.Epoch being that under
// which it was made, it ends with that epoch.
func (m *Applicants) Follow(c *gin.Context, ticketID int64, email string, in account.Request) error {
	return m.begin(c, func() {
		ctx := c.Request.Context()
		var followed, under []int64
		if m.now().Unix() < m.scs.GetInt64(ctx, keyUntil) {
			followed, under = m.following(ctx)
		}
		var accountID int64
		if in.AccountID != nil && in.Epoch != 0 {
			accountID = *in.AccountID
		}
		if i := slices.Index(followed, ticketID); i >= 0 {
			followed, under = slices.Delete(followed, i, i+1), slices.Delete(under, 2*i, 2*i+2)
		}
		followed, under = append(followed, ticketID), append(under, accountID, in.Epoch)
		from := max(0, len(followed)-maxFollowed)
		m.scs.Put(ctx, keyFollowed, followed[from:])
		m.scs.Put(ctx, keyUnder, under[2*from:])
		with := slices.DeleteFunc(slices.Clone(m.with(ctx)), func(w string) bool { return strings.HasPrefix(w, follow(ticketID, "")) })
		with = append(with, follow(ticketID, email))
		m.scs.Put(ctx, keyWith, with[max(0, len(with)-maxFollowed):])
		m.scs.Put(ctx, keyUntil, m.now().Add(FollowFor).Unix())
	})
}

// following gives the tickets of the session, and two numbers for each as keyUnder keeps them.
func (m *Applicants) following(ctx context.Context) (followed, under []int64) {
	followed, _ = m.scs.Get(ctx, keyFollowed).([]int64)
	under, _ = m.scs.Get(ctx, keyUnder).([]int64)
	if len(under) != 2*len(followed) { // a session of the version before this one
		under = make([]int64, 2*len(followed))
	}
	return followed, under
}

// followed gives the tickets that may still be read: of an account, as long as its epoch is the same.
func (m *Applicants) followed(ctx context.Context) (still []int64, err error) {
	followed, under := m.following(ctx)
	if len(followed) == 0 || m.now().Unix() >= m.scs.GetInt64(ctx, keyUntil) {
		return nil, nil
	}
	var owners []int64
	for i := range followed {
		if id := under[2*i]; id != 0 {
			owners = append(owners, id)
		}
	}
	epochs := map[int64]int64{}
	if len(owners) > 0 {
		if epochs, err = (account.Store{DB: m.db}).Epochs(ctx, owners); err != nil {
			return nil, err
		}
	}
	for i, ticketID := range followed {
		if id := under[2*i]; id == 0 || epochs[id] == under[2*i+1] {
			still = append(still, ticketID)
		}
	}
	return still, nil
}

// Unfollow takes back what links from mails let this browser read. Who is signed in stays so.
func (m *Applicants) Unfollow(c *gin.Context) error {
	ctx := c.Request.Context()
	m.scs.Remove(ctx, keyFollowed)
	m.scs.Remove(ctx, keyUnder)
	m.scs.Remove(ctx, keyWith)
	m.scs.Remove(ctx, keyUntil)
	return m.commit(c)
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
