package identifier

import (
	"regexp"
	"slices"
)

// FindInText looks for the applicant's account number in free text (a subject, a question, an e-mail): twelve digits
// with right check digits, in one run or grouped, joined by blanks, dashes, dots, slashes or underlines, in any script's
// digits; never a part of a longer number, of an address or of a code, nor what the words before it call a bank account,
// telephone or tracking number. Groupings other than 12, 6-6, 4-4-4, 3-3-3-3, 2-2-2-2-2-2 and 10-2 count only beside
// words such as "account number" or "número de cuenta".
//
// When several different numbers qualify, those best named as the writer's account number win, and somebody else's
// ("my wife's account number") come last. If more than one is left, nothing says whose is whose, and the reading is
// honest about it: KindUnusable, Normal empty, CheckDigitsOK true, Candidates holding all of them in order, and GroupWith,
// because a number was given. Without any the reading is KindNone, GroupWithout.
func FindInText(texts ...string) Reading {
	var hits []hit
	for _, text := range texts {
		hits = append(hits, accountNumbersIn(foldText(text))...)
	}
	if len(hits) == 0 {
		return Reading{Kind: KindNone, Group: GroupWithout}
	}
	best := slices.MaxFunc(hits, func(a, b hit) int { return a.score - b.score }).score
	var numbers []string
	var first hit
	for _, h := range hits {
		if h.score != best || slices.Contains(numbers, h.number) {
			continue
		}
		if numbers = append(numbers, h.number); len(numbers) == 1 {
			first = h
		}
	}
	reading := Reading{
		Given: clip(first.given), Looks: []Kind{KindAccountNumber}, CheckDigitsOK: true, InText: true, Group: GroupWith,
	}
	if len(numbers) > 1 {
		reading.Kind, reading.Candidates = KindUnusable, numbers
		return reading
	}
	reading.Kind, reading.Normal = KindAccountNumber, first.number
	return reading
}

// hit is a valid account number in a text; the higher the score, the clearer that it is the writer's.
type hit struct {
	number, given string
	score         int
}

const (
	scoreNumber  = 1 // "my number is", "#"
	scoreAccount = 2 // an account is spoken of
	scoreNamed   = 3 // "account number"
	scoreOther   = -5
)

// weighedMost is how many valid numbers of one text are weighed: more are a list, not a question, and nobody's in particular.
const weighedMost = 64

func accountNumbersIn(f foldedText) []hit {
	var hits []hit
	groups := digitGroups(f)
	after, weighed := 0, 0 // where the words about the next number begin; how many were looked at closely
	for i := 0; i < len(groups) && weighed < weighedMost; i++ {
		n := windowAt(groups, i)
		if n == 0 {
			continue
		}
		window := groups[i : i+n]
		number := f.digitsOf(window)
		if !ValidAccountNumber(number) {
			continue
		}
		weighed++
		start, end := window[0].start, window[n-1].end
		score, foreign := f.score(after, start, end)
		if len(hits) > 0 && listJoint.Match(f.fold[after:start]) {
			score, foreign = hits[len(hits)-1].score, false
		}
		named := score >= scoreAccount || score < 0
		if foreign || !named && !usualGrouping(window) || !standsAlone(f, groups, i, n, named) {
			continue
		}
		hits = append(hits, hit{number: number, given: f.original(start, end), score: score})
		after = end
		i += n - 1
	}
	return hits
}

// windowAt tells how many groups from i on hold twelve digits together, 0 when no number of them does.
func windowAt(groups []group, i int) int {
	digits := 0
	for n := 1; n <= 6 && i+n <= len(groups); n++ {
		digits += groups[i+n-1].size()
		switch {
		case digits == 12:
			return n
		case digits > 12, groups[i+n-1].joint == 0, groups[i+n-1].joint == ',':
			return 0
		}
	}
	return 0
}

// usualGrouping reports whether a window is grouped as account numbers are printed, all groups joined alike in one line.
func usualGrouping(window []group) bool {
	joint := window[0].joint
	for _, g := range window[:len(window)-1] {
		if g.joint != joint || joint == '\n' || g.size() != window[0].size() {
			return false
		}
	}
	last := window[len(window)-1].size()
	return last == window[0].size() || len(window) == 2 && window[0].size() == 10
}

// standsAlone reports whether a window of n groups from i on is a number by itself: not the middle of a longer one, of a
// code, a sum of money, a telephone number or an address. Words that name it excuse what only looks like a code.
func standsAlone(f foldedText, groups []group, i, n int, named bool) bool {
	window := groups[i : i+n]
	if i > 0 && runsOn(groups[i-1], groups[i-1].joint, window) {
		return false
	}
	if i+n < len(groups) && runsOn(groups[i+n], window[n-1].joint, window) {
		return false
	}
	start, end := window[0].start, window[n-1].end
	if f.inLink(start, end) {
		return false
	}
	if start > 0 {
		switch b := f.fold[start-1]; {
		case b == '+' || b == '$' || b == '%' || b == '&' || b == '~' || b == '\\' || isLetter(b):
			return false
		case b == '=' || b == '/' || b == '_':
			return named
		case b == '-' && start > 1 && isLetter(f.fold[start-2]):
			return named
		}
	}
	if end < len(f.fold) {
		switch b := f.fold[end]; {
		case isLetter(b), b == '%', b == '_', b == '=':
			return false
		case b == '/' || b == '-':
			return end+1 == len(f.fold) || !isLetter(f.fold[end+1])
		}
	}
	return true
}

// runsOn reports whether the neighbouring group makes a longer number of the window.
func runsOn(neighbour group, joint byte, window []group) bool {
	switch {
	case joint == 0 || joint == '\n':
		return false
	case len(window) == 1 && neighbour.size() == 12 && (joint == '/' || joint == ',' || joint == '-'):
		return false // a list of such numbers
	case joint != ' ':
		return true
	}
	// A blank ends a number written in one run or with marks; one written with blanks goes on, unless what follows or
	// precedes is too short to be a group of it.
	return len(window) > 1 && window[0].joint == ' ' && neighbour.size() > 2
}

var (
	// listJoint is what stands between the items of a list: what names the first names the next.
	listJoint   = regexp.MustCompile(`^[ \n]*(?:[,;/&|-]|\band\b|\bor\b|\by\b|\bo\b)?[ \n#]*$`)
	accountWord = regexp.MustCompile(`\b(?:accounts?|acc?t|oan|cuenta|conta|compte)\b`)
	numberWord  = regexp.MustCompile(`\b(?:numbers?|num|nbr|no|nr|id|oan|numero|n)\b|#`)
	otherPerson = regexp.MustCompile(`\b(?:his|her|their|(?:wife|husband|spouse|partner|mother|father|mom|dad|brother|sister|son|` +
		`daughter|cousin|uncle|aunt|friend|attorney|lawyer|client|employer|boss)(?:.?s)?|su|espos[oa]|marido|madre|padre|mama|papa|` +
		`herman[oa]|hij[oa]|prim[oa]|ti[oa]|amig[oa]|abogad[oa]|cliente)\b`)
	foreignNumber = regexp.MustCompile(`\b(?:(?:bank|checking|savings?|credit union|brokerage|utility) (?:account|acct)|routing|iban|` +
		`tracking|phone|telephone|tel|cell|mobile|fax|whatsapp|policy|order|invoice|ups|fedex|usps|` +
		`cuenta (?:bancaria|de banco|del banco|de ahorros?|corriente|de cheques)|rastreo|telefono|celular|pedido|factura|poliza)\b`)
	sentenceEnd = regexp.MustCompile(`[.!?;] |\n ?\n`)
)

// score weighs the words around fold[start:end]: up to 80 characters before it in the same sentence, not before from, and
// 40 after it. foreign tells that the words before call it something else than an account number of ours.
func (f foldedText) score(from, start, end int) (score int, foreign bool) {
	before := f.fold[max(from, start-80):start]
	if ends := sentenceEnd.FindAllIndex(before, -1); len(ends) > 0 {
		if last := before[ends[len(ends)-1][1]:]; len(last) > 3 || len(ends) > 1 {
			before = last
		}
	}
	if ends := foreignNumber.FindAllIndex(before, -1); len(ends) > 0 {
		if !accountWord.Match(before[ends[len(ends)-1][1]:]) {
			return 0, true
		}
	}
	score = nameScore(before)
	if score < scoreAccount {
		after := f.fold[end:min(len(f.fold), end+40)]
		if next := sentenceEnd.FindIndex(after); next != nil {
			after = after[:next[0]]
		}
		score = max(score, nameScore(after))
	}
	if score >= scoreNumber && otherPerson.Match(before) {
		score += scoreOther
	}
	return score, false
}

func nameScore(words []byte) int {
	account, number := accountWord.Match(words), numberWord.Match(words)
	switch {
	case account && number:
		return scoreNamed
	case account:
		return scoreAccount
	case number:
		return scoreNumber
	}
	return 0
}
