package inbound

import (
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// aliases are names of character sets that mail programs write and no register has.
var aliases = map[string]string{
	"cp932": "shift_jis", "cp936": "gbk", "cp949": "euc-kr", "cp950": "big5", "utf-8-mac": "utf-8", "latin-1": "windows-1252", "ansi": "windows-1252",
}

const utf7 = "utf-7"

// known finds a character set by its name; nil for none that we know.
func known(name string) encoding.Encoding {
	name = strings.Trim(strings.ToLower(name), ` "'`)
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	if name == "hz-gb-2312" {
		return simplifiedchinese.HZGB2312
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil {
		return e
	}
	return nil
}

// western reports a character set in which every text can be read, and whose name is therefore often a lie.
func western(e encoding.Encoding) bool {
	return e == charmap.Windows1252 || e == charmap.ISO8859_1 || e == charmap.ISO8859_15 || e == charmap.Macintosh || e == charmap.CodePage437
}

// decoded makes text of bytes. What names no character set that we know, or one in which it cannot be read, is UTF-8 where it can be, else
// Windows-1252, which is what such mails are.
func decoded(content []byte, name string) string {
	switch {
	case isUTF7(name):
		return decodedUTF7(content)
	case strings.EqualFold(name, "utf-16"):
		return decodedBy(content, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	}
	e := known(name)
	if e == nil || e == unicode.UTF8 || western(e) {
		if utf8.Valid(content) {
			return string(content)
		}
		if e == unicode.UTF8 && mostly(content) {
			return strings.ToValidUTF8(string(content), "\uFFFD") // cut off within a letter
		}
		if !western(e) {
			e = charmap.Windows1252
		}
	}
	text := decodedBy(content, e)
	if strings.ContainsRune(text, '\uFFFD') && utf8.Valid(content) {
		return string(content)
	}
	return text
}

func decodedBy(content []byte, e encoding.Encoding) string {
	text, err := e.NewDecoder().Bytes(content)
	if err != nil {
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
	return string(text)
}

// mostly reports that more letters beyond ASCII are good UTF-8 than are not.
func mostly(content []byte) bool {
	good, bad := 0, 0
	for len(content) > 0 {
		r, size := utf8.DecodeRune(content)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		content = content[size:]
	}
	return good > bad
}

// decodedHTML is decoded for a page, which may name its character set itself.
func decodedHTML(content []byte, name string) string {
	if e := known(name); (e == nil || western(e)) && !isUTF7(name) && !utf8.Valid(content) {
		if e, own, _ := charset.DetermineEncoding(content, "text/html"); own != "windows-1252" {
			return decodedBy(content, e)
		}
	}
	return decoded(content, name)
}

func isUTF7(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == utf7 || name == "utf7" || name == "unicode-1-1-utf-7" || name == "csunicode11utf7"
}

var shifted = regexp.MustCompile(`\+([A-Za-z0-9+/]*)-?`)

// decodedUTF7 reads RFC 2152, which Go's libraries leave out.
func decodedUTF7(content []byte) string {
	return shifted.ReplaceAllStringFunc(string(content), func(run string) string {
		letters := strings.TrimSuffix(run[1:], "-")
		if letters == "" {
			return "+"
		}
		raw, _ := unbase64([]byte(letters))
		if len(raw) < 2 {
			return run
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		return string(utf16.Decode(units))
	})
}

// encodedWords is a run of encoded words (RFC 2047), which belong together.
var (
	encodedWords = regexp.MustCompile(`=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*`)
	encodedWord  = regexp.MustCompile(`=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=`)
)

// unescaped makes text of a field's value with bytes that are no ASCII.
func unescaped(value string) string { return decoded([]byte(value), "") }

// headerText makes text of a field's value: encoded words wherever they stand, and bytes that are no ASCII as they come. A letter that two
// words share is whole.
func headerText(value string) string {
	return encodedWords.ReplaceAllStringFunc(unescaped(value), func(run string) string {
		var text strings.Builder
		var bytesOf []byte
		set := ""
		flush := func() {
			text.WriteString(decoded(bytesOf, set))
			bytesOf = nil
		}
		for _, w := range encodedWord.FindAllStringSubmatch(run, -1) {
			name, _, _ := strings.Cut(strings.ToLower(w[1]), "*") // RFC 2231, 5: a language may follow
			if name != set {
				flush()
				set = name
			}
			content, _ := unbase64([]byte(w[3]))
			if strings.EqualFold(w[2], "q") {
				content = unquoted([]byte(strings.ReplaceAll(w[3], "_", "=20")))
			}
			bytesOf = append(bytesOf, content...)
		}
		flush()
		return text.String()
	})
}
