package inbound_test

import (
	"testing"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/ticket"
)

// state is where the one mail with this text ended.
func (d *desk) state(text string) (state inbound.State, why inbound.Why) {
	d.Helper()
	d.must(d.db.QueryRow(d.Context(), `SELECT state, why FROM inbound_mail WHERE body LIKE $1 || '%'`, text).Scan(&state, &why))
	return state, why
}

func (d *desk) writes(from, text string) {
	d.Helper()
	raw := "From: <" + from + ">\r\nTo: " + d.replies.For(d.ana.Reference) + "\r\nSubject: Re: card\r\nMessage-ID: <" + text + "@mail.example>\r\n\r\n" + text + "\r\n"
	d.must(d.inbound.Receive(d.Context(), inbound.Arrived{Source: "smtp", Raw: []byte(raw)}))
	d.file()
}

// A ticket that follows its account takes the mail of the account's present address. One from the former address is a stranger's, a reply
// that went there before does not help.
func TestMailOfAFormerAddressIsAStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var owner int64
	d.must(d.db.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ('163920702842', 'Ana Núñez', '{ana,nunez}', 'ana@mail.example') RETURNING id`).Scan(&owner))
	_, err := d.db.Exec(t.Context(), `UPDATE ticket SET account_id = $1, link_state = 'corroborated'`, owner)
	d.must(err)
	d.writes("ana@mail.example", "before")
	_, err = d.db.Exec(t.Context(), `UPDATE account SET email = 'ana.nueva@mail.example'`)
	d.must(err)
	d.writes("ana@mail.example", "former")
	d.writes("ANA.NUEVA@mail.example", "present")
	for text, want := range map[string]inbound.Why{"before": inbound.WhyToken, "former": inbound.WhyOtherSender, "present": inbound.WhyToken} {
		if state, why := d.state(text); why != want {
			t.Errorf("%s: %s, %s, want %s", text, state, why, want)
		}
	}
	thread, err := d.tickets.Thread(t.Context(), d.ana.ID)
	d.must(err)
	if last := thread[len(thread)-1]; len(thread) != 4 || last.Body != "present" || last.Kind != ticket.KindApplicant {
		t.Errorf("the thread has %d messages, the last is %q", len(thread), last.Body)
	}
}
