package mail_test

import (
	"encoding/json"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

// english reads the texts that ship.
type english map[string]string

func texts(t *testing.T) english {
	t.Helper()
	found := english{"language.dir": "ltr"}
	for _, area := range []string{"mail"} {
		data, err := os.ReadFile("../../web/messages/en/" + area + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		found.add("", tree)
	}
	return found
}

func (e english) add(prefix string, tree map[string]any) {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
			e[prefix+key] = v
		case map[string]any:
			e.add(prefix+key+".", v)
		}
	}
}

func (e english) T(key string, args ...any) string {
	text, ok := e[key]
	if !ok {
		if text, ok = e[key+".other"]; !ok {
			panic("no text " + key)
		}
	}
	for i := 0; i < len(args); i += 2 {
		value, err := json.Marshal(args[i+1])
		if err != nil {
			panic(err)
		}
		s, isText := args[i+1].(string)
		if !isText {
			s = string(value)
		}
		text = strings.ReplaceAll(text, "{"+args[i].(string)+"}", s)
	}
	return text
}

func (e english) Find(key, otherwise string, args ...any) string {
	if _, ok := e[key]; !ok {
		return otherwise
	}
	return e.T(key, args...)
}

func mailer(t *testing.T, server string, change ...func(*mail.Config)) *mail.Mailer {
	t.Helper()
	words := texts(t)
	cfg := mail.Config{
		URL: server, BaseURL: &url.URL{Scheme: "https", Host: "desk.example"},
		Agency: mail.Agency{
			Name: "Bureau of Arrivals", Email: "help@arrivals.example", Phone: "555-0100", Hours: "Monday to Friday", AnswerWithin: 5, Color: "#1a4480",
		},
		Texts: func(string) mail.Texts { return words },
		Now:   func() time.Time { return time.Date(2026, 3, 4, 15, 6, 7, 0, time.UTC) },
	}
	for _, c := range change {
		c(&cfg)
	}
	m, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var letter = mail.Letter{
	To: "ana@mail.example", Name: "Ana María Núñez", Language: "en", Reference: "ASK-7F3K-92QD",
	Subject: "Where is my card? <b>¿Dónde?</b>", Category: "card-not-received",
}

// one gives the only message of a mailbox.
func one(t *testing.T, box *devstack.Mailbox) devstack.Message {
	t.Helper()
	all, err := box.Messages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d messages, want one", len(all))
	}
	if all[0].Problem != "" {
		t.Fatalf("the message cannot be read: %s", all[0].Problem)
	}
	return all[0]
}

func headers(m devstack.Message, names ...string) map[string]string {
	found := map[string]string{}
	for _, n := range names {
		found[n] = m.Header.Get(n)
	}
	return found
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	if err := mailer(t, box.URL()).Acknowledge(t.Context(), letter)[0]; err != nil {
		t.Fatal(err)
	}
	got := one(t, box)
	if diff := cmp.Diff([]string{"ana@mail.example"}, got.Recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if want := "[ASK-7F3K-92QD] Where is my card? <b>¿Dónde?</b>"; got.Subject != want {
		t.Errorf("subject %q, want %q", got.Subject, want)
	}
	want := map[string]string{
		"Auto-Submitted": "auto-replied", "From": `"Bureau of Arrivals" <help@arrivals.example>`,
		"Reply-To": `"Bureau of Arrivals" <help@arrivals.example>`, "Date": "Wed, 04 Mar 2026 15:06:07 +0000", "In-Reply-To": "",
	}
	if diff := cmp.Diff(want, headers(got, "Auto-Submitted", "From", "Reply-To", "Date", "In-Reply-To")); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for form, body := range map[string]string{"text": got.Text, "HTML": got.HTML} {
		for _, part := range []string{
			"Ana María Núñez", "Bureau of Arrivals has received", "ASK-7F3K-92QD", "card-not-received", "within 5 days",
			"https://desk.example/status?lang=", "Where is my card?", "555-0100", "not send us a question",
		} {
			if !strings.Contains(body, part) {
				t.Errorf("%s does not say %q:\n%s", form, part, body)
			}
		}
	}
	if strings.Contains(got.HTML, "<b>¿") {
		t.Error("the applicant's markup came through")
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL())
	body := "Your card was mailed on <May 2>.\r\n\r\nPlease wait until\nFriday.\n\n\n.\nA line with a dot alone stands above."
	if err := m.Reply(t.Context(), letter, 42, body); err != nil {
		t.Fatal(err)
	}
	got := one(t, box)
	text := strings.ReplaceAll(body, "\r\n", "\n")
	if !strings.Contains(got.Text, text) {
		t.Errorf("the text is not the agent's:\n%s", got.Text)
	}
	for _, part := range []string{"&lt;May 2&gt;", "Please wait until\nFriday."} {
		if !strings.Contains(got.HTML, part) {
			t.Errorf("HTML does not say %q:\n%s", part, got.HTML)
		}
	}
	if got.Header.Get("Auto-Submitted") != "" {
		t.Error("a person's reply says that a machine wrote it")
	}
	if strings.Contains(got.Header.Get("Message-Id"), "42") {
		t.Errorf("the Message-ID tells the row: %s", got.Header.Get("Message-Id"))
	}
}

// The thread: every reply hangs under the acknowledgement; the same mail sent again has the same Message-ID.
func TestMailsOfATicketStandInOneThread(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL())
	for range 2 {
		if err := m.Acknowledge(t.Context(), letter)[0]; err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []int64{1, 1, 2} {
		if err := m.Reply(t.Context(), letter, id, "Answer"); err != nil {
			t.Fatal(err)
		}
	}
	all, err := box.Messages()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	root := ""
	for _, msg := range all {
		ids[msg.Header.Get("Message-Id")]++
		if msg.Header.Get("Auto-Submitted") != "" {
			root = msg.Header.Get("Message-Id")
		}
	}
	if len(ids) != 3 || ids[root] != 2 {
		t.Errorf("Message-IDs: %v", ids)
	}
	for _, msg := range all {
		if msg.Header.Get("Auto-Submitted") == "" && (msg.Header.Get("In-Reply-To") != root || !strings.HasSuffix(msg.Header.Get("References"), root)) {
			t.Errorf("a reply hangs under %q, want %q", msg.Header.Get("In-Reply-To"), root)
		}
	}
}

func TestNothingTypedBecomesAHeader(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL())
	evil := letter
	evil.Name = "Ana\r\nBcc: all@mail.example\r\n\r\nBody"
	evil.Subject = "Card\r\nBcc: all@mail.example\u2028\x00\u202Eder"
	if err := m.Reply(t.Context(), evil, 1, "Answer\r\n.\r\nMAIL FROM:<x@y.example>"); err != nil {
		t.Fatal(err)
	}
	got := one(t, box)
	if got.Header.Get("Bcc") != "" || len(got.Recipients) != 1 || strings.ContainsRune(got.Subject, 0x202E) {
		t.Errorf("headers %v, recipients %v", got.Header, got.Recipients)
	}
	for _, to := range []string{
		"ana@mail.example\r\nBcc: all@mail.example", "ana@mail.example, all@mail.example", "Ana <ana@mail.example>", "ana", "", "a b@mail.example",
		"ana@mail.example>\r\nRCPT TO:<all@mail.example",
	} {
		evil := letter
		evil.To = to
		if err := m.Acknowledge(t.Context(), evil)[0]; !failure.Is(err, failure.KindInvalid) {
			t.Errorf("to %q: %v, want invalid", to, err)
		}
	}
	if n := box.Count(); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
}

// backend is a mail server that answers as it is told.
type backend struct{ rcpt, from, data error }

func (b backend) NewSession(*smtp.Conn) (smtp.Session, error) { return session{b}, nil }

type session struct{ backend }

func (s session) Mail(string, *smtp.MailOptions) error { return s.from }
func (s session) Rcpt(string, *smtp.RcptOptions) error { return s.rcpt }
func (s session) Data(r io.Reader) error {
	buffer := make([]byte, 4096)
	for {
		if _, err := r.Read(buffer); err != nil {
			return s.data
		}
	}
}
func (s session) Reset()        {}
func (s session) Logout() error { return nil }

func said(code int, enhanced ...int) error {
	e := &smtp.SMTPError{Code: code, Message: "about ana@mail.example"}
	copy(e.EnhancedCode[:], enhanced)
	return e
}

func TestWhatTheMailServerSaysDecidesAboutAnotherTry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server backend
		want   failure.Kind
	}{
		"no such mailbox":          {backend{rcpt: said(550, 5, 1, 1)}, failure.KindInvalid},
		"mailbox full, for now":    {backend{rcpt: said(452, 4, 2, 2)}, failure.KindUnavailable},
		"greylisted":               {backend{rcpt: said(451, 4, 7, 1)}, failure.KindUnavailable},
		"relaying denied":          {backend{rcpt: said(550, 5, 7, 1)}, failure.KindUnavailable},
		"our sender refused":       {backend{from: said(550, 5, 1, 8)}, failure.KindUnavailable},
		"content refused for good": {backend{data: said(554, 5, 6, 0)}, failure.KindUnavailable},
		"recipient refused late":   {backend{data: said(550, 5, 1, 1)}, failure.KindInvalid},
		"content refused for now":  {backend{data: said(451, 4, 3, 0)}, failure.KindUnavailable},
		"taken":                    {backend{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := smtp.NewServer(c.server)
			server.Domain = "localhost"
			go server.Serve(listener) //nolint:errcheck // ends with Close
			t.Cleanup(func() { server.Close() })
			err = mailer(t, "smtp://"+listener.Addr().String()).Acknowledge(t.Context(), letter)[0]
			if got := failure.KindOf(err); got != c.want {
				t.Errorf("kind %q, want %q: %v", got, c.want, err)
			}
			if err != nil && strings.Contains(err.Error(), "ana@") {
				t.Errorf("the error names a person: %v", err)
			}
		})
	}
	if err := mailer(t, "smtp://127.0.0.1:1").Acknowledge(t.Context(), letter)[0]; !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"smtp://mail.example": true, "smtps://name:secret@mail.example": true, "smtp://mail.example:25?tls=required": true,
		"smtp://mail.example?tls=off": true, "http://mail.example": false, "mail.example:25": false, "smtp://": false,
		"smtp://mail.example?tls=maybe": false, "smtp://mail.example:99999": false, "smtp://name:secret@%zz": false,
	} {
		_, err := mail.New(mail.Config{URL: address, From: "help@arrivals.example", BaseURL: &url.URL{}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// Several go over one connection, and one that cannot be delivered takes no other with it.
func TestAcknowledgeSeveral(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	spoilt := letter
	spoilt.To = "nobody at all"
	failures := mailer(t, box.URL()).Acknowledge(t.Context(), letter, spoilt, letter)
	if failures[0] != nil || failures[2] != nil || !failure.Is(failures[1], failure.KindInvalid) {
		t.Errorf("got %v, want only the second to fail, for good", failures)
	}
	if n := box.Count(); n != 2 {
		t.Errorf("%d messages were sent, want 2", n)
	}
}

func TestHoursInTheMailsLanguage(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL(), func(c *mail.Config) {
		c.Hours = func(language string) string { return map[string]string{"es": "De lunes a viernes"}[language] }
	})
	inSpanish := letter
	inSpanish.Language = "es"
	if err := m.Acknowledge(t.Context(), inSpanish)[0]; err != nil {
		t.Fatal(err)
	}
	if got := one(t, box); !strings.Contains(got.Text, "555-0100 (De lunes a viernes)") || !strings.Contains(got.HTML, "(De lunes a viernes)") {
		t.Errorf("the mail does not say when the phone is answered:\n%s", got.Text)
	}
}

// Without a name and a subject, which a stranger may have typed, the category stands for both.
func TestAMailThatKnowsNobodySaysItsCategory(t *testing.T) {
	t.Parallel()
	box := testkit.Mailbox(t)
	m := mailer(t, box.URL())
	unknown := letter
	unknown.Name, unknown.Subject, unknown.Label = "", "", "Card not received"
	if err := m.Acknowledge(t.Context(), unknown)[0]; err != nil {
		t.Fatal(err)
	}
	if err := m.Reply(t.Context(), unknown, 42, "It was mailed."); err != nil {
		t.Fatal(err)
	}
	all, err := box.Messages()
	if err != nil || len(all) != 2 {
		t.Fatalf("%d mails: %v", len(all), err)
	}
	for _, got := range all {
		if want := "[ASK-7F3K-92QD] Card not received"; got.Subject != want {
			t.Errorf("subject %q, want %q", got.Subject, want)
		}
		if to := got.Header.Get("To"); to != "<ana@mail.example>" {
			t.Errorf("to %q", to)
		}
		for form, body := range map[string]string{"text": got.Text, "HTML": got.HTML} {
			if !strings.Contains(body, "Hello,") || !strings.Contains(body, "Card not received") || strings.Contains(body, "Subject:") {
				t.Errorf("%s says\n%s", form, body)
			}
		}
	}
}
