package form

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/draft"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/secret"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/remote"
)

// A form that was sent to be checked is answered by a redirect to a page that shows its draft, so that Back and reload lead to pages that
// can be asked for. The draft is sealed with keys that are derived from SECRET_KEY and from a cookie of the browser's alone: the address of
// the page is of no use elsewhere, nor is a copy of the database, and who closes the browser or signs out leaves nothing to read. A browser
// without cookies, and a database that is unavailable, get the page as the answer to the form itself, which carries everything.

const (
	browserCookie = "askwell_form"
	browserBytes  = 16
	draftPatience = 2 * time.Second // how long saving may hold up a page that works without
	queryDraft    = "draft"
	maxStaged     = 8 << 30          // bytes of files that may wait with all drafts together
	stagedFor     = 10 * time.Second // how long what was read of that counts
)

// Drafts keeps what forms hold between two pages.
type Drafts struct {
	Keys   [][]byte
	Store  draft.Store
	Limits *limit.Limiter
	Secure bool // cookies travel over HTTPS only
	Logger *slog.Logger

	staged   atomic.Int64 // bytes of files that wait with all drafts together
	stagedAt atomic.Int64 // when that was read, in Unix nanoseconds
}

// Draft is a form between two pages. Data is what its page makes of the fields: nothing that must not be kept.
type Draft struct {
	Token    string          `json:"t"`
	Files    []File          `json:"f,omitempty"`
	Problems []Problem       `json:"p,omitempty"` // of the files: those of the fields are found again
	Data     json.RawMessage `json:"d"`
}

// Sent is the form as it was when the draft was saved.
func (r *Reader) Sent(d Draft) *Sent {
	f := &Sent{Files: d.Files, FileProblems: d.Problems, fields: map[string]string{}}
	f.Token, f.Fresh = r.Seal.readToken(d.Token, r.Now())
	return f
}

// Remember gives the browser the cookie that drafts are sealed for, unless it has one. It ends with the browser.
func (d *Drafts) Remember(c *gin.Context) {
	if _, ok := d.browser(c); !ok {
		d.renew(c)
	}
}

// renew gives the browser another cookie, which holds for the rest of this request as well.
func (d *Drafts) renew(c *gin.Context) {
	raw := make([]byte, browserBytes)
	_, _ = rand.Read(raw) // never fails
	c.Set(browserCookie, raw)
	d.setCookie(c, base64.RawURLEncoding.EncodeToString(raw), 0)
}

// Forget takes the cookie away: what this browser has typed and not sent can be read by nobody any more. but is the query of the page that
// the browser is led to: its draft is somebody else's, who signs in next, and lives on.
func (d *Drafts) Forget(c *gin.Context, but url.Values) {
	if _, ok := d.browser(c); !ok {
		return
	}
	for _, name := range []string{queryDraft, FieldUnsent} {
		id, ok := readID(but.Get(name))
		if !ok {
			continue
		}
		kept, err := d.Load(c, id)
		if err != nil {
			continue
		}
		d.renew(c)
		browser, _ := d.browser(c)
		ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
		defer cancel()
		if err := d.save(ctx, draftKey(id, browser), browser, kept); err != nil {
			d.Logger.Warn("draft not carried over", slog.Any("error", err))
		}
		return
	}
	d.setCookie(c, "", -1)
}

func (d *Drafts) setCookie(c *gin.Context, value string, seconds int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: browserCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: d.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// browser reads the cookie; false for a browser without.
func (d *Drafts) browser(c *gin.Context) ([]byte, bool) {
	if v, ok := c.Get(browserCookie); ok {
		raw, ok := v.([]byte)
		return raw, ok
	}
	text, err := c.Cookie(browserCookie)
	if err != nil {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return raw, err == nil && len(raw) == browserBytes
}

func draftKey(id [16]byte, browser []byte) draft.Key {
	sum := sha256.Sum256(browser)
	return draft.Key{ID: id, Browser: [16]byte(sum[:16])}
}

// box seals for one browser.
func (d *Drafts) box(browser []byte) (*secret.Box, error) {
	keys := make([][]byte, len(d.Keys))
	for i, key := range d.Keys {
		derived, err := hkdf.Key(sha256.New, key, browser, "askwell browser", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		keys[i] = derived
	}
	return secret.NewBox("form draft", keys)
}

// Save keeps a form and gives the query of the page that shows it; false when it cannot be kept, and then the page is the answer to the
// form. data is marshalled to JSON.
func (d *Drafts) Save(c *gin.Context, f *Sent, data any) (query string, ok bool) {
	id, shaped := f.Token.Hash()
	if !shaped || !d.keep(c, id, f, data) {
		return "", false
	}
	return url.Values{queryDraft: {writeID(id)}}.Encode(), true
}

// Hold keeps a form for a page, where whoever may see that page finds it: for somebody who has to prove first that they may, and comes back by
// another address than the form's draft has. False when it cannot be kept.
func (d *Drafts) Hold(c *gin.Context, page string, f *Sent, data any) bool {
	return d.keep(c, heldID(page), f, data)
}

// Held gives the form that this browser held for a page. Errors: not_found, unavailable.
func (d *Drafts) Held(c *gin.Context, page string) (Draft, error) { return d.Load(c, heldID(page)) }

// Release removes what this browser held for a page.
func (d *Drafts) Release(c *gin.Context, page string) { d.drop(c, heldID(page)) }

func heldID(page string) [16]byte {
	sum := sha256.Sum256([]byte("held for " + page))
	return [16]byte(sum[:16])
}

func (d *Drafts) keep(c *gin.Context, id [16]byte, f *Sent, data any) bool {
	browser, known := d.browser(c)
	if !known || !f.Fresh || f.TooLarge {
		return false
	}
	typed, err := json.Marshal(data)
	if err != nil {
		return false // what pages keep always marshals
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
	defer cancel()
	if d.Limits.Drafts(ctx, remote.Address(c.Request)) {
		return false
	}
	if err := d.save(ctx, draftKey(id, browser), browser, Draft{Token: f.Token.Text, Files: f.Files, Problems: f.FileProblems, Data: typed}); err != nil {
		d.Logger.Warn("draft not saved", slog.Any("error", err))
		return false
	}
	return true
}

// SaveFiles keeps the files of a form beside what its draft holds already; data begins a draft where there is none. It gives the query of the
// page that shows it, "" when it cannot be kept: then the form carries its files itself.
func (d *Drafts) SaveFiles(c *gin.Context, f *Sent, data any) (query string) {
	if id, ok := f.Token.Hash(); ok {
		if kept, err := d.Load(c, id); err == nil {
			data = kept.Data
		}
	}
	query, _ = d.Save(c, f, data)
	return query
}

// full reports whether the files that wait with all drafts together left no room for more when a draft with files was saved last.
func (d *Drafts) full() bool { return d.staged.Load() > maxStaged }

// measure reads how many bytes wait, for full, which must not ask the database: a file is read before it is known whether its form is taken.
func (d *Drafts) measure(ctx context.Context) {
	now, read := time.Now().UnixNano(), d.stagedAt.Load()
	if now-read < int64(stagedFor) || !d.stagedAt.CompareAndSwap(read, now) {
		return
	}
	if waiting, err := d.Store.Staged(ctx); err == nil { // while the database cannot tell, there is as much room as before
		d.staged.Store(waiting)
	}
}

func (d *Drafts) save(ctx context.Context, k draft.Key, browser []byte, kept Draft) error {
	box, err := d.box(browser)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	sealed := box.Seal(plain, k.ID[:])
	if len(sealed) > draft.MaxSealed {
		return failure.New(failure.KindTooLarge, "The draft is too large.", nil)
	}
	var staged int64
	for _, file := range kept.Files {
		staged += file.Size
	}
	if err := d.Store.Save(ctx, k, sealed, staged); err != nil {
		return err
	}
	if staged > 0 {
		d.measure(ctx)
	}
	return nil
}

// Asked gives the ID of the draft that a page is asked for; false when it is asked for none.
func Asked(c *gin.Context) (id [16]byte, ok bool) {
	id, ok = readID(c.Query(queryDraft))
	return id, ok || c.Query(queryDraft) != "" // what is no ID is no draft's
}

func readID(text string) (id [16]byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	return [16]byte(raw), true
}

func writeID(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// Load gives the draft with this ID, if this browser saved it. Errors: not_found, unavailable.
func (d *Drafts) Load(c *gin.Context, id [16]byte) (kept Draft, err error) {
	browser, ok := d.browser(c)
	if !ok {
		return kept, failure.NotFound("There is no such draft.")
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
	defer cancel()
	sealed, err := d.Store.Load(ctx, draftKey(id, browser))
	if err != nil {
		return kept, err
	}
	box, err := d.box(browser)
	if err != nil {
		return kept, err
	}
	plain, err := box.Open(sealed, id[:])
	if err != nil {
		return kept, failure.New(failure.KindNotFound, "There is no such draft.", err)
	}
	if err := json.Unmarshal(plain, &kept); err != nil {
		return kept, fmt.Errorf("read a draft: %w", err)
	}
	for _, p := range kept.Problems {
		for i, arg := range p.Args {
			if n, is := arg.(float64); is {
				p.Args[i] = int(n) // limits and counts
			}
		}
	}
	return kept, nil
}

// Drop removes the draft of a form, if this browser saved one. What stays behind is swept.
func (d *Drafts) Drop(c *gin.Context, t Token) {
	if id, shaped := t.Hash(); shaped {
		d.drop(c, id)
	}
}

func (d *Drafts) drop(c *gin.Context, id [16]byte) {
	browser, known := d.browser(c)
	if !known {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
	defer cancel()
	if _, err := d.Store.Drop(ctx, draftKey(id, browser)); err != nil {
		d.Logger.Warn("draft not removed", slog.Any("error", err))
	}
}

// files are those of the form's draft: a page that was left before they were chosen does not name them.
func (d *Drafts) files(c *gin.Context, t Token) []File {
	id, ok := t.Hash()
	if !ok {
		return nil
	}
	kept, err := d.Load(c, id)
	if err != nil {
		return nil // the form names its files itself, but for such a page
	}
	return kept.Files
}
