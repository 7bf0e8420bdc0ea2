package form

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
)

// A form of somebody who is signed in says for whom its page was made (FieldTypedAs, signed). Sent when that person's session has ended, or
// in somebody else's, it is not done: it is kept as a draft of the browser's, and given back on its page to that person alone (FieldUnsent
// names it there and in the form itself). The signature lets nobody fill the store who was never signed in.

// The fields of such a form.
const (
	FieldTypedAs = "typed_as"
	FieldUnsent  = "unsent"
)

// Unsent is a form that was sent and not done.
type Unsent struct {
	As     string     `json:"as"`   // who typed it, as TypedBy gives it
	Path   string     `json:"path"` // where it was sent
	Fields url.Values `json:"fields"`
}

// Secret reports whether what is typed into a field stands nowhere else: not in a page that sends the form back, not in a draft.
func Secret(field string) bool { return field == "code" || strings.Contains(field, "password") }

// NewUnsent takes over the fields of a form, without the secret ones.
func NewUnsent(as, path string, fields url.Values) Unsent {
	u := Unsent{As: as, Path: path, Fields: url.Values{}}
	for name, values := range fields {
		if name != FieldTypedAs && name != FieldUnsent && !Secret(name) {
			u.Fields[name] = values
		}
	}
	return u
}

// ID is the same for the same form, sent from wherever and as often as may be.
func (u Unsent) ID() string {
	sum := sha256.Sum256(u.json())
	return writeID([16]byte(sum[:16]))
}

// json writes no letter of a text as an escape of six: a text of the greatest length has to fit into a draft.
func (u Unsent) json() []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	_ = w.Encode(u) // strings always do
	return b.Bytes()
}

// SignTyped gives the value of FieldTypedAs for who reads the page.
func (s Seal) SignTyped(who string) string {
	return who + "." + base64.RawURLEncoding.EncodeToString(s.Sign("typed as", []byte(who)))
}

// TypedBy reads the value of FieldTypedAs; "" for none of ours.
func (s Seal) TypedBy(text string) string {
	who, signature, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || who == "" || !s.Verify(raw, "typed as", []byte(who)) {
		return ""
	}
	return who
}

// KeepUnsent keeps a form under an ID, for the browser that sent it. Errors: too large, unavailable.
func (d *Drafts) KeepUnsent(c *gin.Context, id string, u Unsent) error {
	d.Remember(c)
	browser, _ := d.browser(c)
	key, ok := readID(id)
	if !ok {
		return failure.NotFound("There is no such draft.")
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
	defer cancel()
	return d.save(ctx, draftKey(key, browser), browser, Draft{Data: u.json()})
}

// LoadUnsent gives a form that this browser sent. Errors: not_found, unavailable.
func (d *Drafts) LoadUnsent(c *gin.Context, id string) (u Unsent, err error) {
	key, ok := readID(id)
	if !ok {
		return u, failure.NotFound("There is no such draft.")
	}
	kept, err := d.Load(c, key)
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal(kept.Data, &u); err != nil || u.As == "" {
		return u, failure.New(failure.KindNotFound, "There is no such draft.", err)
	}
	return u, nil
}

// TakeUnsent removes a form that is being sent; false when there is none: of two windows that show it, one takes it. Errors: unavailable.
func (d *Drafts) TakeUnsent(c *gin.Context, id string) (taken bool, err error) {
	browser, known := d.browser(c)
	key, ok := readID(id)
	if !known || !ok {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), draftPatience)
	defer cancel()
	if taken, err = d.Store.Drop(ctx, draftKey(key, browser)); err != nil {
		return false, fmt.Errorf("take a draft: %w", err)
	}
	return taken, nil
}
