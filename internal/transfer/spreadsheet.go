package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// What spreadsheets make of a table: Excel writes a byte order mark, semicolons where the comma is the decimal sign, "sep=;" above the header,
// UTF-16 with tabs ("Unicode text") or Windows-1252; PowerShell's Export-Csv a line "#TYPE" and, before version 6, UTF-16 on demand.

// plain is a file's text as UTF-8 with LF at the ends of its lines, past what stands above the header.
type plain struct {
	io.Reader
	comma   rune
	foreign *bool // something in it is no UTF-8, and was read as Windows-1252
}

const (
	utf8Mark    = "\xEF\xBB\xBF"
	headerBytes = 1 << 16 // in which the header must end
)

// readPlain finds out how a file is written.
func readPlain(r io.Reader) (plain, error) {
	raw := bufio.NewReaderSize(r, headerBytes)
	start, err := raw.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return plain{}, err
	}
	var text io.Reader
	foreign := new(bool)
	switch {
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		text = transform.NewReader(raw, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case bytes.HasPrefix(start, []byte(utf8Mark)):
		_, _ = raw.Discard(len(utf8Mark))
		fallthrough
	default:
		text = transform.NewReader(raw, &westernEurope{found: foreign})
	}
	lines := bufio.NewReaderSize(&lineEnds{r: bufio.NewReader(text)}, headerBytes)
	p := plain{Reader: lines, comma: ',', foreign: foreign}
	for {
		head, err := lines.Peek(headerBytes)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return p, err
		}
		line, _, ended := bytes.Cut(head, []byte("\n"))
		switch {
		case ended && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) && len(line) >= 5:
			p.comma, _ = utf8.DecodeRune(line[4:])
			_, _ = lines.Discard(len(line) + 1)
			return p, nil
		case ended && (bytes.HasPrefix(line, []byte("#TYPE")) || len(bytes.TrimSpace(line)) == 0):
			_, _ = lines.Discard(len(line) + 1)
		default:
			p.comma = separator(line)
			return p, nil
		}
	}
}

// separator is the sign that parts the header's names: whichever of comma, semicolon and tab stands there most often, outside quotes.
func separator(header []byte) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range string(header) {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			counts[c]++
		}
	}
	best := ','
	for _, c := range []rune{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// westernEurope reads bytes that are no UTF-8 as Windows-1252, one by one.
type westernEurope struct {
	transform.NopResetter
	found *bool
}

// Transform implements transform.Transformer.
func (w *westernEurope) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		c, size := utf8.DecodeRune(src[nSrc:])
		if c == utf8.RuneError && size == 1 {
			*w.found = true
			c = charmap.Windows1252.DecodeByte(src[nSrc])
		}
		if nDst+utf8.UTFMax > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], c)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// lineEnds makes a line feed of a carriage return that stands alone, as an old Mac ends lines.
type lineEnds struct{ r *bufio.Reader }

func (l *lineEnds) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if n > 0 && l.r.Buffered() == 0 {
			return n, nil
		}
		c, err := l.r.ReadByte()
		if err != nil {
			return n, err
		}
		if c == '\r' {
			if next, err := l.r.Peek(1); err != nil || next[0] != '\n' {
				c = '\n'
			}
		}
		p[n] = c
		n++
	}
	return n, nil
}

// columnName is a name as headers are compared: a spreadsheet's "Opened at" is opened_at.
func columnName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '_' || r == '-' || r == '\u00a0' }), "_")
}

// ruined is what a spreadsheet makes of a long number: its digits are gone.
var ruined = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$`)

var (
	// formula begins like one: opened in a spreadsheet, such a cell may run (OWASP, CSV Injection).
	formula = regexp.MustCompile("^'*[=+\\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
	// number is a number all the same, and does no harm.
	number = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?$`)
)

// Inert makes a cell a text in every spreadsheet.
func Inert(cell string) string {
	if formula.MatchString(cell) && !number.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// exact takes back what Inert has done.
func exact(cell string) string {
	if rest, marked := strings.CutPrefix(cell, "'"); marked && formula.MatchString(rest) && !number.MatchString(rest) {
		return rest
	}
	return cell
}

// inertColumn says in each row of a file that its cells were made inert, so that they can be taken back, whatever program has saved it since.
const (
	inertColumn = "cells"
	inertMark   = "safe"
)
