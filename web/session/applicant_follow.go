package session

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
)

// FollowFor is how long a link from a mail lets a question be followed.
const FollowFor = 2 * time.Hour

const (
	followsKey     = "askwell.session.follows"
	followsWithKey = "askwell.session.follows_with"
	maxFollowed    = 20
)

// The values of an applicant's session that are about followed questions.
const (
	keyFollowed = "followed" // tickets that a link from a mail lets this browser read
	keyUnder    = "under"    // for each of them the account that it belongs to, 0 for none, and that account's epoch
	keyWith     = "with"     // for each of them the address of that mail
	keyUntil    = "until"    // and how long
)

// loadFollowed finds out which questions this browser may read.
func (m *Applicants) loadFollowed(c *gin.Context) error {
	ctx := c.Request.Context()
	followed, err := m.followed(ctx)
	if err != nil {
		return err
	}
	if len(followed) > 0 {
		c.Set(followsKey, followed)
		c.Set(followsWithKey, m.with(ctx))
	}
	return nil
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
