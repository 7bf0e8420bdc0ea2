package inbound

import (
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// FuzzReadLetter holds that no mail stops the reader, and that what is left of its text is a part of it, and never nothing.
func FuzzReadLetter(f *testing.F) {
	samples, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(samples) < 90 {
		f.Fatalf("%d samples (%v)", len(samples), err)
	}
	for _, name := range samples {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(content) > 20_000 {
			continue // what is huge teaches a fuzzer nothing
		}
		_, mail, _ := strings.Cut(string(content), "\n----\n")
		f.Add([]byte(strings.ReplaceAll(mail, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := readLetter(raw)
		own := newQuoting(func(string) bool { return true }, "Your card was mailed on May 2.").own(clean(l.text))
		if err == nil && strings.TrimSpace(clean(l.text)) != "" && own == "" {
			t.Errorf("nothing is left of %q", l.text)
		}
		if !strings.Contains(clean(l.text), own) {
			t.Errorf("%q is no part of %q", own, l.text)
		}
	})
}

// The words of a mail come through in every form in which programs write them, broken ones included.
func TestWordsComeThrough(t *testing.T) {
	t.Parallel()
	const words = "¿Dónde está mi petición? Me llamo José Núñez.\nMi número es el de la carta."
	latin, err := charmap.Windows1252.NewEncoder().String(words)
	if err != nil {
		t.Fatal(err)
	}
	const kanji = "カードはどこですか。"
	jis, err := japanese.ISO2022JP.NewEncoder().String(kanji)
	if err != nil {
		t.Fatal(err)
	}
	qp := func(s string) string {
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		fmt.Fprint(w, s)
		w.Close()
		return b.String()
	}
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	part := func(header, body string) string { return header + "\r\n\r\n" + body }
	mixed := func(parts ...string) string {
		return "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n" + strings.Join(parts, "\r\n--=_b\r\n") + "\r\n--=_b--\r\n"
	}
	plain := "Content-Type: text/plain; charset=utf-8"
	half := len(words) / 2
	for name, c := range map[string]struct{ raw, want string }{
		"as it is":                      {part(plain, words), words},
		"no type at all":                {part("X-Mailer: x", words), words},
		"Latin-1 as UTF-8":              {part(plain, latin), words},
		"UTF-8 as Latin-1":              {part("Content-Type: text/plain; charset=iso-8859-1", words), words},
		"UTF-8 as ASCII":                {part("Content-Type: text/plain; charset=us-ascii", words), words},
		"Latin-1 as nothing known":      {part("Content-Type: text/plain; charset=x-unknown", latin), words},
		"Windows-1252 by another name":  {part("Content-Type: text/plain; charset=CP1252", latin), words},
		"ISO-2022-JP":                   {part("Content-Type: text/plain; charset=ISO-2022-JP", jis), kanji},
		"UTF-7":                         {part("Content-Type: text/plain; charset=utf-7", utf7Of("¿Dónde? 1 +- 1")), "¿Dónde? 1 + 1"},
		"quoted-printable":              {part(plain+"\r\nContent-Transfer-Encoding: quoted-printable", qp(words)), words},
		"quoted-printable, unescaped":   {part(plain+"\r\nContent-Transfer-Encoding: quoted-printable", "1 = 1 =? \x0c"+words), "1 = 1 =? " + words},
		"quoted-printable, Capitals":    {part(plain+"\r\nContent-Transfer-Encoding: QUOTED-PRINTABLE", qp(words)), words},
		"base64":                        {part(plain+"\r\nContent-Transfer-Encoding: base64", b64(words)), words},
		"base64 in two":                 {part(plain+"\r\nContent-Transfer-Encoding: base64", b64(words[:half])+"\r\n"+b64(words[half:])), words},
		"base64 with a footer":          {part(plain+"\r\nContent-Transfer-Encoding: base64", b64(words)+"\r\n\r\n-- \r\n"), words},
		"base64 without its end":        {part(plain+"\r\nContent-Transfer-Encoding: base64", strings.TrimRight(b64(words), "=")), words},
		"a text as base64":              {part(plain+"\r\nContent-Transfer-Encoding: base64", words), words},
		"a type without a semicolon":    {part("Content-Type: text/plain charset=windows-1252", latin), words},
		"a text that is a file":         {mixed(part(plain+"\r\nContent-Disposition: attachment; filename=letter.txt", words)), words},
		"HTML with a false name":        {part("Content-Type: text/html; charset=us-ascii", "<meta charset=shift_jis><p>\x83J\x81[\x83h"), "カード"},
		"HZ":                            {part("Content-Type: text/plain; charset=hz-gb-2312", "~{NRPwKx~}"), hz("~{NRPwKx~}")},
		"an invitation":                 {part("Content-Type: text/calendar", "BEGIN:VEVENT\r\nSUMMARY:Interview\\, room 4\r\nDESCRIPTION:Bring\r\n  your card\r\nEND:VEVENT"), "Interview, room 4\nBring your card"},
		"signed":                        {part("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64", b64(signedOf(plain+"\r\n\r\n"+words, false))), words},
		"signed, in chunks":             {part("Content-Type: application/x-pkcs7-mime\r\nContent-Transfer-Encoding: base64", b64(signedOf(plain+"\r\n\r\n"+words, true))), words},
		"an unknown encoding":           {part(plain+"\r\nContent-Transfer-Encoding: 8-bit", words), words},
		"a line between fields":         {part("X-A: 1\r\nno field at all\r\n"+plain, words), words},
		"no line behind the header":     {plain + "\r\n" + words, words},
		"a boundary that is not closed": {strings.TrimSuffix(mixed(part(plain, words)), "--=_b--\r\n"), words},
		"a boundary of another name":    {strings.Replace(mixed(part(plain, words)), `boundary="=_b"`, "boundary=other", 1), words},
		"no boundary":                   {strings.Replace(mixed(part(plain, words)), `; boundary="=_b"`, "", 1), words},
		"no parts":                      {"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + words, words},
		"a part without a header":       {mixed("\r\n" + words), words},
		"two texts":                     {mixed(part(plain, words[:half]), part(plain, words[half:])), words[:half] + "\n\n" + words[half:]},
		"a text with a name":            {mixed(part("Content-Type: text/plain; charset=utf-8; name=a.txt", words)), words},
		"a broken part before":          {mixed(part("Content-Type: application/pdf;\r\nname=\"a.pdf\"", "x"), part(plain, words)), words},
		"HTML":                          {part("Content-Type: text/html; charset=utf-8", "<p>"+strings.ReplaceAll(words, "\n", "<br>")), words},
		"HTML that is hidden for ever":  {part("Content-Type: text/html; charset=utf-8", "<div style='display:none'>x<p>"+words), "x\n\n" + strings.ReplaceAll(words, "\n", " ")},
		"HTML without script":           {part("Content-Type: text/html; charset=utf-8", "<noscript>"+words+"</noscript>"), strings.ReplaceAll(words, "\n", " ")},
		"HTML 20,000 deep":              {part("Content-Type: text/html; charset=utf-8", strings.Repeat("<div>", 20_000)+words), strings.ReplaceAll(words, "\n", " ")},
		"AMP":                           {strings.Replace(mixed(part(plain, words), part("Content-Type: text/x-amp-html", "<html amp4email>")), "mixed", "alternative", 1), words},
	} {
		l, err := readLetter([]byte("From: Rosa <rosa@ext.test>\r\nSubject: x\r\n" + c.raw))
		if got := clean(l.text); err != nil || got != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func hz(s string) string {
	text, err := simplifiedchinese.HZGB2312.NewDecoder().String(s)
	if err != nil {
		panic(err)
	}
	return text
}

// signedOf packs a content as RFC 5652 does, with lengths or, in chunks, with marked ends as Outlook and OpenSSL write it.
func signedOf(content string, chunks bool) string {
	wrap := func(tag byte, content string) string {
		if chunks && tag&0x20 != 0 {
			return string([]byte{tag, 0x80}) + content + "\x00\x00"
		}
		return string([]byte{tag, 0x82, byte(len(content) >> 8), byte(len(content))}) + content
	}
	inner := wrap(tagOctets, content)
	if chunks {
		inner = wrap(tagOctetChunks, wrap(tagOctets, content[:30])+wrap(tagOctets, content[30:]))
	}
	data := "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	return wrap(tagSequence, "\x06\x09"+oidSigned+wrap(tagExplicit0, wrap(tagSequence, "\x02\x01\x01"+wrap(tagSet, "")+wrap(tagSequence, data+wrap(tagExplicit0, inner))+wrap(tagSet, ""))))
}

// utf7Of writes RFC 2152, which Go's libraries do not.
func utf7Of(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 128 {
			b.WriteRune(r)
			continue
		}
		var raw []byte
		for _, unit := range utf16.Encode([]rune{r}) {
			raw = append(raw, byte(unit>>8), byte(unit))
		}
		b.WriteString("+" + base64.RawStdEncoding.EncodeToString(raw) + "-")
	}
	return b.String()
}

// A header is read as it stands: raw bytes, words in quotation marks, a letter that two words share, an address as its own name.
func TestHeadersComeThrough(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]mailbox{
		`Rosa Vega <rosa@ext.test>`:                               {"Rosa Vega", "rosa@ext.test"},
		`"Vega, Rosa" <rosa@ext.test>`:                            {"Vega, Rosa", "rosa@ext.test"},
		`Vega, Rosa <rosa@ext.test>`:                              {"Vega, Rosa", "rosa@ext.test"},
		`rosa@ext.test`:                                           {"", "rosa@ext.test"},
		`rosa@ext.test <rosa@ext.test>`:                           {"", "rosa@ext.test"},
		`rosa@old.test <rosa@ext.test>`:                           {"rosa@old.test", "rosa@ext.test"},
		`"=?utf-8?Q?Jos=C3=A9_N=C3=BA=C3=B1ez?=" <jose@ext.test>`: {"José Núñez", "jose@ext.test"},
		`=?utf-8?B?Sm9zw6k=?= =?utf-8?Q?_N=C3?= =?utf-8?Q?=BA=C3=B1ez?= <jose@ext.test>`: {"José Núñez", "jose@ext.test"},
		"Jos\xe9 <jose@ext.test>":                              {"José", "jose@ext.test"},
		`=?x-unknown?Q?Jos=E9?= <jose@ext.test>`:               {"José", "jose@ext.test"},
		`=?utf-8*es?Q?Jos=C3=A9?= <jose@ext.test>`:             {"José", "jose@ext.test"},
		`Rosa <rosa@ext.test>, Bo <bo@ext.test>`:               {"Rosa", "rosa@ext.test"},
		`Rosa (at home) <rosa@ext.test>`:                       {"Rosa", "rosa@ext.test"},
		`<rosa@ext.test`:                                       {"", "rosa@ext.test"},
		`nobody at nowhere`:                                    {},
		`undisclosed-recipients:;`:                             {},
		`Rosa <not an address>`:                                {},
		"=?utf-8?Q?=0D=0ABcc:_eve@evil.test?= <rosa@ext.test>": {"Bcc: eve@evil.test", "rosa@ext.test"},
	} {
		if got := firstMailbox(value); got != want {
			t.Errorf("%q: %+v, want %+v", value, got, want)
		}
	}
}

// A file comes through byte for byte; one that is damaged says so, and what is left of it is kept.
func TestFilesComeThrough(t *testing.T) {
	t.Parallel()
	const content = "%PDF-1.7\nxxxxxxxxxx\n%%EOF\n"
	encoded := base64.StdEncoding.EncodeToString([]byte(content))
	for name, c := range map[string]struct {
		header, body, want string
		damaged            bool
	}{
		"base64":               {"Content-Transfer-Encoding: base64\r\n", encoded, content, false},
		"base64, in two":       {"Content-Transfer-Encoding: base64\r\n", base64.StdEncoding.EncodeToString([]byte(content[:10])) + "\r\n" + base64.StdEncoding.EncodeToString([]byte(content[10:])), content, false},
		"base64 with junk":     {"Content-Transfer-Encoding: base64\r\n", encoded[:8] + "!" + encoded[8:], content, true},
		"base64 that is cut":   {"Content-Transfer-Encoding: base64\r\n", encoded[:17], content[:12], true},
		"as it is":             {"Content-Transfer-Encoding: binary\r\n", content, content, false},
		"a header that breaks": {"name=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n", encoded, content, false},
	} {
		raw := "From: Rosa <rosa@ext.test>\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: application/pdf;\r\n" + c.header +
			"Content-Disposition: attachment; filename=\"a b.pdf\"\r\n\r\n" + c.body + "\r\n--B--\r\n"
		if !strings.HasPrefix(c.header, "name") {
			raw = strings.Replace(raw, "application/pdf;", "application/pdf", 1)
		}
		l, err := readLetter([]byte(raw))
		if err != nil || len(l.parts) != 1 {
			t.Errorf("%s: %d files (%v)", name, len(l.parts), err)
			continue
		}
		if p := l.parts[0]; string(p.content) != c.want || p.damaged != c.damaged || p.name != "a b.pdf" || (len(l.damaged) == 1) != c.damaged {
			t.Errorf("%s: %q holds %q, damaged %t", name, p.name, p.content, p.damaged)
		}
	}
}
