package inbound

import (
	"strings"
	"testing"
)

// What a person writes is theirs, however much it looks like a quotation; what a mail program repeats of the ticket is left out, in any language.
func TestOwnWordsOfAnAnswer(t *testing.T) {
	t.Parallel()
	q := newQuoting(func(address string) bool { return strings.HasSuffix(address, "@desk.test") },
		"Where is my card? It was mailed in May.", "Your card was mailed on May 2. Please wait until Friday, then write to us again.")
	const repeated = "Your card was mailed on May 2.\nPlease wait until Friday, then write to us again."
	quoted := "> " + strings.ReplaceAll(repeated, "\n", "\n> ")
	kept := map[string]string{
		"a list of journeys":       "My trips:\nFrom: Mexico City\nTo: Houston\nDate: 3 May 2024\n\nDo I meet the rule?",
		"journeys with a purpose":  "From: Houston\nTo: Lima\nDate: May\nReturn: June\nIs that too long?",
		"what an officer wrote":    "I do not understand it.\nOn March 3, 2026 the officer wrote:\nYour form lacks page 4.\nWhat now?",
		"who wrote, in Spanish":    "El 3 de marzo el oficial escribió:\nFalta la página 4.",
		"a third person's letter":  "Is this from you?\n\nFrom: Fee Office <pay@fees.test>\nSent: Monday, November 23, 2026\nTo: Rosa <rosa@ext.test>\nSubject: Pay today\n\nPay 900 dollars.",
		"how a paper was sent":     "Here is the proof.\nSent via FedEx, tracking 7712 3344.",
		"who sent a paper":         "The form came back.\nSent from my lawyer's office on May 3.",
		"marks of the writer's":    "She told me:\n> go home and wait\nIs that right?",
		"a rule and a name":        "Thank you.\n________________________________\nRosa Vega\n5 Oak Road",
		"a forwarded mail":         "See below.\n\n---------- Forwarded message ---------\nFrom: Post <post@post.test>\nDate: May 3\nSubject: Returned\nTo: Rosa\n\nIt went back.",
		"an announcement":          "My new address as of 3 May:\n5 Oak Road, Houston",
		"a dash and a title":       "--- My questions ---\nWhen?\nWhere?",
		"all that there is quoted": quoted,
	}
	for name, text := range kept {
		if got := q.own(text); got != text {
			t.Errorf("%s: left %q of %q", name, got, text)
		}
	}
	header := func(from, sent, to, about string) string {
		return from + ": Bureau <help@desk.test>\n" + sent + ": 30.11.2026 10:00\n" + to + ": Rosa <rosa@ext.test>\n" + about + ": x\n\nold"
	}
	for name, below := range map[string]string{
		"Gmail":                "On Mon, Nov 30, 2026 at 10:00 AM Bureau <help@desk.test> wrote:\n\n" + quoted,
		"Gmail, broken":        "On Mon, Nov 30, 2026 at 10:00 AM Bureau of Arrivals <\nhelp@desk.test> wrote:\n\n> whatever",
		"Gmail in French":      "Le lun. 30 nov. 2026 à 10:00, Bureau <help@desk.test> a écrit :\n> ancien",
		"Gmail in Chinese":     "Bureau <help@desk.test> 于2026年11月30日周一 10:00写道:\n> old",
		"Gmail in Ukrainian":   "пн, 30 лист. 2026 р. о 10:00 Bureau <help@desk.test> пише:\n> old",
		"without an address":   "On 11/30/26 10:00, Bureau wrote:\n" + quoted,
		"marks alone":          quoted,
		"without marks":        "On 11/30/26 10:00, Bureau wrote:\n" + repeated,
		"Outlook":              header("From", "Sent", "To", "Subject"),
		"Outlook in German":    header("Von", "Gesendet", "An", "Betreff"),
		"Outlook in French":    header("De", "Envoyé", "À", "Objet"),
		"Outlook in Spanish":   header("De", "Enviado el", "Para", "Asunto"),
		"Outlook in Russian":   header("От", "Отправлено", "Кому", "Тема"),
		"Outlook, a rule":      "________________________________\n" + header("From", "Sent", "To", "Subject"),
		"Outlook, old":         "-----Original Message-----\n" + header("From", "Sent", "To", "Subject"),
		"Outlook, old, French": "-----Message d'origine-----\n" + header("De", "Envoyé", "À", "Objet"),
		"signed by a phone":    "Sent from my iPhone\n\n" + quoted,
	} {
		if got := q.own("Thank you.\nRosa\n\n" + below); got != "Thank you.\nRosa" {
			t.Errorf("%s: left %q", name, got)
		}
		if got := q.own("It came on 3 May.\n" + below); got != "It came on 3 May." {
			t.Errorf("%s, right below: left %q", name, got)
		}
	}
}
