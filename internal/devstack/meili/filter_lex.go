package meili

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A filterWord is a word, a value in quotation marks, an operator, or a sign that means nothing here.
type filterWord struct {
	text   string
	quoted bool
	sign   bool // no word
	pos    int
}

// lexFilter takes a filter apart. A word without quotation marks is of letters, digits, "_", "-" and "." alone.
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
				return nil, invalid(code, "Expression `%s` is missing the following closing delimiter: `%c`.", escapeText(text[i:]), c)
			}
			value, ok = unescape(value)
			if !ok {
				return nil, invalid(code, "Malformed value: `%s`.", text[i:end])
			}
			words = append(words, filterWord{text: value, quoted: true, pos: i})
			i = end
		case strings.IndexByte("=!<>", c) >= 0:
			end := i + 1
			if c != '=' && end < len(text) && text[end] == '=' {
				end++
			}
			words = append(words, filterWord{text: text[i:end], sign: true, pos: i})
			i = end
		default:
			end := i
			for end < len(text) {
				r, size := utf8.DecodeRuneInString(text[end:])
				if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_-.", r) {
					break
				}
				end += size
			}
			sign := end == i
			if sign {
				end = nextRune(text, i)
			}
			words = append(words, filterWord{text: text[i:end], sign: sign, pos: i})
			i = end
		}
	}
	return words, nil
}

// lexQuoted reads a value in quotation marks; one within it stands behind a backslash.
func lexQuoted(text string, start int) (value string, end int, ok bool) {
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return strings.ReplaceAll(text[start+1:i], `\`+string(quote), string(quote)), i + 1, true
		}
	}
	return "", 0, false
}

// simpleEscapes stand for one character behind a backslash.
var simpleEscapes = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'n': '\n', 't': '\t', 'r': '\r', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v',
}

// unescape reads what stands behind backslashes in a value: \n, \x20, \u0041, \u{1F600}.
func unescape(value string) (string, bool) {
	if !strings.Contains(value, `\`) {
		return value, true
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			b.WriteByte(value[i])
			continue
		}
		if i++; i == len(value) {
			return "", false
		}
		if plain, ok := simpleEscapes[value[i]]; ok {
			b.WriteByte(plain)
			continue
		}
		digits, size := escapeDigits(value[i:])
		number, err := strconv.ParseUint(digits, 16, 32)
		if err != nil {
			return "", false
		}
		b.WriteRune(rune(number))
		i += size
	}
	return b.String(), true
}

// escapeDigits gives the digits of \x, \u or \u{}, and how many bytes follow the letter.
func escapeDigits(rest string) (digits string, size int) {
	switch {
	case strings.HasPrefix(rest, "u{"):
		if inner, _, ok := strings.Cut(rest[2:], "}"); ok {
			return inner, len(inner) + 2
		}
	case rest[0] == 'u' && len(rest) >= 5:
		return rest[1:5], 4
	case rest[0] == 'x' && len(rest) >= 3:
		return rest[1:3], 2
	}
	return "", 0
}

// escapeText writes a part of a filter in a message as Meilisearch does.
func escapeText(text string) string { return strings.NewReplacer(`'`, `\'`, `"`, `\"`).Replace(text) }
