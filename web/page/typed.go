package page

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// Typed is what a form in which something is typed carries, so that it is not lost with the session of whoever types: the partial "typed".
type Typed struct {
	As     string // for whom the page was made, signed; "" for nobody in particular
	Unsent string // the form that was given back into this one; "" for none
}

const (
	typedAsKey = "askwell.typed_as"
	unsentKey  = "askwell.unsent"
)

type unsent struct{ path, id string }

// SetTypedAs says for whom this request's pages are made, signed.
func SetTypedAs(c *gin.Context, signed string) { c.Set(typedAsKey, signed) }

// SetUnsent says that the request's form is one that was kept: where it is sent, and its ID.
func SetUnsent(c *gin.Context, path, id string) { c.Set(unsentKey, unsent{path, id}) }

// GivenBack tells where the form is sent that a page is to show once more, because its session had ended; its fields are the request's PostForm.
// "" when there is none.
func GivenBack(c *gin.Context) string {
	if c.Request.Method != http.MethodGet {
		return ""
	}
	return unsentOf(c).path
}

func unsentOf(c *gin.Context) unsent {
	v, _ := c.Get(unsentKey)
	u, _ := v.(unsent)
	return u
}

// Typed is what the form with this action carries.
func (f Frame) Typed(action string) Typed {
	t := Typed{As: f.typedAs}
	if path, _, _ := strings.Cut(action, "?"); path == f.unsent.path {
		t.Unsent = f.unsent.id
	}
	return t
}

type otherPersonPage struct {
	Frame
	SignOut, Next string
}

// OtherPerson answers a form that was typed by somebody else than who is signed in now: 409, without its words. It offers to sign out at one
// address, and leads from there through the sign-in to next.
func (r *Renderer) OtherPerson(c *gin.Context, frame Frame, signOut, next string) error {
	name := "errors/other_person"
	if strings.HasPrefix(signOut, "/console/") {
		name = "ops/other_person"
	}
	p := otherPersonPage{Frame: frame, SignOut: signOut, Next: next}
	p.Title, p.Error = p.Printer.T("other_person.title"), true
	if at, err := url.Parse(next); err == nil {
		p.Path = at.Path
	}
	return r.HTML(c, http.StatusConflict, name, p)
}
