package thread

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/limit"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

const (
	fieldMessage = "message"
	fieldShow    = "show" // the form is to be shown again, in another language
)

// sentMessage is the form of a message as it came in: no number in it that must not be kept.
type sentMessage struct {
	*form.Sent
	body           string
	broken, masked bool
	words          string // of a rating that is shown again
	held           bool   // it was kept while its writer's link had ended
}

// AddMessage is POST of a message, with files: one message for one form token and what it came with, then 303 to the question. What cannot be sent comes back
// with everything typed, also while nobody can tell whose question it is: 422 to be mended, 401 and 404 to sign in or follow again, 413,
// 429 and 503 to be sent again with the same token.
func (s Side) AddMessage(c *gin.Context) error {
	f, err := s.sent(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	q, err := s.read(ctx, c)
	if err != nil {
		return s.notSent(c, f, err)
	}
	if f.Raw(fieldShow) != "" {
		return s.turn(c, q, f, false, func() error { return s.show(c, http.StatusOK, q, f, nil) })
	}
	if status, wrong := s.wrong(ctx, q, f); len(wrong) > 0 {
		return s.turn(c, q, f, true, func() error { return s.show(c, status, q, f, wrong) })
	}
	t := s.Pages.Printer(c)
	if pace := s.Limits.Inquiry(ctx, remote.Address(c.Request), q.Email); pace.Refused {
		form.RetryAfter(c, pace.Wait)
		return s.show(c, http.StatusTooManyRequests, q, f, nil,
			page.Notice{Kind: "error", Title: t.T("public.too_many.heading"), Text: t.T("thread.too_many", "wait", form.WaitText(t, pace.Wait))})
	}
	err = s.say(ctx, q, f)
	switch {
	case failure.Is(err, failure.KindConflict):
		return s.show(c, http.StatusConflict, q, f, nil, page.Notice{Kind: "error", Title: t.T("thread.closed.title"), Text: t.T("thread.closed.text")})
	case err != nil:
		return s.notSent(c, f, err)
	}
	s.Forms.Drafts.Drop(c, f.Token)
	s.release(c, q, f)
	s.Pages.Flash(c, "success", t.T("thread.say.done"))
	c.Redirect(http.StatusSeeOther, q.url)
	return nil
}

// RefuseMessage is the answer to a message for which there is no turn: the form again, and nobody asks the database.
func (s Side) RefuseMessage(c *gin.Context) error {
	f, err := s.sent(c)
	if err != nil {
		return err
	}
	page.SetTypedAs(c, f.Raw(form.FieldTypedAs)) // nobody looks whose session it is
	return s.notSent(c, f, limit.ErrFull)
}

func (s Side) sent(c *gin.Context) (*sentMessage, error) {
	sent, err := s.Forms.Read(c)
	if err != nil {
		return nil, err
	}
	f := &sentMessage{Sent: sent}
	f.body, f.broken = form.Plain(sent.Raw(fieldMessage), true)
	masked, kinds := identifier.MaskSensitive(f.body)
	f.body, f.masked = masked, len(kinds) > 0
	return f, nil
}

func (s Side) say(ctx context.Context, q asked, f *sentMessage) error {
	in := ticket.Said{
		Channel: s.channel, Body: f.body, Number: identifier.FindInText(f.body), Attachments: s.Forms.Attachments(f.Files), By: &q.by,
	}
	in.Token = f.once(q.Reference)
	_, err := s.Tickets.AddMessage(ctx, q.Reference, in)
	return err
}

// once is what the message is known by: the same words and files of one form are one message, others another one.
func (f *sentMessage) once(reference string) [16]byte {
	content := []string{reference, f.body}
	for _, file := range f.Files {
		content = append(content, string(file.SHA256)+file.Name)
	}
	return f.Token.With(content...)
}

// wrong lists what keeps the form from being sent, and the status that says so.
func (s Side) wrong(ctx context.Context, q asked, f *sentMessage) (status int, wrong []form.Problem) {
	if f.TooLarge {
		s.Forms.CutOff(f.Sent)
		return http.StatusRequestEntityTooLarge, f.FileProblems
	}
	if !f.Fresh {
		if sent, err := s.Tickets.HasMessage(ctx, f.once(q.Reference)); err == nil && sent {
			return 0, nil // an old page, sent once more as it is
		}
		f.FileProblems = append([]form.Problem{s.Forms.Renew(ctx, f.Sent, s.Now())}, f.FileProblems...)
		f.Fresh = true
	}
	if wrong = f.mistakes(); len(wrong) == 0 {
		f.FileProblems = s.Forms.Touch(ctx, f.Sent)
		wrong = f.FileProblems
	}
	return http.StatusUnprocessableEntity, wrong
}

// mistakes are what is wrong with the fields.
func (f *sentMessage) mistakes() (wrong []form.Problem) {
	if p, is := form.CheckText(fieldMessage, f.body, f.broken, ticket.MaxQuestion); is {
		wrong = append(wrong, p)
	}
	return append(wrong, f.FileProblems...)
}

// notSentPage keeps what was typed where the question itself cannot be shown.
type notSentPage struct {
	page.Frame
	Notices []page.Notice
	Link    string // where to prove again who one is; "" for nowhere
	Label   string
	Returns bool // from there back to the question, with the message
	Say     messageForm
}

// ofAnother reports whether the message was typed by somebody else than who is signed in.
func (s Side) ofAnother(c *gin.Context, f *sentMessage) bool {
	as := s.Forms.Seal.TypedBy(f.Raw(form.FieldTypedAs))
	return s.channel == ticket.ChannelPortal && as != "" && as != session.TypedAs(c)
}

// questionPath is the page of the question that a message was sent to.
func (s Side) questionPath(c *gin.Context) string { return path.Dir(c.Request.URL.Path) }

// notSent shows the form again, with the same token. It says as much as the error: that something is unavailable, or that the reader is no
// longer, or never was, known to be the one who asked.
func (s Side) notSent(c *gin.Context, f *sentMessage, err error) error {
	t := s.Pages.Printer(c)
	p := notSentPage{Frame: s.Pages.Frame(c)}
	p.Title, p.Error = t.T("thread.not_sent.title"), true
	reference, ok := identifier.ParseReference(c.Param("reference"))
	if !ok {
		return errNoQuestion
	}
	status, key := http.StatusInternalServerError, "away"
	switch {
	case errors.Is(err, limit.ErrFull):
		status, key = http.StatusServiceUnavailable, "busy"
	case failure.Is(err, failure.KindNotFound) && s.ofAnother(c, f):
		next := session.ApplicantSignInPath
		if query, ok := s.draftQuery(c, f, false); ok {
			next = s.questionPath(c) + "?" + query
		}
		return s.Pages.OtherPerson(c, p.Frame, "/account/sign-out", next)
	case failure.Is(err, failure.KindUnsigned):
		s.Forms.Drafts.Remember(c) // who signed out in another window has none
		status, key, p.Link = http.StatusUnauthorized, "signed_out", session.ApplicantSignInPath
		if query, ok := s.draftQuery(c, f, false); ok {
			key, p.Returns = "signed_out_kept", true
			p.Link += "?" + url.Values{"next": {s.questionPath(c) + "?" + query}}.Encode()
		}
	case failure.Is(err, failure.KindNotFound) && s.channel == ticket.ChannelForm:
		status, key, p.Link = http.StatusNotFound, "ended", "/status"
		if s.hold(c, reference, f) {
			key, p.Returns = "ended_kept", true
		}
	case failure.Is(err, failure.KindNotFound):
		return err
	case failure.Is(err, failure.KindUnavailable):
		_ = c.Error(err)
		status = http.StatusServiceUnavailable
		form.RetryAfter(c, retryIn)
	default:
		_ = c.Error(err)
	}
	p.Notices = []page.Notice{{Kind: "error", Title: t.T("public.not_sent.heading"), Text: t.T("thread.not_sent." + key)}}
	if f.masked {
		p.Notices = append(p.Notices, maskedNotice(t))
	}
	if p.Link != "" {
		p.Label = t.T("thread.not_sent." + key + "_link")
	}
	p.Path = s.root + reference
	p.Switch = &page.Switch{Form: "message-form", Action: s.root + reference + "/messages", Name: fieldShow, Value: "again"}
	p.Say = s.messageForm(p.Frame, s.root+reference, f, nil)
	p.Say.Retry, p.Say.Removed = true, f.Removed
	return s.Pages.HTML(c, status, "thread/not_sent", p)
}
