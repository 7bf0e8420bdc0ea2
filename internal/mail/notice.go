package mail

import (
	"context"
	"fmt"
	"net/url"
)

// Notice is a mail about an account, or one with a link that somebody asked for. Its words are the messages mail.<What>.subject, .text
// and .after (paragraphs, parted by empty lines; .after may be missing) and .link, what the link says.
type Notice struct {
	To, Name, Language string // Name "" greets nobody by name: whoever typed the address may have lied
	What               string
	Args               []any  // of all its texts: name, value, ...
	Category, Label    string // of a ticket that it is about, as a Letter's: its texts' {category}
	Number             string // set large, between text and link; "" for none
	Path               string // of the link, below the site's address; "" for none
	About              About  // where its bounces belong
	ID                 string // another one for each notice: the same one has the same Message-ID whenever it is sent
}

// noticeSheet is what the templates show.
type noticeSheet struct {
	Texts
	Notice
	Agency Agency
	Link   string
}

// Reference is the title of the mail's page; what is about a ticket has its reference there.
func (s noticeSheet) Reference() string { return s.Subject() }

// args are those of every text.
func (s noticeSheet) args() []any {
	return append([]any{"agency", s.Agency.Name, "category", categoryLabel(s.Texts, s.Category, s.Label)}, s.Args...)
}

// Subject is the mail's.
func (s noticeSheet) Subject() string { return plain(s.T("mail."+s.What+".subject", s.args()...)) }

// Greeting addresses whoever is on file.
func (s noticeSheet) Greeting() string { return greeting(s.Texts, s.Name) }

// Before and After are the paragraphs around the number and the link.
func (s noticeSheet) Before() []string { return paragraphs(s.T("mail."+s.What+".text", s.args()...)) }

// After is what follows the link.
func (s noticeSheet) After() []string {
	return paragraphs(s.Find("mail."+s.What+".after", "", s.args()...))
}

// LinkText is what the link says.
func (s noticeSheet) LinkText() string { return s.T("mail." + s.What + ".link") }

// Notify sends a notice. Errors: as Acknowledge.
func (m *Mailer) Notify(ctx context.Context, n Notice) error {
	s := noticeSheet{Texts: m.cfg.Texts(n.Language), Notice: n, Agency: m.agency(n.Language)}
	if n.Path != "" {
		link := m.cfg.BaseURL.JoinPath(n.Path)
		link.RawQuery = url.Values{"lang": {s.T("mail.language")}}.Encode() // the page speaks as the mail does
		s.Link = link.String()
	}
	p, err := m.automatic("notice", s, n.To, n.Name, s.Subject(), m.messageID("notice", mark("notice", n.What, n.ID)), n.About)
	if err != nil {
		return fmt.Errorf("write a notice (%s): %w", n.What, err)
	}
	if err := m.pool.send(ctx, p)[0]; err != nil {
		return fmt.Errorf("send a notice (%s): %w", n.What, err)
	}
	return nil
}
