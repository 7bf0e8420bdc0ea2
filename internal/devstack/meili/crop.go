package meili

import (
	"slices"
	"unicode/utf8"
)

// A piece of a text is a word or what stands between two words.
type piece struct {
	span
	separator, hard bool
}

// pieces takes a text apart into its words and the signs between them, each sign by itself but a full stop or comma with its space.
func pieces(text string, all []token) (list []piece, wordAt []int) {
	at := 0
	between := func(end int) {
		for at < end {
			next := nextRune(text, at)
			r, _ := utf8.DecodeRuneInString(text[at:])
			hard := isHard(text, at, r)
			if hard && (r == '.' || r == ',') {
				next++
			}
			list = append(list, piece{span{at, next}, true, hard})
			at = next
		}
	}
	for _, t := range all {
		between(t.start)
		wordAt = append(wordAt, len(list))
		list = append(list, piece{span: span{t.start, t.end}})
		at = t.end
	}
	between(len(text))
	return list, wordAt
}

// crop returns the part of a text that holds so many words around its best matches, the matches in its middle.
func crop(text string, all []token, marks []mark, length int) (start, end int) {
	list, wordAt := pieces(text, all)
	before, after, remaining := 0, 0, length
	if len(marks) > 0 {
		first, last := bestInterval(marks, length)
		size := last.last - first.first + 1
		before, after = wordAt[first.first], wordAt[last.last]+1
		if remaining = length - size; remaining < 0 {
			// One match alone is longer than the window: its end is cut, and all before it stays.
			before, after, remaining = 0, wordAt[first.first+length-1]+1, 0
		}
	}
	for remaining > 0 && (before > 0 || after < len(list)) {
		switch {
		case before == 0:
			if !list[after].separator {
				remaining--
			}
			after++
		case after == len(list):
			before--
			if !list[before].separator {
				remaining--
			}
		default:
			before, after, remaining = grow(list, before, after, remaining)
		}
	}
	start, end = 0, len(text)
	if before > 0 {
		start = list[before-1].end
	}
	if after < len(list) {
		end = list[after].start
	}
	return start, end
}

// grow takes one piece more on one side or on both: a word before a separator, a soft separator before a hard one.
func grow(list []piece, before, after, remaining int) (int, int, int) {
	left, right := list[before-1], list[after]
	switch {
	case left.separator && right.separator:
		switch {
		case left.hard == right.hard:
			before--
			if remaining > 1 { // no separator at the end, before the marker
				after++
			}
		case left.hard:
			after++
		default:
			before--
		}
	case right.separator:
		return before - 1, after, remaining - 1
	case left.separator:
		return before, after + 1, remaining - 1
	default:
		before, remaining = before-1, remaining-1
		if remaining > 0 {
			after, remaining = after+1, remaining-1
		}
	}
	return before, after, remaining
}

// bestInterval returns the first and the last of the matches that say most within so many words: different ones first, then near ones,
// then those in the order of the query.
func bestInterval(marks []mark, length int) (first, last mark) {
	var best []int
	from, found := 0, [2]int{0, 0}
	consider := func(from, to int) {
		if score := intervalScore(marks[from : to+1]); best == nil || slices.Compare(score, best) > 0 {
			best, found = score, [2]int{from, to}
		}
	}
	for at, next := range marks {
		if next.last-marks[from].first < length {
			continue
		}
		if at > 0 {
			consider(from, at-1)
		}
		for from++; from < len(marks) && marks[from].first <= next.last && next.last-marks[from].first >= length; from++ {
		}
		from = min(from, len(marks)-1)
	}
	if to := len(marks) - 1; from != to || marks[from].last-marks[from].first+1 < length {
		consider(from, to)
	}
	return marks[found[0]], marks[found[1]]
}

func intervalScore(marks []mark) []int {
	different := map[int]bool{}
	order, distance := 0, 0
	for i, m := range marks {
		for id := m.ids[0]; id <= m.ids[1]; id++ {
			different[id] = true
		}
		order, distance = order+m.last-m.first, distance-(m.last-m.first)
		if i+1 < len(marks) {
			if marks[i+1].ids[0] > m.ids[0] {
				order++
			}
			distance -= min(marks[i+1].first-m.last, 7)
		}
	}
	return []int{len(different), distance, order}
}
