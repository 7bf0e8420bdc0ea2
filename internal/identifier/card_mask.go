package identifier

// cardGroupings are the ways cards are printed and copied, longest first.
var cardGroupings = [][]int{
	{4, 4, 4, 4, 3}, {6, 13}, {4, 4, 4, 4}, {8, 8}, {4, 6, 5}, {4, 6, 4}, {4, 4, 4, 2}, {4, 4, 4, 3}, {4, 4, 4, 1}, {4, 3, 3, 3}, {4, 4, 5},
}

// cardAt tells how many groups from i on are a payment card's number, 0 when they are none.
func cardAt(f foldedText, groups []group, taken []bool, i int) (int, Kind) {
	if taken[i] {
		return 0, ""
	}
	n := 0
	if size := groups[i].size(); size >= 13 && size <= 19 {
		n = 1
	} else {
		n = groupedCardAt(f, groups, taken, i)
	}
	if n == 0 || !cardNumber(f.digitsOf(groups[i:i+n])) {
		return 0, ""
	}
	first, last := groups[i], groups[i+n-1]
	inLink := f.inLink(first.start, last.end)
	if partOfWord(f, first.start, inLink) || afterPlus(f, groups, i) || inLink && n == 1 {
		return 0, ""
	}
	if n == 1 && i > 0 && (groups[i-1].joint == '.' || groups[i-1].joint == ',') { // decimals
		return 0, ""
	}
	return n, KindPaymentCard
}

// groupedCardAt tells how many groups from i on have a card's grouping and pass as a card, all joined alike.
func groupedCardAt(f foldedText, groups []group, taken []bool, i int) int {
	joint := groups[i].joint
	if joint != ' ' && joint != '-' && joint != '.' || i > 0 && !taken[i-1] && tight(groups[i-1].joint) {
		return 0
	}
	for _, sizes := range cardGroupings {
		if matchesSizes(groups[i:], sizes, joint) && cardNumber(f.digitsOf(groups[i:i+len(sizes)])) {
			if accountNumbersInARow(f, groups, i) {
				return 0
			}
			return len(sizes)
		}
	}
	return 0
}

// matchesSizes reports whether groups begin with runs of these sizes, every one joined to the next by joint.
func matchesSizes(groups []group, sizes []int, joint byte) bool {
	if len(groups) < len(sizes) {
		return false
	}
	for k, size := range sizes {
		if groups[k].size() != size || k+1 < len(sizes) && groups[k].joint != joint {
			return false
		}
	}
	return true
}

// accountNumbersInARow reports whether group i stands in a row of two or more account numbers written 4-4-4 with
// nothing but blanks between them: sixteen of their digits may look like a card and must stay.
func accountNumbersInARow(f foldedText, groups []group, i int) bool {
	const longest = 30 // ten account numbers
	from, to := i, i
	for from > 0 && i-from < longest && groups[from-1].joint == groups[i].joint && groups[from-1].size() == 4 {
		from--
	}
	for to+1 < len(groups) && to-i < longest && groups[to].joint == groups[i].joint && groups[to+1].size() == 4 {
		to++
	}
	row := groups[from : to+1]
	if len(row) < 6 || len(row)%3 != 0 {
		return false
	}
	for k := 0; k < len(row); k += 3 {
		if !ValidAccountNumber(f.digitsOf(row[k : k+3])) {
			return false
		}
	}
	return true
}

// issuer is a range of leading digits and the lengths that go with it.
type issuer struct {
	low, high string // of the same length
	min, max  int
}

// issuers are the ranges of the card networks (ISO/IEC 7812 issuer identification numbers).
var issuers = []issuer{
	{"4", "4", 13, 19},           // Visa
	{"51", "55", 16, 16},         // Mastercard
	{"2221", "2720", 16, 16},     // Mastercard
	{"2200", "2204", 16, 19},     // Mir
	{"34", "34", 15, 15},         // American Express
	{"37", "37", 15, 15},         // American Express
	{"300", "305", 14, 19},       // Diners Club
	{"3095", "3095", 14, 19},     // Diners Club
	{"36", "36", 14, 19},         // Diners Club
	{"38", "39", 14, 19},         // Diners Club
	{"3528", "3589", 16, 19},     // JCB
	{"6011", "6011", 16, 19},     // Discover
	{"644", "659", 16, 19},       // Discover
	{"62", "62", 16, 19},         // UnionPay
	{"81", "81", 16, 19},         // UnionPay
	{"5018", "5018", 13, 19},     // Maestro
	{"5020", "5020", 13, 19},     // Maestro
	{"5038", "5038", 13, 19},     // Maestro
	{"5893", "5893", 13, 19},     // Maestro
	{"6304", "6304", 13, 19},     // Maestro
	{"6759", "6763", 13, 19},     // Maestro
	{"506099", "506198", 16, 19}, // Verve
	{"60", "60", 16, 16},         // RuPay
	{"9792", "9792", 16, 16},     // Troy
}

// cardNumber reports whether digits have an issuer's beginning and length and pass Luhn.
func cardNumber(digits string) bool {
	for _, s := range issuers {
		if len(digits) >= s.min && len(digits) <= s.max && digits[:len(s.low)] >= s.low && digits[:len(s.high)] <= s.high {
			return luhn(digits)
		}
	}
	return false
}
