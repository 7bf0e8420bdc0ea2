package seed

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// topic is what people write in one category, in one language.
type topic struct {
	subjects []string
	facts    []string // what happened
	asks     []string // what they want
	answers  []string // what an agent writes
}

// manner is what frames every text of a language.
type manner struct {
	greetings, contexts, closings []string
	thanks                        []string // an applicant's further message
	opening, ending               []string // an agent's
	more                          []string // an agent's further answer
	months                        []string
}

// wording writes the texts of one ticket.
type wording struct {
	r        *rand.Rand
	language string
	category string
	name     string
	form     string
}

func (w wording) topic() topic {
	if t, found := topics[w.language][w.category]; found {
		return t
	}
	return topics["en"][w.category]
}

func (w wording) manner() manner { return manners[w.language] }

func (w wording) subject() string { return w.fill(pick(w.r, w.topic().subjects)) }

// question is one to five sentences, sometimes in paragraphs, sometimes without a greeting, as people write them. extra is
// put in before the end.
func (w wording) question(extra string) string {
	t, m, r := w.topic(), w.manner(), w.r
	var b strings.Builder
	gap := " "
	if r.IntN(3) > 0 {
		gap = "\n\n"
	}
	if r.IntN(5) > 0 {
		b.WriteString(pick(r, m.greetings) + gap)
	}
	b.WriteString(pick(r, t.facts))
	for range r.IntN(3) {
		b.WriteString(" " + pick(r, m.contexts))
	}
	b.WriteString(gap + pick(r, t.asks))
	if extra != "" {
		b.WriteString(" " + extra)
	}
	if r.IntN(4) > 0 {
		b.WriteString(gap + pick(r, m.closings))
	}
	return w.fill(b.String())
}

func (w wording) answer() string {
	m := w.manner()
	return w.fill(pick(w.r, m.opening) + "\n\n" + pick(w.r, w.topic().answers) + "\n\n" + pick(w.r, m.ending))
}

func (w wording) further() string { return w.fill(pick(w.r, w.manner().thanks)) }

func (w wording) secondAnswer() string {
	m := w.manner()
	return w.fill(pick(w.r, m.opening) + "\n\n" + pick(w.r, m.more) + "\n\n" + pick(w.r, m.ending))
}

// fill puts words in for {slots}.
func (w wording) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		slot, after, _ := strings.Cut(rest, "}")
		b.WriteString(w.slot(slot))
		text = after
	}
}

func (w wording) slot(name string) string {
	switch name {
	case "name":
		return w.name
	case "form":
		return w.form
	case "month":
		return pick(w.r, w.manner().months)
	case "day":
		return strconv.Itoa(1 + w.r.IntN(28))
	case "weeks":
		return strconv.Itoa(2 + w.r.IntN(20))
	case "months":
		return strconv.Itoa(3 + w.r.IntN(20))
	case "office":
		return pick(w.r, offices)
	case "address":
		return strconv.Itoa(1+w.r.IntN(990)) + " " + pick(w.r, streets) + ", " + pick(w.r, towns)
	}
	panic("seed: a text has the slot " + name)
}

var manners = map[string]manner{
	"en": {
		greetings: []string{"Hello,", "Hi,", "Good morning,", "Dear support team,", "To whom it may concern,", "Hello, I hope you can help me."},
		contexts: []string{
			"I have checked the status page every day and it has not changed since {month}.", "My lawyer told me to write to you first.",
			"I called twice and waited {weeks} minutes both times.", "I already wrote about this in {month} but I can't find the answer.",
			"My employer keeps asking me.", "We moved in {month} and I told you the new address back then.", "I am writing for my mother, who does not read English well.",
			"I have all the letters here and can send copies.", "This is getting urgent because we travel in {month}.", "I filed the {form} on {month} {day}.",
		},
		closings: []string{"Thank you, {name}", "Thanks in advance!", "Thank you for your time.\n{name}", "Best regards,\n{name}", "Please help. Thank you.", "God bless,\n{name}"},
		thanks: []string{
			"Thank you for the quick answer. I will do that and write again if it does not work.", "I sent what you asked for on {month} {day}. Did it arrive?",
			"Thanks, but that does not answer my question. The letter is about my {form}, not about the other case.", "It worked, thank you so much!",
			"I tried, but the page shows the same message again.", "Thank you. Do I have to do anything else?",
		},
		opening: []string{"Hello {name},", "Dear {name},", "Hello {name},\n\nthank you for writing to us."},
		ending: []string{
			"If anything is unclear, answer this message.", "Kind regards,\nAskwell demo desk", "We hope this helps. You can answer this e-mail at any time.",
		},
		more: []string{
			"Yes, what you sent has arrived and is with your case. There is nothing else you need to do now.",
			"Sorry for the mix-up. We have looked again, at your {form} this time: it is waiting in line at the {office} office and nothing is missing.",
			"Please clear the browser's saved pages, close it, and try again. We have also reset the lock on our side.",
			"Good to hear. We close this question now; write again whenever you need to.",
		},
		months: []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	},
	"es": {
		greetings: []string{"Hola:", "Buenos días:", "Buenas tardes:", "Estimado equipo:", "Hola, espero que me puedan ayudar."},
		contexts: []string{
			"Reviso el estado todos los días y no cambia desde {month}.", "Llamé dos veces y nadie me contestó.", "Ya escribí en {month} y no he recibido respuesta.",
			"Escribo por mi mamá, que no usa computadora.", "Nos mudamos en {month} y ya avisé de la nueva dirección.", "Tengo todas las cartas aquí y puedo mandar copias.",
			"Presenté el formulario {form} el {day} de {month}.", "Mi patrón me pide el documento cada semana.",
		},
		closings: []string{"Muchas gracias, {name}", "Gracias por su ayuda.", "De antemano, gracias.\n{name}", "Quedo atento a su respuesta.\n{name}", "Dios los bendiga."},
		thanks: []string{
			"Gracias por contestar tan rápido. Lo voy a hacer y les aviso.", "Mandé lo que me pidieron el {day} de {month}. ¿Ya llegó?",
			"Gracias, pero mi pregunta es sobre el {form}, no sobre el otro caso.", "¡Ya funcionó, muchas gracias!", "Lo intenté, pero sale el mismo mensaje.",
		},
		opening: []string{"Hola, {name}:", "Estimado/a {name}:", "Hola, {name}:\n\ngracias por escribirnos."},
		ending:  []string{"Si algo no queda claro, responda a este mensaje.", "Saludos cordiales,\nMesa de ayuda de la demostración", "Puede responder a este correo en cualquier momento."},
		more: []string{
			"Sí, lo que mandó ya llegó y está con su caso. Por ahora no tiene que hacer nada más.",
			"Disculpe la confusión. Revisamos otra vez su {form}: está en turno en la oficina de {office} y no falta nada.",
			"Cierre el navegador, ábralo de nuevo y vuelva a intentarlo. También quitamos el bloqueo de nuestro lado.",
			"Nos alegra. Cerramos esta pregunta; escríbanos cuando lo necesite.",
		},
		months: []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
	},
}

// notes are what agents tell one another.
var notes = []string{
	"Called the {office} office; they will look for the file tomorrow.", "Same question as last month, see the other ticket of this applicant.",
	"Spoke to the applicant on the phone. Very upset, please answer today.", "Checked the case history: the notice went out, but to the old address.",
	"Waiting for the mail room.", "The letter in the file is legible only in part. Asked for a better copy.", "Not sure which account this belongs to. The dates fit, the name is spelled another way.",
	"Handed over from the night shift; nothing was sent yet.",
}

// advertising is what ends up in quarantine.
var advertising = [][2]string{
	{"First page of search results guaranteed", "Dear owner, we looked at your website and found 37 errors. Our team brings you to the first page in 14 days. Reply with your phone number for an offer."},
	{"RE: invoice overdue", "Please find the invoice in the link below and settle it today to avoid fees."},
	{"Cheap office chairs", "We deliver ergonomic chairs at factory prices to agencies like yours. Minimum order 40 pieces."},
	{"Loan approved!!!", "Congratulations, your loan of 50,000 is approved without any check. Answer now to receive the money today."},
}
