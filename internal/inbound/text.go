package inbound

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// split parts a mail into its header and its content.
func split(raw []byte) (header, content []byte) {
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if h, c, found := bytes.Cut(raw, []byte(gap)); found && (header == nil || len(h) < len(header)) {
			header, content = h, c
		}
	}
	if header == nil {
		return raw, nil
	}
	return header, content
}

var folding = regexp.MustCompile(`\r?\n[ \t]+`)

// rawField gives the first field of a header by its name in lower case, unfolded; it reads what a strict reader refuses.
func rawField(header []byte, name string) string {
	for line := range strings.SplitSeq(folding.ReplaceAllString(string(header), " "), "\n") {
		if key, value, found := strings.Cut(line, ":"); found && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

var addressShape = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\x60\x{80}-\x{10FFFF}-]+@[A-Za-z0-9\x{80}-\x{10FFFF}.-]+`)

// addressesIn finds what looks like an address in a field.
func addressesIn(field string) []string { return addressShape.FindAllString(field, 200) }

// clean takes away what has no place in a text that is stored and shown: control characters, signs that turn lines around, and what
// mails put between words to fool filters.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u00A0' || r == '\u202F':
			return ' '
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF, r == 0x00AD, r == 0x034F, r == 0x200B, r == 0x2060:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(blankLines.ReplaceAllString(trailing.ReplaceAllString(s, "\n"), "\n\n"))
}

var (
	trailing   = regexp.MustCompile(`[ \t]+\n`)
	blankLines = regexp.MustCompile(`\n{3,}`)
)

func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// clip cuts a text to a number of characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// unflowed joins the lines that a mail program broke. RFC 3676, section 4.
func unflowed(text string, delsp bool) string {
	var out strings.Builder
	depth := -1 // of the open paragraph; -1 for none
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimLeft(line, ">")
		level := len(line) - len(bare)
		bare = strings.TrimPrefix(bare, " ")
		if depth != level && out.Len() > 0 || depth == -1 && out.Len() > 0 {
			out.WriteByte('\n')
			depth = -1
		}
		if depth == -1 && level > 0 {
			out.WriteString(strings.Repeat(">", level) + " ")
		}
		depth = -1
		if strings.HasSuffix(bare, " ") && bare != "-- " {
			depth = level
			if delsp {
				bare = strings.TrimSuffix(bare, " ")
			}
		}
		out.WriteString(bare)
		if bare == "" && depth == -1 && out.Len() == 0 {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

const maxFileName = 200

// fileName makes a name that can be shown and saved: the first of the given that is one.
func fileName(names ...string) string {
	for _, name := range names {
		name = oneLine(path.Base(strings.ReplaceAll(name, `\`, "/")))
		if name == "" || name == "." || name == "/" || name == ".." {
			continue
		}
		name, _ = identifier.MaskSensitive(name)
		extension := path.Ext(name)
		if over := utf8.RuneCountInString(name) - maxFileName; over > 0 && len(extension) <= 10 {
			stem := []rune(strings.TrimSuffix(name, extension))
			return string(stem[:len(stem)-over]) + extension
		}
		return clip(name, maxFileName)
	}
	return ""
}

// unavailable is what any error of the database means to a mail: come again.
func unavailable(err error) error {
	if known := postgres.Failure(err); failure.Is(known, failure.KindUnavailable) {
		return known
	}
	return err
}

func notFound(err error) error {
	if err == pgx.ErrNoRows { //nolint:errorlint // pgx returns it bare
		return failure.NotFound("There is no such mail.")
	}
	return err
}

// orEmpty makes a list that PostgreSQL takes for an empty one, not for NULL.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
