package identifier

import (
	"regexp"
	"strings"
)

// written are the identifiers that people write in several ways, as they stand in a text: A-Numbers, receipt numbers, and twelve digits in groups.
var written = regexp.MustCompile(`(?i)\b(?:A(?:lien)?[ \t]?(?:#|no\.?|number)?[ \t:.#-]{0,2}[0-9](?:[ .-]?[0-9]){6,8}|(?:IOE|EAC|VSC|WAC|CSC|LIN|NSC|SRC|TSC|MSC|NBC|YSC)[ -]?[0-9](?:[ .-]?[0-9]){9}|[0-9](?:[ .-]?[0-9]){11})\b`)

var (
	goesOn    = regexp.MustCompile(`^[ .-]?[0-9]`)
	comesFrom = regexp.MustCompile(`[0-9][ .-]?$`)
)

// Spelled is an identifier in a text: where it stands, in bytes, and its canonical form.
type Spelled struct {
	Start, End int
	Normal     string
}

// SpelledIn finds the A-Numbers, receipt numbers and numbers of twelve digits of a text, however they are grouped, in their order. None is checked
// against anything: it is for searching, where one spelling is to find the others.
func SpelledIn(text string) []Spelled {
	var all []Spelled
	for _, at := range written.FindAllStringIndex(text, -1) {
		if goesOn.MatchString(text[at[1]:]) || comesFrom.MatchString(text[max(0, at[0]-2):at[0]]) {
			continue // part of a longer number
		}
		normal := Normalize(text[at[0]:at[1]])
		if strings.HasPrefix(normal, "A") {
			normal = "A" + strings.TrimLeft(normal, "ABEILMNORU")
		}
		all = append(all, Spelled{at[0], at[1], normal})
	}
	return all
}
