package console

import (
	"bytes"
	"net/http"
	"path"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
)

const mailPath = "/console/mail"

// mailList is one of the lists of mails.
type mailList struct {
	page.Frame
	View  inbound.View
	Tabs  []mailTab
	Mails []inbound.Mail
	Full  bool // there are more
	Boxes []inbound.Mailbox
	Empty page.Empty
}

// mailTab leads to one of the lists. A negative Count shows none.
type mailTab struct {
	View    inbound.View
	URL     string
	Count   int
	Current bool
}

// mailPage is one mail, and what can be done with it.
type mailPage struct {
	page.Frame
	Mail      inbound.Mail
	Alert     string // what could not be done
	Field     string // and the field that it is about
	Reference string // as typed
	Reason    string
	Email     string // where answers to a new ticket would go
}

// MailList shows the mails that a person is to look at, and those that were laid aside.
func (a *Area) MailList(c *gin.Context) error {
	d := &mailList{View: inbound.View(c.Query("view"))}
	if !slices.Contains(inbound.Views(), d.View) {
		d.View = inbound.ViewWaiting
	}
	ctx := c.Request.Context()
	var err error
	if d.Mails, err = a.mails.List(ctx, d.View); err != nil {
		return err
	}
	if d.Boxes, err = inbound.Mailboxes(ctx, a.DB); err != nil {
		return err
	}
	counts, err := a.mails.Count(ctx)
	if err != nil {
		return err
	}
	if d.Frame, err = a.Frame(c, "mail"); err != nil {
		return err
	}
	for _, view := range inbound.Views() {
		tab := mailTab{View: view, URL: mailPath + "?view=" + string(view), Count: -1, Current: view == d.View}
		switch view {
		case inbound.ViewWaiting:
			tab.URL, tab.Count = mailPath, counts.Waiting
		case inbound.ViewFlagged:
			tab.Count = counts.Flagged
		case inbound.ViewAside: // what is done is not counted
		}
		d.Tabs = append(d.Tabs, tab)
	}
	p := d.Printer
	d.Title, d.Path, d.Full = p.T("console.mail.title"), mailPath, len(d.Mails) == inbound.Shown
	none := "console.mail.none." + string(d.View)
	d.Empty = page.Empty{Icon: "check_circle", Title: p.T(none + ".title"), Text: p.T(none + ".text")}
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
	d := &mailPage{Mail: m, Reference: m.Reference, Email: m.AnswersTo()}
	switch path.Base(page.GivenBack(c)) {
	case "attach":
		d.Reference = c.PostForm("reference")
	case "discard":
		d.Reason = c.PostForm("reason")
	case "open":
		d.Email = c.PostForm("email")
	}
	return a.showMail(c, http.StatusOK, d)
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
		reference, err := a.mails.OpenTicket(c.Request.Context(), by, id, c.PostForm("email"))
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

// MailFile hands a file of a mail that was not taken over to staff: only as a download, whatever is in it, after a scan, and with an
// entry in the history.
func (a *Area) MailFile(c *gin.Context) error {
	member, id, err := memberAndMail(c)
	if err != nil {
		return err
	}
	file, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such file.")
	}
	found, content, err := a.mails.FetchFile(c.Request.Context(), member.ID, id, file)
	if err != nil {
		return err
	}
	page.Attachment(c, bytes.NewReader(content), found.Name, "application/octet-stream")
	return nil
}

// MailSource hands the source of a mail to staff, as a download alone; with numbers in it that are masked, its name says so.
func (a *Area) MailSource(c *gin.Context) error {
	member, id, err := memberAndMail(c)
	if err != nil {
		return err
	}
	source, masked, err := a.mails.Source(c.Request.Context(), member.ID, id)
	if err != nil {
		return err
	}
	name := "mail-" + strconv.FormatInt(id, 10)
	if masked {
		name += "-masked"
	}
	page.Attachment(c, bytes.NewReader(source), name+".eml", "message/rfc822")
	return nil
}

// MailLooked takes the mail from the list of those that a program may have written, and leads back to it.
func (a *Area) MailLooked(c *gin.Context) error {
	return a.decideMail(c, func(by, id int64) (string, error) {
		err := a.mails.Looked(c.Request.Context(), by, id)
		if err == nil {
			a.Pages.Flash(c, "success", a.Pages.Printer(c).T("console.mail.looked_done"))
		}
		return mailPath + "?view=" + string(inbound.ViewFlagged), err
	})
}

// memberAndMail gives who makes the request, and the mail that it names.
func memberAndMail(c *gin.Context) (staff.Member, int64, error) {
	member, err := me(c)
	if err != nil {
		return member, 0, err
	}
	id, err := mailID(c)
	return member, id, err
}

// decideMail does what was decided and goes there; what could not be done is said on the mail's page, with what was typed.
func (a *Area) decideMail(c *gin.Context, do func(by, id int64) (string, error)) error {
	member, id, err := memberAndMail(c)
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
	d := &mailPage{Mail: m, Alert: failure.Text(err, a.Pages.Printer(c).T("console.ticket.not_done")), Reference: c.PostForm("reference"), Reason: c.PostForm("reason"), Email: c.PostForm("email")}
	if d.Email == "" && path.Base(c.Request.URL.Path) != "open" {
		d.Email = m.AnswersTo()
	}
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
