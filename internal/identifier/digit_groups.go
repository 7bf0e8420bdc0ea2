package identifier

import "regexp"

// group is one unbroken run of digits in a folded text, and what joins it to the next run.
type group struct {
	start, end int
	// joint is 0 when the next run is not joined to this one; else ' ' (blanks only), '\n' (blanks over a line's end) or
	// the one mark between them: - . , / _
	joint byte
}

func (g group) size() int { return g.end - g.start }

// digitGroups lists the runs of digits of a folded text in order.
func digitGroups(f foldedText) []group {
	var groups []group
	for i := 0; i < len(f.fold); i++ {
		if !isDigit(f.fold[i]) {
			continue
		}
		start := i
		for i < len(f.fold) && isDigit(f.fold[i]) {
			i++
		}
		if n := len(groups); n > 0 {
			groups[n-1].joint = jointOf(f.fold[groups[n-1].end:start])
		}
		groups = append(groups, group{start: start, end: i})
	}
	return groups
}

// jointOf reads what stands between two runs of digits: up to three characters with at most one mark. A full stop or
// comma followed by a blank ends a phrase and joins nothing.
func jointOf(between []byte) byte {
	if len(between) > 3 {
		return 0
	}
	var joint byte = ' '
	for i, b := range between {
		switch b {
		case ' ':
		case '\n':
			if joint != ' ' {
				return 0
			}
			joint = '\n'
		case '-', '.', ',', '/', '_':
			if joint != ' ' || (b == '.' || b == ',') && i+1 < len(between) {
				return 0
			}
			joint = b
		default:
			return 0
		}
	}
	return joint
}

// tight reports whether a joint makes one number of two runs wherever it stands: a mark does, blanks need not.
func tight(joint byte) bool { return joint != 0 && joint != ' ' && joint != '\n' }

// digitsOf is the digits of groups without what joins them.
func (f foldedText) digitsOf(groups []group) string {
	var digits []byte
	for _, g := range groups {
		digits = append(digits, f.fold[g.start:g.end]...)
	}
	return string(digits)
}

// linkShape is what no plain word has: a scheme, "www.", an @, a host with a path, or a query's parts.
var linkShape = regexp.MustCompile(`://|www\.|@|[a-z0-9-]\.[a-z]{2,}/|[?&;][a-z_]+=|%[0-9a-f]{2}`)

func looksLikeLink(word string) bool { return linkShape.MatchString(word) }
