package relevance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/identifier"
)

// Queries gives the queries, filled in. references are those that Open gave.
func (s *Set) Queries(references map[string]string) ([]Query, error) {
	queries := make([]Query, 0, len(s.lines))
	for i, l := range s.lines {
		q := Query{Class: l["class"], Shown: l["text"], Why: l["why"]}
		err := s.fill(&q, l, references)
		if err == nil && !slices.Contains(Classes(), q.Class) {
			err = fmt.Errorf("there is no class %q", q.Class)
		}
		if err != nil {
			return nil, fmt.Errorf("query %d (%s) for %s: %w", i+1, q.Shown, s.Name, err)
		}
		queries = append(queries, q)
	}
	return queries, nil
}

func (s *Set) fill(q *Query, l row, references map[string]string) (err error) {
	var about, who row
	if l["about"] != "" {
		if about, err = s.inquiry(l["about"]); err != nil {
			return err
		}
		who = s.applicant(about)
		q.Shown += " (" + l["about"] + ")"
	}
	before, rest, slot := strings.Cut(l["text"], "{")
	q.Text = before
	if slot {
		inside, after, _ := strings.Cut(rest, "}")
		what, how, _ := strings.Cut(inside, ":")
		value := map[string]string{
			"subject": about["subject"], "name": who["name"], "email": who["email"], "number": who["number"],
			"anumber": who["a_number"], "receipt": s.receipts[who["number"]], "reference": references[l["about"]],
		}[what]
		if value == "" {
			return fmt.Errorf("there is nothing for {%s}", inside)
		}
		if value, err = written(value, how); err != nil {
			return err
		}
		q.Text += value + after
	}
	for _, first := range strings.Fields(l["first"]) {
		keys, err := s.keys(first, who, references)
		if err != nil {
			return err
		}
		q.First = append(q.First, keys...)
	}
	if len(q.First) == 0 {
		return errors.New("nothing has to come first")
	}
	return nil
}

// keys are what comes first: an inquiry's ID, @account for the applicant's own, @namesake for any account of the same name, and
// @subject:word for any inquiry with the word in its subject.
func (s *Set) keys(first string, who row, references map[string]string) (keys []string, err error) {
	word, inSubject := strings.CutPrefix(first, "@subject:")
	switch {
	case inSubject:
		for _, in := range s.inquiries {
			if strings.Contains(strings.ToLower(in["subject"]), word) {
				keys = append(keys, TicketKey(references[in["id"]]))
			}
		}
	case first == "@account":
		keys = append(keys, AccountKey(who["number"]))
	case first == "@namesake":
		for _, a := range s.accounts {
			if slices.Equal(identifier.NameWords(a["name"]), identifier.NameWords(who["name"])) {
				keys = append(keys, AccountKey(a["number"]))
			}
		}
	case references[first] == "":
		return nil, fmt.Errorf("there is no ticket for %q", first)
	default:
		keys = append(keys, TicketKey(references[first]))
	}
	return keys, nil
}

// written writes a value as people do.
func written(value, how string) (string, error) {
	words := strings.Fields(value)
	switch how {
	case "":
		return value, nil
	case "lower":
		return strings.ToLower(value), nil
	case "upper":
		return strings.ToUpper(value), nil
	case "bare":
		return strings.ToLower(strings.ReplaceAll(value, "-", "")), nil
	case "spaces":
		return parted(value, " "), nil
	case "dashes":
		return parted(value, "-"), nil
	case "digits":
		return strings.TrimLeft(value, "A0"), nil
	case "wide":
		return strings.Map(func(r rune) rune { return r - '0' + '０' }, value), nil
	case "half":
		return strings.Join(words[:(len(words)+1)/2], " "), nil
	case "plain":
		return plain(value), nil
	case "turned":
		return strings.Join(append(words[len(words)-1:], words[:len(words)-1]...), " "), nil
	case "last":
		return plain(words[len(words)-1]), nil
	case "unfinished":
		last := []rune(words[len(words)-1])
		words[len(words)-1] = string(last[:min(4, len(last))])
		return strings.Join(words, " "), nil
	case "slip":
		longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
		letters := []rune(longest)
		m := len(letters) / 2
		letters[m], letters[m+1] = letters[m+1], letters[m]
		return strings.Replace(value, longest, string(letters), 1), nil
	}
	return "", fmt.Errorf("nobody writes %q", how)
}

// parted writes a number or a reference in groups: of three after letters, else of four.
func parted(value, gap string) string {
	if strings.Contains(value, "-") {
		return strings.ReplaceAll(value, "-", gap)
	}
	size := 4
	if unicode.IsLetter(rune(value[0])) {
		size = 3
	}
	var groups []string
	for group := range slices.Chunk([]byte(strings.TrimPrefix(value, "A")), size) {
		groups = append(groups, string(group))
	}
	if strings.HasPrefix(value, "A") {
		groups = append([]string{"A"}, groups...)
	}
	return strings.Join(groups, gap)
}

// plain leaves accents out, as people do whose keyboard has none.
func plain(name string) string {
	without := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name))
	return strings.NewReplacer("ł", "l", "Ł", "L", "ø", "o", "Ø", "O", "đ", "d", "Đ", "D").Replace(without)
}
