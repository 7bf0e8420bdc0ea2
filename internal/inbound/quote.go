package inbound

import (
	"regexp"
	"strings"
	"unicode"
)

// quoting tells what of an answer repeats earlier mails. Only an answer has any: a new question is never cut. What introduces a quotation in one
// language is a sentence in another, so the words alone decide nothing: it is an address of ours, the header of a mail, or our own text below.
type quoting struct {
	sent string                    // what was written on the ticket last, as words with one blank between and around them
	runs map[string]bool           // every repeatedRun words in a row of it
	ours func(address string) bool // whether an address is no third person's
}

func newQuoting(ours func(string) bool, written ...string) quoting {
	var words []string
	for _, text := range written {
		words = append(words, wordsOf(text)...)
	}
	words = words[max(0, len(words)-mostSent):]
	q := quoting{sent: " " + strings.Join(words, " ") + " ", runs: map[string]bool{}, ours: ours}
	for i := 0; i+repeatedRun <= len(words); i++ {
		q.runs[strings.Join(words[i:i+repeatedRun], " ")] = true
	}
	return q
}

// wordsOf are the words of a text in lower case, without signs: mail programs break lines and change quotation marks.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

var (
	headerField = regexp.MustCompile(`^\*{0,2}(\pL[\pL .-]{0,20}?)\s?:\*{0,2}\s*(.*)$`)
	original    = regexp.MustCompile(`^[-_ ]{2,}[^-_\n]{3,40}[-_ ]{2,}$`)
	forward     = regexp.MustCompile(`(?i)^([-_ ]{2,}\s*(forwarded message|mensaje reenviado)|begin forwarded message|inicio del mensaje reenviado)`)
	rule        = regexp.MustCompile(`^[_-]{20,}$`)
	signature   = regexp.MustCompile(`(?i)^((sent (from|via|with)|enviado (desde|con)) ((my|mi) )?(iphone|ipad|android|samsung|galaxy|pixel|huawei|xiaomi|redmi|motorola|moto|nokia|oneplus|oppo|lg|zte|` +
		`blackberry|mobile|phone|tablet|mac|windows|verizon|t-mobile|m[oó]vil|celular|tel[eé]fono|yahoo|mail for|correo|outlook|gmail|aol|proton)\b[^.!?\n]{0,60}|` +
		`(get|obt[eé]n(er)?|descargar) outlook (for|para) .{1,60}|yahoo mail: .{1,60})\.?$`)
)

// The names that mail programs give to the fields of a mail that they quote.
var (
	fromNames    = set("from", "de", "von", "da", "van", "från", "fra", "od", "от", "від", "lähettäjä", "kimden", "发件人", "寄件者", "差出人", "보낸 사람")
	subjectNames = set("subject", "asunto", "betreff", "objet", "oggetto", "onderwerp", "assunto", "ämne", "emne", "temat", "předmět", "тема", "aihe", "konu", "主题", "主旨", "件名", "제목")
)

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// own is an answer's own text: what it repeats below is left out, and so is what a phone puts at the end. A text that answers between the lines
// of the quoted mail stays whole, as it says nothing without them; and so does one that would be empty.
func (q quoting) own(text string) string {
	lines := strings.Split(text, "\n")
	end, resume := len(lines), -1
	for i := range lines {
		size, found := q.begins(lines, i)
		if !found {
			continue
		}
		end = i
		if rest := afterQuote(lines, i+size); rest >= 0 {
			resume = rest
		}
		break
	}
	if resume >= 0 {
		if strings.TrimSpace(strings.Join(lines[:end], "")) != "" || hasQuote(lines[resume:]) {
			return strings.TrimSpace(text) // answered between the lines
		}
		return unsigned(strings.Join(lines[resume:], "\n"))
	}
	if own := unsigned(strings.Join(lines[:end], "\n")); own != "" {
		return own
	}
	return strings.TrimSpace(text)
}

// begins reports whether a quotation begins at a line, and over how many lines it is introduced.
func (q quoting) begins(lines []string, i int) (size int, found bool) {
	line := bareLine(lines[i])
	switch {
	case strings.TrimSpace(lines[i]) == "" || forward.MatchString(line):
		return 0, false
	case rule.MatchString(line) || original.MatchString(line):
		next := nextFilled(lines, i+1)
		return 1, q.headers(lines, next) || q.repeats(lines[next:])
	case q.headers(lines, i):
		return 1, i == 0 || !forward.MatchString(bareLine(lines[lastFilled(lines, i-1)]))
	case strings.HasPrefix(strings.TrimSpace(lines[i]), ">"):
		return 0, q.repeats(lines[i:])
	}
	return q.attribution(lines, i)
}

// attribution is what stands before a quotation in any language: a line that ends with a colon, or one that is broken over three, with a day and
// mostly an address. A line of the writer's own that stands right above it is none of it.
func (q quoting) attribution(lines []string, i int) (size int, found bool) {
	joined, below := bareLine(lines[i]), ""
	for n := 1; n <= 3 && len(joined) < 300; n++ {
		if strings.HasSuffix(joined, ":") {
			day := dated(lines[i]) && !dated(below)
			return n, (n == 1 || day) && q.named(joined) || day && q.repeats(lines[i+n:])
		}
		if i+n >= len(lines) || strings.TrimSpace(lines[i+n]) == "" {
			break
		}
		below += " " + bareLine(lines[i+n])
		joined = bareLine(lines[i]) + below
	}
	return 0, false
}

// dated reports whether a line holds a number outside of an address.
func dated(line string) bool {
	return strings.ContainsFunc(addressShape.ReplaceAllString(line, ""), unicode.IsNumber)
}

// named reports whether a line names an address of ours, or of whoever writes.
func (q quoting) named(line string) bool {
	for _, address := range addressesIn(line) {
		if q.ours(address) {
			return true
		}
	}
	return false
}

// headers reports whether the header of a mail stands here that is not a third person's: three fields or more, with who wrote it and about what.
func (q quoting) headers(lines []string, i int) bool {
	fields, from, about := 0, false, false
	for end := min(i+20, len(lines)); i < end; i++ {
		line := bareLine(lines[i])
		f := headerField.FindStringSubmatch(line)
		if f == nil && fields > 0 && (line == "" || len(addressesIn(line)) > 0) {
			continue // a list of recipients that is broken
		}
		if f == nil {
			break
		}
		switch name := strings.ToLower(f[1]); {
		case fromNames[name]:
			if fields > 0 && from || len(addressesIn(f[2])) > 0 && !q.named(f[2]) {
				return false
			}
			from = true
		case subjectNames[name]:
			about = true
		}
		fields++
		if fields == 1 && !from {
			return false // who wrote it comes first
		}
	}
	return fields >= 3 && from && about
}

const (
	repeatedRun = 6       // words in a row that are no chance
	repeatedIn  = 60      // words of a quotation that are looked at, on as many lines
	mostSent    = 100_000 // words of a ticket that a quotation is looked for in
)

// repeats reports whether what begins here was written on the ticket before.
func (q quoting) repeats(lines []string) bool {
	var words []string
	for _, line := range lines[:min(len(lines), repeatedIn)] {
		if words = append(words, wordsOf(line)...); len(words) >= repeatedIn {
			break
		}
	}
	words = words[:min(len(words), repeatedIn)]
	if len(words) < repeatedRun {
		return len(words) >= 3 && strings.Contains(q.sent, " "+strings.Join(words, " ")+" ")
	}
	for i := 0; i+repeatedRun <= len(words); i++ {
		if q.runs[strings.Join(words[i:i+repeatedRun], " ")] {
			return true
		}
	}
	return false
}

// bareLine is a line without the marks of a quotation.
func bareLine(line string) string {
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "> "))
}

func nextFilled(lines []string, i int) int {
	for i < len(lines) && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	return min(i, len(lines))
}

func lastFilled(lines []string, i int) int {
	for i > 0 && strings.TrimSpace(lines[i]) == "" {
		i--
	}
	return i
}

// afterQuote gives the first line after a block of lines with >, -1 when nothing follows, or the quoted lines are not marked.
func afterQuote(lines []string, i int) int {
	marked := false
	for ; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch {
		case strings.HasPrefix(line, ">"):
			marked = true
		case line == "":
		case !marked || signature.MatchString(line) || line == "--":
			return -1
		default:
			return i
		}
	}
	return -1
}

func hasQuote(lines []string) bool {
	for _, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			return true
		}
	}
	return false
}

// unsigned leaves out what a phone or a program puts at the end. The name that a person puts there stays.
func unsigned(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for len(lines) > 0 {
		last := strings.TrimSpace(lines[len(lines)-1])
		if last != "" && last != "--" && !rule.MatchString(last) && !signature.MatchString(last) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
