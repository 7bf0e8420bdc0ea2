package inbound

import (
	"regexp"
	"strings"
)

// The lines that mail programs put before what they quote, in English and Spanish: Gmail, Apple Mail, Yahoo, Thunderbird, Outlook and
// those of phones. An attribution may be broken over three lines.
var (
	attribution = regexp.MustCompile(`(?is)^(on\s.{4,250}?\swrote\s*:|(el|en)\s.{4,250}?\sescribi[oó]\s*:|le\s.{4,250}?\sa\sécrit\s*:|` +
		`[^\n]{1,120}<[^<>\s]+@[^<>\s]+>\s(wrote|escribi[oó])\s*:)$`)
	attributionBegins = regexp.MustCompile(`(?i)^(on|el|en|le)\s.*\d|<[^<>\s]+@[^<>\s]+>\s(wrote|escribi[oó])\s*:`)
	original          = regexp.MustCompile(`(?i)^[-_ ]{2,}\s*(original message|original appointment|mensaje original|reply message|mensaje de respuesta)\s*[-_ ]*$`)
	headerFrom        = regexp.MustCompile(`(?i)^\*?(from|de)\s?:\*?\s`)
	headerOther       = regexp.MustCompile(`(?i)^\*?(sent|date|enviado|enviado el|fecha|to|para|cc|subject|asunto)\s?:\*?`)
	forward           = regexp.MustCompile(`(?i)^([-_ ]{2,}\s*(forwarded message|mensaje reenviado)|begin forwarded message|inicio del mensaje reenviado)`)
	rule              = regexp.MustCompile(`^[_-]{20,}$`)
	signature         = regexp.MustCompile(`(?i)^(sent from (my |yahoo|mail|outlook|gmail|samsung|proton|aol)|sent via |get outlook for |enviado desde (mi|yahoo|correo|outlook|gmail)|obt[eé]n(er)? outlook para |` +
		`sent with |enviado con |descargar outlook|yahoo mail: )`)
)

// trimmed is a mail's own text: what was quoted below it is left out, and so is what a phone puts at the end. A text that answers
// between the lines of the quoted mail stays whole, as it says nothing without them; and so does one that would be empty.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	end, resume := len(lines), -1
	for i := range lines {
		size, found := quoteBegins(lines, i)
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
		below := strings.Join(lines[resume:], "\n")
		if strings.TrimSpace(strings.Join(lines[:end], "")) != "" || hasQuote(lines[resume:]) {
			return strings.TrimSpace(text) // answered between the lines
		}
		return unsigned(below)
	}
	if own := unsigned(strings.Join(lines[:end], "\n")); own != "" {
		return own
	}
	return strings.TrimSpace(text)
}

// quoteBegins reports whether what is quoted begins at a line, and over how many lines it is introduced.
func quoteBegins(lines []string, i int) (size int, found bool) {
	line := strings.TrimSpace(lines[i])
	bare := strings.TrimSpace(strings.TrimLeft(line, "> "))
	switch {
	case line == "" || forward.MatchString(bare):
		return 0, false
	case original.MatchString(bare):
		return 1, true
	case headerFrom.MatchString(line) && headersFollow(lines, i+1) && !forwardedAbove(lines, i):
		return 1, true
	case rule.MatchString(line) && i+1 < len(lines) && headerFrom.MatchString(strings.TrimSpace(nextLine(lines, i+1))):
		return 1, true
	case strings.HasPrefix(line, ">"):
		if forward.MatchString(bare) {
			return 0, false
		}
		return 0, true
	case attributionBegins.MatchString(bare):
		joined := bare
		for n := 1; n <= 3; n++ {
			if attribution.MatchString(joined) {
				return n, true
			}
			if i+n >= len(lines) {
				break
			}
			joined += " " + strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(lines[i+n]), "> "))
		}
	}
	return 0, false
}

func nextLine(lines []string, i int) string {
	for ; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) != "" {
			return lines[i]
		}
	}
	return ""
}

func headersFollow(lines []string, i int) bool {
	n := 0
	for ; i < len(lines) && i >= 0 && n < 2; i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		if !headerOther.MatchString(line) {
			return false
		}
		n++
	}
	return n >= 2
}

// forwardedAbove spares the header of a forwarded mail: there the rest is what the sender wants to show.
func forwardedAbove(lines []string, i int) bool {
	for n := i - 1; n >= 0 && n >= i-3; n-- {
		if forward.MatchString(strings.TrimSpace(lines[n])) {
			return true
		}
	}
	return false
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
