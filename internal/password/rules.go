package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/failure"
)

// The lengths of a password in characters. There are no rules of composition (NIST SP 800-63B-4, 3.1.1.2).
const (
	Min = 15
	Max = 256
)

// Demo is the one of the demo's people, and refused for everybody else.
const Demo = "askwell-demo-password"

// common are the long passwords that lists of leaked ones begin with, and phrases that everybody has read, folded.
var common = []string{
	"1234567890123456", "123456789012345", "12345678910111213", "012345678901234", "0123456789012345",
	"passwordpassword", "password12345678", "password123456789", "passwordpassword1", "mypasswordispassword",
	"qwertyuiopasdfgh", "qwertyuiopasdfghjkl", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p",
	"zaq12wsxcde34rfv", "abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmno", "iloveyouiloveyou", "iloveyousomuch123",
	"correcthorsebatterystaple", "thequickbrownfox", "thequickbrownfoxjumpsoverthelazydog", "letmeinletmeinletmein", "letmeinletmein",
	"changemechangeme", "changemepassword", "administrator123", "administratorpassword", "adminadminadmin", "welcomewelcome",
	"trustno1trustno1", "supersecretpassword", "thisisapassword", "thisismypassword", "mypassword123456", "asdfghjklasdfghjkl",
	"summer2024summer2024", "unitedstatesofamerica", "immigrationimmigration", "askwelldemopassword",
}

// Fit says whether a password is fit for somebody with this email address and name at an agency of this name.
// Errors: invalid (password).
func Fit(password, email, name, agency string) error {
	refuse := func(code, text string) error { return failure.Invalid("password", code, text) }
	if !utf8.ValidString(password) || strings.ContainsAny(password, "\x00\uFFFD") { // U+FFFD stands where a form had broken bytes
		return refuse("unreadable", "Some characters of the password cannot be read.")
	}
	n := utf8.RuneCountInString(norm.NFKC.String(password))
	if n < Min {
		return refuse("too_short", fmt.Sprintf("Enter at least %d characters: a sentence that only you would think of is fine.", Min))
	}
	if n > Max {
		return refuse("too_long", fmt.Sprintf("A password can have up to %d characters.", Max))
	}
	folded := foldPassword(password)
	for _, known := range common {
		if folded == known || strings.TrimRight(folded, "0123456789") == known {
			return refuse("common", "Many people use this password, so it is among the first to be tried. Choose another.")
		}
	}
	if repeats(folded) || runs(folded) {
		return refuse("repeats", "This password repeats itself or counts up. Choose another.")
	}
	if rest := without(folded, email, name, agency); utf8.RuneCountInString(rest) < 8 {
		return refuse("personal", "This password is little more than your name, your address or the agency's name. Choose another.")
	}
	return nil
}

// foldPassword drops what people vary to make a common password look new: case, spaces and signs.
func foldPassword(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// repeats reports whether s is one short piece again and again. Signs alone, which fold to nothing, count too.
func repeats(s string) bool {
	r := []rune(s)
	for period := 1; period <= 4; period++ {
		same := true
		for i := period; i < len(r) && same; i++ {
			same = r[i] == r[i-period]
		}
		if same {
			return true
		}
	}
	return false
}

// runs reports whether s only counts up or down: abcdef..., 987654...
func runs(s string) bool {
	r := []rune(s)
	for _, step := range []rune{1, -1} {
		run := true
		for i := 1; i < len(r) && run; i++ {
			run = r[i] == r[i-1]+step
		}
		if run {
			return true
		}
	}
	return false
}

// without takes the words of the texts, and digits, out of a folded password.
func without(folded string, texts ...string) string {
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(word) >= 3 {
				folded = strings.ReplaceAll(folded, word, "")
			}
		}
	}
	return strings.Trim(folded, "0123456789")
}
