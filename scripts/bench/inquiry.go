package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/askwell/askwell/internal/identifier"
)

// question is as long as people's questions are: 900 characters.
const question = `Hello, I am writing about my application to replace my permanent resident card. I sent the form and paid ` +
	`the fee in the spring, and I got a notice that said it was received and that I would hear from you about fingerprints. ` +
	`I went to the appointment at the office in the city and the person there told me that everything was fine and that the ` +
	`card would come in the mail within a few weeks. That was more than four months ago and nothing has come. I moved to a new ` +
	`apartment during that time, but I filed a change of address on the website the same week, and other mail from you did ` +
	`arrive at the new place, so I do not think that it is lost. My employer now asks me for a valid card and my old one ` +
	`expires soon. I also need to travel to see my mother, who is ill. Could you please tell me whether the card was produced ` +
	`and where it was sent, and what I should do if it cannot be found? Thank you very much.`

var (
	firstNames = []string{"Ana Sofia", "Luis", "Mei", "Olena", "Ahmed", "Fatima", "João", "Priya", "Thanh", "Marie-Claire", "Kofi", "Ximena"}
	lastNames  = []string{"Hernández", "Okafor", "Nguyen", "Kowalska", "Al-Masri", "Da Silva", "Sharma", "Petrenko", "Jean-Baptiste", "Kim", "Reyes"}
	subjects   = []string{
		"My card has not come after four months", "Question about my new permanent resident card", "Card lost in the mail?",
		"I moved and my card did not arrive", "How long until my card is produced",
	}
)

// applicantAccount is an account that inquiries name.
type applicantAccount struct{ number, name, email string }

// addAccounts gives the desk accounts, as an agency would: from a file.
func (b *bench) addAccounts(ctx context.Context, d *desk) ([]applicantAccount, error) {
	source := newRandom(7)
	var accounts []applicantAccount
	path := filepath.Join(b.dir, "accounts.csv")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	w := csv.NewWriter(file)
	rows := [][]string{{"number", "name", "email"}}
	for i := range 2000 {
		number, err := identifier.NewAccountNumber(source)
		if err != nil {
			return nil, err
		}
		a := applicantAccount{number: number, name: personName(i), email: fmt.Sprintf("account%d@example.org", i)}
		accounts, rows = append(accounts, a), append(rows, []string{a.number, a.name, a.email})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return accounts, d.askwell(ctx, "", "import", "accounts", path)
}

// newRandom gives the same bytes in every run.
func newRandom(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func personName(i int) string {
	return firstNames[i%len(firstNames)] + " " + lastNames[i/len(firstNames)%len(lastNames)]
}

const boundary = "----AskwellBenchFormBoundary7MA4YWxk"

// sender fills in the form and sends it, as a browser does: every field, the file chooser left empty.
type sender struct {
	*client
	accounts []applicantAccount
	count    *atomic.Int64 // shared by all senders
	body     []byte
}

// sent is an inquiry that was accepted.
type sent struct {
	answer
	reference string
}

// inquire sends an inquiry, every second one with a number. word, if any, is added to the subject.
func (s *sender) inquire(ctx context.Context, token, word string) (sent, error) {
	s.fill(token, word)
	a, err := s.send(ctx, http.MethodPost, "/inquiries", "multipart/form-data; boundary="+boundary, s.body)
	if err != nil {
		return sent{}, err
	}
	if a.status != http.StatusSeeOther {
		return sent{}, fmt.Errorf("POST /inquiries answered %d:\n%.600s", a.status, a.body)
	}
	reference := a.location[strings.LastIndexByte(a.location, '/')+1:]
	reference, _, _ = strings.Cut(reference, "?")
	return sent{a, reference}, nil
}

// fill writes the next inquiry's form into body.
func (s *sender) fill(token, word string) {
	n := s.count.Add(1)
	number, name, email := "", personName(int(n)), "applicant"+strconv.FormatInt(n, 10)+"@example.org"
	if n%2 == 0 || word != "" {
		a := s.accounts[int(n)%len(s.accounts)]
		number, name, email = a.number, a.name, a.email
	}
	subject := subjects[int(n)%len(subjects)]
	if word != "" {
		subject += " " + word
	}
	s.body = s.body[:0]
	for _, field := range [...][2]string{
		{"form_token", token}, {"category", "card-not-received"}, {"account_number", number}, {"name", name}, {"email", email},
		{"subject", subject}, {"question", question}, {"homepage", ""},
	} {
		s.part(field[0], field[1])
	}
	s.body = append(s.body, "--"+boundary+"\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"\"\r\n"+
		"Content-Type: application/octet-stream\r\n\r\n\r\n--"+boundary+"--\r\n"...)
}

func (s *sender) part(name, value string) {
	s.body = append(s.body, "--"+boundary+"\r\nContent-Disposition: form-data; name=\""...)
	s.body = append(s.body, name...)
	s.body = append(s.body, "\"\r\n\r\n"...)
	s.body = append(s.body, value...)
	s.body = append(s.body, "\r\n"...)
}
