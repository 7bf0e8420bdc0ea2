package console

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/web/page"
)

const mailPath = "/console/mail"

// mailList is the mails that wait for a person, or those that were laid aside.
type mailList struct {
	page.Frame
	Aside bool
	Mails []inbound.Mail
	Full  bool // there are more
	Empty page.Empty
}

// mailPage is one mail, and what can be done with it.
type mailPage struct {
	page.Frame
	Mail      inbound.Mail
	Alert     string // what could not be done
	Field     string // and the field that it is about
	Reference string // as typed
	Reason    string
}

// MailList shows the mails that could not be filed.
func (a *Area) MailList(c *gin.Context) error {
	d := &mailList{Aside: c.Query("view") == "aside"}
	var err error
	if d.Mails, err = a.mails.List(c.Request.Context(), d.Aside); err != nil {
		return err
	}
	if d.Frame, err = a.Frame(c, "mail"); err != nil {
		return err
	}
	p := d.Printer
	d.Title, d.Path, d.Full = p.T("console.mail.title"), mailPath, len(d.Mails) == inbound.Shown
	which := "none"
	if d.Aside {
		which = "none_aside"
	}
	d.Empty = page.Empty{Icon: "check_circle", Title: p.T("console.mail." + which + ".title"), Text: p.T("console.mail." + which + ".text")}
	return a.Pages.HTML(c, http.StatusOK, "console/mail_list", d)
}

// MailShow shows one mail with its whole text.
func (a *Area) MailShow(c *gin.Context) error {
	id, err := mailID(c)
	if err != nil {
		return err
	}
	m, err := a.mails.ByID(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return a.showMail(c, http.StatusOK, &mailPage{Mail: m, Reference: m.Reference})
}

// TicketMail shows the whole mail behind a message of a ticket.
func (a *Area) TicketMail(c *gin.Context) error {
	message, err := strconv.ParseInt(c.Param("message"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such message.")
	}
	m, err := a.mails.OfMessage(c.Request.Context(), c.Param("reference"), message)
	if err != nil {
		return err
	}
	return a.showMail(c, http.StatusOK, &mailPage{Mail: m})
}

func (a *Area) showMail(c *gin.Context, status int, d *mailPage) (err error) {
	if d.Frame, err = a.Frame(c, "mail"); err != nil {
		return err
	}
	d.Title, d.Path = d.Printer.T("console.mail.one"), mailPath
	return a.Pages.HTML(c, status, "console/mail_show", d)
}

// MailOpen makes the mail a ticket.
func (a *Area) MailOpen(c *gin.Context) error {
	return a.decideMail(c, func(by, id int64) (string, error) {
		reference, err := a.mails.OpenTicket(c.Request.Context(), by, id)
		return ticketsPath + "/" + reference, err
	})
}

// MailAttach adds the mail to a ticket.
func (a *Area) MailAttach(c *gin.Context) error {
	return a.decideMail(c, func(by, id int64) (string, error) {
		reference, ok := identifier.ParseReference(c.PostForm("reference"))
		if !ok {
			return "", failure.Invalid("reference", "invalid", a.Pages.Printer(c).T("console.mail.reference_invalid"))
		}
		return ticketsPath + "/" + reference, a.mails.Attach(c.Request.Context(), by, id, reference)
	})
}

// MailDiscard lays the mail aside.
func (a *Area) MailDiscard(c *gin.Context) error {
	return a.decideMail(c, func(by, id int64) (string, error) {
		err := a.mails.Discard(c.Request.Context(), by, id, c.PostForm("reason"))
		if err == nil {
			a.Pages.Flash(c, "success", a.Pages.Printer(c).T("console.mail.discarded"))
		}
		return mailPath, err
	})
}

// decideMail does what was decided and goes there; what could not be done is said on the mail's page, with what was typed.
func (a *Area) decideMail(c *gin.Context, do func(by, id int64) (string, error)) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	id, err := mailID(c)
	if err != nil {
		return err
	}
	to, err := do(member.ID, id)
	if err == nil {
		c.Redirect(http.StatusSeeOther, to)
		return nil
	}
	if !recoverable(err) {
		return err
	}
	m, failed := a.mails.ByID(c.Request.Context(), id)
	if failed != nil {
		return failed
	}
	d := &mailPage{Mail: m, Alert: failure.Text(err, a.Pages.Printer(c).T("console.ticket.not_done")), Reference: c.PostForm("reference"), Reason: c.PostForm("reason")}
	for _, f := range failure.FieldsOf(err) {
		d.Field = f.Name
	}
	return a.showMail(c, statusOf[failure.KindOf(err)], d)
}

func mailID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("mail"), 10, 64)
	if err != nil {
		return 0, failure.NotFound("There is no such mail.")
	}
	return id, nil
}
