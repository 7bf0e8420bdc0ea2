package thread

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// showPage is a question with all that its applicant can do about it.
type showPage struct {
	page.Frame
	Thread   ticket.ApplicantThread
	URL      string
	Back     string    // the owner's list; "" for a follower
	By       time.Time // when most such questions are answered; zero when nobody waits
	Late     bool      // that moment has passed
	Unread   int64     // the first answer that was not opened yet; 0 for none
	InHand   bool      // it can still be solved
	Problems []page.Problem
	Notices  []page.Notice
	Say      messageForm
	Words    page.Field // of the rating
}

// messageForm is the box to add a message.
type messageForm struct {
	Action      string // with the language, where the browser keeps no cookie of it
	Token       string
	Typed       page.Typed
	Message     page.Field
	Attachments page.Field
	Files       []form.FileView
	Retry       bool     // it could not be sent: the button says so
	Removed     []string // keys of files that are to be removed when it is sent
}

// Show is GET of a question: for its followers, or its account's owner. To anybody else it is as if there were none.
func (s Side) Show(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
	defer cancel()
	q, err := s.read(ctx, c)
	if err != nil {
		return s.turnAway(c, err)
	}
	if err := s.Tickets.RecordRead(ctx, q.ApplicantThread); err != nil {
		s.Logger.Warn("that an answer was read is not recorded", slog.Any("error", err))
	}
	s.Forms.Drafts.Remember(c)
	f, say := s.drafted(c, q)
	if path.Base(page.GivenBack(c)) == "rating" {
		f.rate(c, &q)
	}
	if wrong := f.mistakes(); say && len(wrong) > 0 {
		return s.show(c, http.StatusUnprocessableEntity, q, f, wrong)
	}
	return s.show(c, http.StatusOK, q, f, nil)
}

// turnAway answers who may not see the question: the owner signs in, the follower gets a new link.
func (s Side) turnAway(c *gin.Context, err error) error {
	switch {
	case failure.Is(err, failure.KindUnsigned):
		c.Redirect(http.StatusSeeOther, session.WithNext(session.ApplicantSignInPath, c.Request.URL.RequestURI()))
		return nil
	case failure.Is(err, failure.KindNotFound) && s.channel == ticket.ChannelForm:
		reference, _ := identifier.ParseReference(c.Param("reference")) // "" for what is none
		t := s.Pages.Printer(c)
		return s.showAsk(c, http.StatusNotFound, askForm{Reference: reference}, nil,
			page.Notice{Kind: "warning", Title: t.T("status.ended.question"), Text: t.T("status.ended.question_text")})
	}
	return err
}

func (s Side) show(c *gin.Context, status int, q asked, f *sentMessage, wrong []form.Problem, notices ...page.Notice) error {
	p := showPage{Frame: s.Pages.Frame(c), Thread: q.ApplicantThread, URL: q.url, Notices: notices}
	p.Path = q.url
	if q.TakesMore {
		p.Switch = &page.Switch{Form: "message-form", Action: q.url + "/messages", Name: fieldShow, Value: "again"}
	}
	t := p.Printer
	p.Title = t.T("thread.title", "reference", q.Reference)
	if s.channel == ticket.ChannelPortal {
		p.Back = "/account"
	}
	if q.WaitingSince != nil {
		p.By = q.WaitingSince.AddDate(0, 0, s.AnswerWithin)
		p.Late = s.Now().After(p.By)
	}
	for _, m := range q.Messages {
		if m.Fresh && p.Unread == 0 {
			p.Unread = m.ID
		}
	}
	p.InHand = q.TakesMore && q.Progress != ticket.ProgressAnswered && q.Progress != ticket.ProgressClosed
	summary, beside := form.Texts(t, "thread", wrong)
	p.Problems, p.Error = summary, status >= http.StatusBadRequest
	if f.masked {
		p.Notices = append(p.Notices, maskedNotice(t))
	}
	if f.held {
		p.Notices = append(p.Notices, page.Notice{Kind: "warning", Title: t.T("thread.not_sent.title"), Text: t.T("thread.not_sent.held")})
	}
	p.Say = s.messageForm(p.Frame, q.url, f, beside)
	p.Words = page.Field{
		Name: "words", Label: t.T("thread.rating.words"), Value: f.words, Error: beside["words"], Optional: true, MaxLength: ticket.MaxRatingWords, Rows: 3, NoDraft: true,
	}
	if f.words == "" && q.Rating != nil {
		p.Words.Value = q.Rating.Words
	}
	return s.Pages.HTML(c, status, "thread/show", p)
}

func maskedNotice(t *messages.Printer) page.Notice {
	return page.Notice{Kind: "warning", Title: t.T("public.masked.title"), Text: t.T("public.masked.text")}
}

func (s Side) messageForm(frame page.Frame, url string, f *sentMessage, beside map[string]string) messageForm {
	t := frame.Printer
	return messageForm{
		Action: frame.At(url + "/messages"), Token: f.Token.Text, Typed: frame.Typed(url + "/messages"), Files: s.Forms.FileViews(t, f.Sent),
		Message: page.Field{
			Name: fieldMessage, Label: t.T("thread.say.label"), Hint: t.T("thread.say.hint"), Value: f.body, Error: beside[fieldMessage],
			Required: true, MaxLength: ticket.MaxQuestion, Rows: 6,
		},
		Attachments: page.Field{
			Name: form.FieldFiles, Label: t.T("public.field.attachments.label"), Error: beside[form.FieldFiles], Optional: true, Accept: form.Accept, Page: url,
			Hint: t.T("public.field.attachments.hint", "limit", form.MaxFiles, "size", form.MaxFileSize>>20),
		},
	}
}
