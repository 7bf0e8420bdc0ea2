package identifier

import (
	"regexp"
	"slices"
	"strings"
)

// MaskSensitive replaces Social Security numbers, taxpayer numbers and payment cards in free text by Marker and tells
// which kinds it found, each once, in order of appearance; nil when there are none. All other bytes stay as they are.
//
// A Social Security number is three, two and four digits with separators, of an area, group and serial that exist (not
// 000, 666 or 900 to 999; not 00; not 0000), or nine digits right after words that name it. A taxpayer number has the
// same shape, begins with 9 and has a middle that the tax office issues. A card has 13 to 19 digits that pass Luhn and
// begin and end as an issuer's do, in one run or grouped as cards are printed. Numbers in longer numbers and after a +
// are left alone, and so is a card's in one run inside a web or email address: the identifiers of pages look like it.
func MaskSensitive(text string) (masked string, kinds []Kind) {
	f := foldText(text)
	groups := digitGroups(f)
	found := make([]sensitive, 0, 4)
	taken := make([]bool, len(groups))
	// Cards first: a 3-2-4 next to a card is no longer part of a longer number once the card is out.
	for _, find := range []func(foldedText, []group, []bool, int) (int, Kind){cardAt, ssnAt} {
		for i := range groups {
			if n, kind := find(f, groups, taken, i); n > 0 {
				found = append(found, sensitive{groups[i].start, groups[i+n-1].end, kind})
				for j := i; j < i+n; j++ {
					taken[j] = true
				}
			}
		}
	}
	if len(found) == 0 {
		return text, nil
	}
	slices.SortFunc(found, func(a, b sensitive) int { return a.start - b.start })
	var out strings.Builder
	done := 0
	for _, s := range found {
		out.WriteString(text[done:f.at[s.start]])
		out.WriteString(Marker)
		done = f.at[s.start] + len(f.original(s.start, s.end))
		if !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
	}
	out.WriteString(text[done:])
	return out.String(), kinds
}

type sensitive struct {
	start, end int
	kind       Kind
}

// ssnAt tells how many groups from i on are a Social Security or taxpayer number, 0 when they are none.
func ssnAt(f foldedText, groups []group, taken []bool, i int) (int, Kind) {
	n := 0
	switch {
	case i+2 < len(groups) && groups[i].size() == 3 && groups[i+1].size() == 2 && groups[i+2].size() == 4 &&
		ssnJoint(groups[i].joint) && ssnJoint(groups[i+1].joint):
		n = 3
	case groups[i].size() == 9 && ssnNamed(f, groups[i].start):
		n = 1
	default:
		return 0, ""
	}
	for j := i; j < i+n; j++ {
		if taken[j] {
			return 0, ""
		}
	}
	kind := ssnKind(f.digitsOf(groups[i : i+n]))
	last := groups[i+n-1]
	switch {
	case kind == "",
		i > 0 && !taken[i-1] && tight(groups[i-1].joint),
		tight(last.joint) && !taken[i+n],
		partOfWord(f, groups[i].start, f.inLink(groups[i].start, last.end)), afterPlus(f, groups, i):
		return 0, ""
	}
	return n, kind
}

func ssnJoint(joint byte) bool {
	return joint == '-' || joint == ' ' || joint == '.' || joint == '/' || joint == '_'
}

// ssnKind tells which of the two a nine-digit number could be, "" when neither. Areas: Social Security Administration,
// number randomization (2011); middles of taxpayer numbers: IRS Publication 4757.
func ssnKind(nine string) Kind {
	area, middle, serial := nine[:3], nine[3:5], nine[5:]
	switch {
	case area[0] == '9' && (middle >= "50" && middle <= "65" || middle >= "70" && middle <= "88" ||
		middle >= "90" && middle <= "92" || middle >= "94"):
		return KindITIN
	case area[0] == '9', area == "000", area == "666", middle == "00", serial == "0000":
		return ""
	}
	return KindSSN
}

// ssnName ends at a bare nine-digit number that its writer calls a Social Security number.
var ssnName = regexp.MustCompile(`(?:\bssn|\bss ?#|social security|seguro social|\bsocial)` +
	`(?:[ :#=().,-]|\bis\b|\bes\b|\bnumber\b|\bnum\b|\bno\b|\bnumero\b|\bcard\b|\bwas\b)*$`)

func ssnNamed(f foldedText, start int) bool {
	return ssnName.Match(f.fold[max(0, start-40):start])
}

// partOfWord reports whether letters run into the number, as in an order code; "SSN" and "card" may, and inside a web or email address every
// word but the A of an A-Number.
func partOfWord(f foldedText, start int, inLink bool) bool {
	from := start
	for from > 0 && start-from < 12 && isLetter(f.fold[from-1]) {
		from--
	}
	switch string(f.fold[from:start]) {
	case "ssn", "ss", "social", "card", "visa", "mastercard", "amex", "tarjeta", "number", "numero", "is", "es":
		return false
	case "":
		// "A 123-45-6789" and "A-123-45-6789" are A-Numbers in an odd grouping.
		return start >= 2 && f.fold[start-2] == 'a' && (f.fold[start-1] == '-' || f.fold[start-1] == '#') &&
			(start == 2 || !isLetter(f.fold[start-3]))
	}
	return !inLink || start-from == 1
}

// afterPlus reports whether the number, or the chain of groups it stands in, begins with +, as telephone numbers do.
func afterPlus(f foldedText, groups []group, i int) bool {
	for steps := 0; i > 0 && groups[i-1].joint != 0 && steps < 8; steps++ {
		i--
	}
	start := groups[i].start
	return start > 0 && f.fold[start-1] == '+' || start > 1 && f.fold[start-1] == '(' && f.fold[start-2] == '+'
}
