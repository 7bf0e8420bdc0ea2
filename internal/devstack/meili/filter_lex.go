package meili

import (
	"strings"
)

type filterWord struct {
	text   string
	quoted bool
	pos    int
}

func lexFilter(text, code string) ([]filterWord, *apiError) {
	var words []filterWord
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '\'' || c == '"':
			value, end, ok := lexQuoted(text, i)
			if !ok {
				return nil, invalid(code, "Expression `%s` is missing the following closing delimiter: `%c`.", text[i:], c)
			}
			words = append(words, filterWord{text: value, quoted: true, pos: i})
			i = end
		case strings.IndexByte("()[],", c) >= 0:
			words = append(words, filterWord{text: string(c), pos: i})
			i++
		case strings.IndexByte("=!<>", c) >= 0:
			end := i + 1
			if c != '=' && end < len(text) && text[end] == '=' {
				end++
			}
			words = append(words, filterWord{text: text[i:end], pos: i})
			i = end
		default:
			end := i
			for end < len(text) && strings.IndexByte(" \t\r\n'\"()[],=!<>", text[end]) < 0 {
				end++
			}
			words = append(words, filterWord{text: text[i:end], pos: i})
			i = end
		}
	}
	return words, nil
}

func lexQuoted(text string, start int) (value string, end int, ok bool) {
	quote := text[start]
	var b strings.Builder
	for i := start + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == quote:
			b.WriteByte(quote)
			i++
		case text[i] == quote:
			return b.String(), i + 1, true
		default:
			b.WriteByte(text[i])
		}
	}
	return "", 0, false
}
