package inbound_test

import (
	"net"
	"net/textproto"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/ticket"
)

// A mail to the addresses of two tickets is a message of each, whichever way a server delivers it, and however often.
func TestAMailToTwoTicketsIsAMessageOfEach(t *testing.T) {
	t.Parallel()
	for name, deliver := range map[string]func(d *desk, first, second string, raw []byte){
		"in one delivery": func(d *desk, first, second string, raw []byte) { d.receive(raw, first, second) },
		"one after the other": func(d *desk, first, second string, raw []byte) {
			d.receive(raw, first)
			d.file()
			d.receive(raw, second)
		},
		"by its header alone": func(d *desk, _, _ string, raw []byte) { d.receive(raw) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			other, err := d.tickets.Open(t.Context(), ticket.Inquiry{
				Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Number: identifier.Read(""),
				Name: "Ana Núñez", Email: "ana@mail.example", Subject: "And my passport?", Question: "It was mailed in June.", Token: [16]byte{2},
			})
			d.must(err)
			first, second := d.replies.For(d.ana.Reference), d.replies.For(other.Reference)
			raw := []byte("From: Ana <ana@mail.example>\r\nTo: " + first + ",\r\n " + second + "\r\nSubject: Both\r\nMessage-ID: <both@mail.example>\r\n\r\nBoth have come.\r\n")
			for range 2 {
				deliver(d, first, second, raw)
				d.file()
			}
			var n, tickets int
			d.must(d.db.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT ticket_id) FROM message WHERE kind = 'applicant' AND body = 'Both have come.'`).Scan(&n, &tickets))
			if n != 2 || tickets != 2 {
				t.Errorf("%d messages of %d tickets, want one of each", n, tickets)
			}
		})
	}
}

func (d *desk) receive(raw []byte, recipients ...string) {
	d.Helper()
	d.must(d.inbound.Receive(d.Context(), inbound.Arrived{Source: "smtp", Raw: raw, Recipients: recipients}))
}

// One address holds 20 connections, whether they have said a word or not; those that are closed make room.
func TestOneAddressHoldsSoManyConnections(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	address, _ := d.listen()
	var open []net.Conn
	greeting := func() (int, *textproto.Conn) {
		c, err := net.Dial("tcp", address)
		d.must(err)
		open = append(open, c)
		text := textproto.NewConn(c)
		code, _, err := text.ReadCodeLine(0)
		d.must(err)
		return code, text
	}
	for i := range 20 {
		if code, _ := greeting(); code != 220 {
			t.Fatalf("connection %d is greeted with %d", i+1, code)
		}
	}
	if code, _ := greeting(); code != 421 {
		t.Errorf("one too many is greeted with %d, want 421", code)
	}
	d.must(open[0].Close())
	for deadline := time.Now().Add(20 * time.Second); ; {
		if code, _ := greeting(); code == 220 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place that was given back stays taken")
		}
	}
	for _, c := range open {
		c.Close()
	}
}
