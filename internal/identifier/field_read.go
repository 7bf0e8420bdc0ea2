package identifier

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readLimit is how much of the field is looked at, in bytes; numbers are short, and what is longer is not stored anyway.
const readLimit = 4096

// Read reads the form's account number field. Nothing is refused: whatever was typed gives a Reading. A Social Security
// or taxpayer number or a payment card is in no field of it. Words around a number ("my account number is ...",
// "A-Number: ...") are read past.
func Read(field string) Reading {
	typed := trim(cut(field, readLimit))
	if meansNone(typed) {
		return Reading{Given: clip(typed), Kind: KindNone, Group: GroupWithout}
	}
	if masked, kinds := maskField(typed); len(kinds) > 0 {
		return readMasked(masked, kinds)
	}
	if reading, ok := classify(typed); ok {
		return reading
	}
	if found := FindInText(typed); found.Kind != KindNone {
		found.Given, found.InText = clip(typed), false
		return found
	}
	if bare := withoutLabels(typed); bare != typed {
		if reading, ok := classify(bare); ok {
			reading.Given = clip(typed)
			return reading
		}
	}
	return Reading{Given: clip(typed), Normal: clip(Normalize(clip(typed))), Kind: KindUnusable, Group: GroupUnusable}
}

// readMasked is the reading of a field out of which a sensitive number was taken. An account number beside it counts.
func readMasked(masked string, kinds []Kind) Reading {
	reading := Reading{Given: clip(masked), Kind: kinds[0], Looks: kinds, Masked: true, Group: GroupUnusable}
	if found := FindInText(masked); found.Kind != KindNone {
		found.Given, found.InText, found.Masked = reading.Given, false, true
		found.Looks = append(found.Looks, kinds...)
		return found
	}
	return reading
}

// classify reads what was typed as one identifier; false when its shape is of no kind.
func classify(typed string) (Reading, bool) {
	reading := Reading{Given: clip(typed), Group: GroupUnusable}
	if emailShape.MatchString(typed) {
		reading.Kind, reading.Looks, reading.Normal = KindEmail, []Kind{KindEmail}, clip(FoldEmail(typed))
		return reading, true
	}
	normal := Normalize(typed)
	looks := looksOf(normal)
	folded := foldText(typed)
	phone, certain := looksLikePhone(string(folded.fold), folded.digitsOf(digitGroups(folded)))
	switch {
	case certain && !slices.Contains(looks, KindAccountNumber):
		looks = append([]Kind{KindPhone}, looks...)
		normal = strings.NewReplacer("(", "", ")", "").Replace(normal)
	case phone:
		looks = append(looks, KindPhone)
	}
	if len(looks) == 0 {
		return reading, false
	}
	reading.Kind, reading.Looks, reading.Normal = looks[0], looks, canonical(looks[0], normal)
	if reading.Kind == KindAccountNumber && ValidAccountNumber(normal) {
		reading.CheckDigitsOK, reading.Group = true, GroupWith
	}
	return reading, true
}

// fieldSSN is the 3-2-4 shape with anything between but letters and digits.
var fieldSSN = regexp.MustCompile(`^[^a-z0-9]*[0-9]{3}[^a-z0-9]{1,3}[0-9]{2}[^a-z0-9]{1,3}[0-9]{4}[^a-z0-9]*$`)

// maskField is MaskSensitive for the field, where a whole entry of a sensitive shape needs no further plausibility: any
// digits that pass Luhn are a card, and any 3-2-4 beginning with 9 a taxpayer number.
func maskField(typed string) (string, []Kind) {
	f := foldText(typed)
	digits := f.digitsOf(digitGroups(f))
	if len(digits) >= 13 && len(digits) <= 19 && luhn(digits) && digits == Normalize(typed) {
		return Marker, []Kind{KindPaymentCard}
	}
	if len(digits) == 9 && fieldSSN.Match(f.fold) {
		switch {
		case ssnKind(digits) == KindSSN:
			return Marker, []Kind{KindSSN}
		case digits[0] == '9':
			return Marker, []Kind{KindITIN}
		}
	}
	return MaskSensitive(typed)
}

// labels are the words people put beside a number, in folded letters.
var labels = map[string]bool{
	"my": true, "account": true, "acct": true, "acc": true, "number": true, "num": true, "no": true, "nbr": true, "online": true,
	"is": true, "the": true, "id": true, "oan": true, "anumber": true, "alien": true, "registration": true, "receipt": true,
	"case": true, "passport": true, "sevis": true, "i94": true, "visa": true, "phone": true, "tel": true, "green": true, "card": true,
	"uscis": true, "mi": true, "numero": true, "de": true, "cuenta": true, "es": true, "el": true, "la": true, "caso": true, "recibo": true,
	"pasaporte": true, "telefono": true, "extranjero": true, "registro": true, "en": true, "linea": true,
}

// withoutLabels drops the label words of a field: "A-Number: 123456789" becomes "123456789".
func withoutLabels(typed string) string {
	var kept []string
	for _, word := range strings.FieldsFunc(typed, func(r rune) bool { return unicode.IsSpace(r) || r == ':' || r == '=' || r == ',' }) {
		if !labels[compact(word)] {
			kept = append(kept, word)
		}
	}
	return trim(strings.Join(kept, " "))
}

// trim takes white space and invisible characters off both ends and invalid UTF-8 and NUL out.
func trim(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
}

// clip shortens s to MaxGiven characters.
func clip(s string) string {
	count := 0
	for i := range s {
		if count == MaxGiven {
			return s[:i]
		}
		count++
	}
	return s
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
