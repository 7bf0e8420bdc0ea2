package thread

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/form"
)

// draftData is what a message's draft holds of its fields.
type draftData struct {
	Body   string `json:"b"`
	Broken bool   `json:"u,omitempty"`
	Masked bool   `json:"m,omitempty"`
	Wrong  bool   `json:"w,omitempty"` // the page says what is wrong with it
}

// draftQuery keeps the message for the page of its question, and gives that page's query; false when it cannot be kept.
func (s Side) draftQuery(c *gin.Context, f *sentMessage, wrong bool) (string, bool) {
	return s.Forms.Drafts.Save(c, f.Sent, draftData{Body: f.body, Broken: f.broken, Masked: f.masked, Wrong: wrong})
}

// turn leads to the question's page with the message's draft. Where none can be kept the page itself is the answer.
func (s Side) turn(c *gin.Context, q asked, f *sentMessage, wrong bool, show func() error) error {
	query, ok := s.draftQuery(c, f, wrong)
	if !ok {
		return show()
	}
	c.Redirect(http.StatusSeeOther, q.url+"?"+query)
	return nil
}

// hold keeps the message of a follower whose link has ended, for when another one has let them in; false when it cannot be kept.
func (s Side) hold(c *gin.Context, reference string, f *sentMessage) bool {
	s.Forms.Drafts.Remember(c)
	return s.Forms.Drafts.Hold(c, s.root+reference, f.Sent, draftData{Body: f.body, Broken: f.broken, Masked: f.masked})
}

// release lets go of the message that was held for a question's page, once it is sent. One that is too old to be sent was renewed.
func (s Side) release(c *gin.Context, q asked, f *sentMessage) {
	kept, err := s.Forms.Drafts.Held(c, q.url)
	if err != nil {
		return
	}
	if held := s.Forms.Sent(kept); !held.Fresh || held.Token.Text == f.Token.Text {
		s.Forms.Drafts.Release(c, q.url)
	}
}

// drafted is the message that the page is asked for, or that was held for it; a new one when it was sent, is gone or is another browser's.
func (s Side) drafted(c *gin.Context, q asked) (f *sentMessage, wrong bool) {
	f = &sentMessage{Sent: s.Forms.New()}
	id, ok := form.Asked(c)
	read := func() (form.Draft, error) { return s.Forms.Drafts.Held(c, q.url) }
	if ok {
		read = func() (form.Draft, error) { return s.Forms.Drafts.Load(c, id) }
	}
	kept, err := read()
	if err != nil {
		return f, false
	}
	var data draftData
	if err := json.Unmarshal(kept.Data, &data); err != nil {
		return f, false
	}
	f = &sentMessage{Sent: s.Forms.Sent(kept), body: data.Body, broken: data.Broken, masked: data.Masked}
	f.held = !ok
	return f, data.Wrong
}
