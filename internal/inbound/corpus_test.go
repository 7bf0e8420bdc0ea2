package inbound_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// desk is a database with one ticket of Ana's that was answered, and what files mails.
type desk struct {
	*testing.T
	db      *pgxpool.Pool
	tickets *ticket.Service
	inbound *inbound.Desk
	replies *mail.ReplyAddresses
	ana     ticket.Ticket
	reply   int64
	agent   int64
}

var words = map[string]string{"mail.no_subject": "(no subject)", "mail.no_text": "(no text)"}

type texts struct{}

func (texts) T(key string, _ ...any) string       { return words[key] }
func (texts) Find(key, _ string, _ ...any) string { return words[key] }

func newReplies() *mail.ReplyAddresses {
	replies, err := mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("k", 32))}, "questions@help.example")
	if err != nil {
		panic(err)
	}
	return replies
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, db: testkit.Database(t)}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db})
	replies := newReplies()
	d.replies = replies
	store, err := files.NewFolder(t.TempDir())
	d.must(err)
	d.inbound = inbound.New(inbound.Config{
		DB: d.db, Tickets: d.tickets, Files: store, Replies: replies, From: "help@arrivals.example", Rate: 3, Language: "en", Texts: func(string) mail.Texts { return texts{} },
	})
	opened, err := d.tickets.Open(t.Context(), ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Number: identifier.Read(""),
		Name: "Ana Núñez", Email: "Ana@mail.example", Subject: "Where is my card?", Question: "It was mailed in May.", Token: [16]byte{1},
	})
	d.must(err)
	d.must(d.db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('agent@desk.example', 'Agent', 'agent', '$argon2id$none') RETURNING id`).Scan(&d.agent))
	m, err := d.tickets.Reply(t.Context(), ticket.Staff(d.agent), opened.Reference, ticket.Draft{Body: "Your card was mailed on May 2.", Status: ticket.StatusPending})
	d.must(err)
	_, err = d.db.Exec(t.Context(), `UPDATE message SET delivery = 'sent', delivered_at = now() WHERE id = $1`, m.ID)
	d.must(err)
	d.reply = m.ID
	d.ana, err = d.tickets.ByReference(t.Context(), opened.Reference)
	d.must(err)
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

const goodNumber = "1234567890"

func (d *desk) fill(s string) string {
	check, err := identifier.CheckDigits(goodNumber)
	d.must(err)
	token := d.replies.For(d.ana.Reference)
	id := func(mark mail.Mark) string {
		return strings.ToLower(d.ana.Reference) + "." + string(mark) + "@arrivals.example"
	}
	return strings.NewReplacer(
		"{{token}}", token, "{{TOKEN}}", strings.ToUpper(token), "{{forged}}", "reply+"+strings.Repeat("a", 8)+"."+strings.Repeat("a", 26)+"@help.example",
		"{{reference}}", d.ana.Reference, "{{ackid}}", id(d.replies.Marks().Acknowledgement(d.ana.Reference)), "{{replyid}}", id(d.replies.Marks().Reply(d.ana.Reference, d.reply)),
		"{{madeupid}}", id("0123456789abcdef"), "{{number}}", goodNumber+check, "{{mask}}", identifier.Marker,
	).Replace(s)
}

// sample is a mail of the corpus, and where it should end.
type sample struct {
	inbound.Arrived
	want map[string]string
}

func (d *desk) sample(name string) sample {
	d.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	d.must(err)
	head, raw, found := bytes.Cut(content, []byte("\n----\n"))
	if !found {
		d.Fatalf("%s says not where it should end", name)
	}
	s := sample{want: map[string]string{}}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		s.want[key] = d.fill(strings.ReplaceAll(value, `\n`, "\n"))
	}
	s.Raw = []byte(strings.ReplaceAll(d.fill(string(raw)), "\n", "\r\n"))
	s.Source, s.EnvelopeFrom = "smtp", s.want["envelope"]
	if rcpt := s.want["rcpt"]; rcpt != "" {
		s.Recipients = []string{rcpt}
	}
	return s
}

// file does the worker's work with all mails that wait.
func (d *desk) file() {
	d.Helper()
	_, err := outbox.Expand(d.Context(), d.db, map[string][]outbox.Reaction{
		inbound.OutboxReceived: {{Task: "receive_mail"}}, ticket.OutboxOpened: {{Task: "acknowledge"}},
	}, 1000)
	d.must(err)
	tasks, err := outbox.Claim(d.Context(), d.db, []string{inbound.TaskFile, "receive_mail"}, 1000, time.Minute)
	d.must(err)
	for _, task := range tasks {
		d.must(d.inbound.File(d.Context(), task.ID, task.Subject))
	}
}

// end is where a mail ended.
type end struct {
	ID        int64
	State     string
	Why       string
	TicketID  *int64
	MessageID *int64
	LeftOut   []string
	Damaged   []string
	Signs     []string
}

func (d *desk) end() (e end) {
	d.Helper()
	d.must(d.db.QueryRow(d.Context(), `SELECT id, state, why, ticket_id, message_id, left_out, damaged, signs FROM inbound_mail ORDER BY id DESC LIMIT 1`).Scan(
		&e.ID, &e.State, &e.Why, &e.TicketID, &e.MessageID, &e.LeftOut, &e.Damaged, &e.Signs))
	return e
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) < 60 {
		t.Fatalf("%d samples, %v; want 60 or more", len(names), err)
	}
	d := newDesk(t)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			d := *d
			d.T = t
			_, err := d.db.Exec(t.Context(), `UPDATE message SET delivery = 'sent' WHERE id = $1`, d.reply)
			d.must(err)
			_, err = d.db.Exec(t.Context(), `UPDATE ticket SET status = 'pending', awaiting_since = NULL WHERE id = $1`, d.ana.ID)
			d.must(err)
			_, err = d.db.Exec(t.Context(), `UPDATE inbound_mail SET received_at = received_at - interval '2 days'`)
			d.must(err)
			s := d.sample(filepath.Base(name))
			d.must(d.inbound.Receive(t.Context(), s.Arrived))
			d.file()
			d.check(s)
		})
	}
}

// check compares where a mail ended with where it should.
func (d *desk) check(s sample) {
	d.Helper()
	e := d.end()
	state, rest, _ := strings.Cut(s.want["want"], " ")
	why, detail, _ := strings.Cut(rest, " ")
	if e.State != state || e.Why != why {
		d.Fatalf("ended as %s %s, want %s %s", e.State, e.Why, state, why)
	}
	if got := strings.Join(e.Signs, ", "); got != s.want["signs"] {
		d.Errorf("signs %q, want %q", got, s.want["signs"])
	}
	if got := strings.Join(e.Damaged, ", "); got != s.want["damaged"] {
		d.Errorf("damaged %q, want %q", got, s.want["damaged"])
	}
	onAnas := e.TicketID != nil && *e.TicketID == d.ana.ID
	if want := why != "new"; state == "filed" && onAnas != want {
		d.Errorf("on Ana's ticket: %v, want %v", onAnas, want)
	}
	ana, err := d.tickets.ByID(d.Context(), d.ana.ID)
	d.must(err)
	opened := why == "token" || why == "references" || why == "bounce" && detail != "acknowledgement"
	if want := map[bool]ticket.Status{true: ticket.StatusOpen, false: ticket.StatusPending}[opened]; ana.Status != want {
		d.Errorf("Ana's ticket is %s, want %s", ana.Status, want)
	}
	if why == "bounce" {
		d.checkBounce(detail)
	}
	if strings.Contains(string(s.Raw), "123-45-6789") {
		d.checkForgotten("123-45-6789", "4111 1111 1111 1111")
	}
	if e.MessageID != nil {
		d.checkMessage(s, e)
	}
}

// checkForgotten holds that nothing of the numbers is kept of a mail that was filed.
func (d *desk) checkForgotten(numbers ...string) {
	d.Helper()
	for _, number := range numbers {
		var found bool
		d.must(d.db.QueryRow(d.Context(), `
			SELECT EXISTS (SELECT FROM inbound_mail WHERE position(convert_to($1, 'UTF8') IN raw) > 0 OR position($1 IN body) > 0)
				OR EXISTS (SELECT FROM message WHERE position($1 IN body) > 0)`, number).Scan(&found))
		if found {
			d.Errorf("%s is kept", number)
		}
	}
}

func (d *desk) checkBounce(detail string) {
	d.Helper()
	events, err := d.tickets.Events(d.Context(), d.ana.ID)
	d.must(err)
	last := events[len(events)-1]
	if detail == "acknowledgement" {
		if last.Kind != ticket.EventAcknowledgementBounced {
			d.Errorf("the last event is %s", last.Kind)
		}
		return
	}
	if last.Kind != ticket.EventReplyBounced || last.Data.Reason != detail || last.Data.Message != d.reply {
		d.Errorf("the last event is %s %+v, want a bounce for %s", last.Kind, last.Data, detail)
	}
}

// whole is all of a mail's text.
func (d *desk) whole(message int64) (text string) {
	d.Helper()
	d.must(d.db.QueryRow(d.Context(), `SELECT body FROM inbound_mail WHERE message_id = $1`, message).Scan(&text))
	return text
}

// samewords reports whether a text holds the words of another, in whatever order; one that is too long for a message is cut.
func samewords(text, of string) bool {
	if len([]rune(of)) > ticket.MaxQuestion || of == "" {
		return true
	}
	got, want := strings.Fields(text), strings.Fields(of)
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

func (d *desk) checkMessage(s sample, e end) {
	d.Helper()
	thread, err := d.tickets.Thread(d.Context(), *e.TicketID)
	d.must(err)
	i := slices.IndexFunc(thread, func(m ticket.Message) bool { return m.ID == *e.MessageID })
	if want, given := s.want["text"]; given {
		if diff := cmp.Diff(want, thread[i].Body); diff != "" {
			d.Errorf("text (-want +got):\n%s", diff)
		}
	}
	if quoted := thread[i].Quoted; strings.HasPrefix(s.want["want"], "filed new") && quoted != "" {
		d.Errorf("%q is cut from a new question", quoted)
	} else if !samewords(thread[i].Body+" "+quoted, d.whole(*e.MessageID)) {
		d.Errorf("body %q and quotation %q are not the whole mail", thread[i].Body, quoted)
	}
	if want, given := s.want["files"]; given {
		var got []string
		for _, a := range thread[i].Attachments {
			got = append(got, a.Name)
		}
		for _, name := range e.LeftOut {
			got = append(got, "-"+name)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			d.Errorf("files (-want +got):\n%s", diff)
		}
	}
	t, err := d.tickets.ByID(d.Context(), *e.TicketID)
	d.must(err)
	if want := s.want["applicant"]; want != "" && want != t.ApplicantName+" <"+t.ApplicantEmail+">" {
		d.Errorf("of %s <%s>, want %s", t.ApplicantName, t.ApplicantEmail, want)
	}
	if want := s.want["subject"]; want != "" && want != t.Subject {
		d.Errorf("subject %q, want %q", t.Subject, want)
	}
	if want := s.want["language"]; want != "" {
		if t.Language != want || t.Channel != ticket.ChannelEmail || t.Category != "something-else" {
			d.Errorf("language %s, channel %s, category %s", t.Language, t.Channel, t.Category)
		}
	}
}
