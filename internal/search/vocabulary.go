package search

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// sameThings are names that people of this field use for one thing, in English and Spanish, each in all its spellings. Forms go
// by what they are for: whoever looks for a work permit means the I-765 and the card that follows from it.
var sameThings = func() [][]string {
	things := slices.Clone(kindred)
	for _, s := range states {
		things = append(things, []string{s[0], s[1]})
	}
	for code := range strings.FieldsSeq(codes) {
		if !slices.ContainsFunc(things, func(names []string) bool { return slices.Contains(names, code) }) {
			things = append(things, []string{code})
		}
	}
	for i, names := range things {
		var all []string
		for _, n := range names {
			all = append(all, spellings(n)...)
		}
		slices.Sort(all)
		things[i] = slices.Compact(all)
	}
	return things
}()

// kindred are names of one thing.
var kindred = [][]string{
	{"green card", "permanent resident card", "i-551", "resident card", "tarjeta verde", "tarjeta de residencia", "mica"},
	{"ead", "work permit", "employment authorization", "i-766", "permiso de trabajo", "autorizacion de empleo"},
	{"i-765", "work permit application"},
	{"uscis account", "online account", "cuenta en linea"},
	{"biometrics", "fingerprints", "fingerprinting", "huellas", "datos biometricos"},
	{"rfe", "request for evidence", "solicitud de evidencia"},
	{"noid", "notice of intent to deny"},
	{"receipt notice", "i-797", "aviso de recibo"},
	{"naturalization", "citizenship application", "n-400", "naturalizacion"},
	{"adjustment of status", "aos", "i-485", "ajuste de estatus"},
	{"advance parole", "travel document", "i-131", "documento de viaje", "permiso de viaje"},
	{"removal of conditions", "i-751"},
	{"green card renewal", "i-90"},
	{"family petition", "i-130", "peticion familiar"},
	{"fiance visa", "k-1", "i-129f"},
	{"dependent visa", "h-4"},
	{"temporary protected status", "tps", "i-821"},
	{"daca", "deferred action"},
	{"affidavit of support", "i-864"},
	{"arrival record", "i-94", "i-94a"},
	{"appointment", "cita"},
	{"address change", "change of address", "ar-11", "cambio de direccion"},
	{"lawyer", "attorney", "abogado"},
	{"ssn", "social security number"},
	{"password", "contrasena", "clave"},
}

// codes are forms and kinds of visa; people write them with a dash (H-1B), without (H1B), or with one elsewhere (H1-B).
const codes = `ar-11 ds-160 ds-260 g-28 i-90 i-94 i-94a i-129 i-129f i-130 i-131 i-140 i-360 i-485 i-539 i-551 i-589 i-601 i-693 i-730
	i-751 i-765 i-766 i-797 i-821 i-821d i-824 i-864 i-918 n-336 n-400 n-565 n-600 n-648
	b-1 b-2 e-2 f-1 f-2 h-1b h-2a h-2b h-4 j-1 j-2 k-1 k-3 l-1 o-1`

var codeShape = regexp.MustCompile(`^([a-z]+)-([0-9]+)([a-z]?)$`)

// spellings are the ways to write a name.
func spellings(name string) []string {
	parts := codeShape.FindStringSubmatch(name)
	if parts == nil {
		return []string{name}
	}
	ways := []string{name, parts[1] + parts[2] + parts[3]}
	if parts[3] != "" {
		ways = append(ways, parts[1]+parts[2]+"-"+parts[3])
	}
	return ways
}

// states are those of the United States whose abbreviation is no word of either language: people write one or the other.
var states = [][2]string{
	{"alaska", "ak"}, {"arizona", "az"}, {"california", "ca"}, {"connecticut", "ct"}, {"florida", "fl"}, {"georgia", "ga"},
	{"illinois", "il"}, {"kansas", "ks"}, {"kentucky", "ky"}, {"maryland", "md"}, {"minnesota", "mn"}, {"montana", "mt"},
	{"north carolina", "nc"}, {"nebraska", "ne"}, {"new hampshire", "nh"}, {"new jersey", "nj"}, {"new mexico", "nm"},
	{"nevada", "nv"}, {"new york", "ny"}, {"rhode island", "ri"}, {"south carolina", "sc"}, {"tennessee", "tn"}, {"texas", "tx"},
	{"utah", "ut"}, {"virginia", "va"}, {"vermont", "vt"}, {"washington", "wa"}, {"wisconsin", "wi"}, {"west virginia", "wv"},
	{"wyoming", "wy"},
}

// synonyms of a phrase are the other names of its thing, in Meilisearch's form: each way is an entry.
func synonyms() map[string][]string {
	all := map[string][]string{}
	for _, names := range sameThings {
		for _, name := range names {
			others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
			all[name] = append(all[name], others...)
		}
	}
	return all
}

// otherNames are the synonyms by a name's words, for PostgreSQL; otherNameWords are the words of all names, and maxName is how
// many the longest has.
var (
	otherNames = map[string][]string{}
	maxName    int
)

var otherNameWords = func() []string {
	var all []string
	for name, others := range synonyms() {
		words := wordsOf(name)
		key := strings.Join(words, " ")
		for _, o := range others {
			if o = strings.Join(wordsOf(o), " "); o != key {
				otherNames[key] = append(otherNames[key], o)
			}
		}
		slices.Sort(otherNames[key])
		otherNames[key] = slices.Compact(otherNames[key])
		all, maxName = append(all, words...), max(maxName, len(words))
	}
	slices.Sort(all)
	return slices.Compact(all)
}()

// nameAt finds the longest name that the words begin with, and its other names; the first word alone when there is none.
func nameAt(words []pattern) (n int, others []string) {
	for n = min(maxName, len(words)); n > 0; n-- {
		others := otherNames[strings.Join(mapped(words[:n], func(w pattern) string { return w.word }), " ")]
		if len(others) > 0 {
			return n, others
		}
	}
	return 1, nil
}

// Words so common that they tell no ticket from another, by language. A word that means something in the other language is in
// neither list (once, sin, son, sea, mayor), nor is a letter other than "a": "i" begins the names of half of all forms, and "ö" is
// all that some people write.
const (
	commonEnglish = `a an and are as at be been but by for from had has have if in into is it its my of on or our so that the their
		them then there these they this those to was we were will with would you your`
	commonSpanish = `al como con cuando de del el ella ellas ellos en entre era es esa ese eso esta este esto la las le les lo los mas mi
		mis muy nos para pero por porque que se si su sus tambien tu tus un una unas unos ya yo`
)

// common are these words as a set.
var common = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(commonEnglish + " " + commonSpanish) {
		set[w] = true
	}
	return set
}()

// stopWords are what Meilisearch leaves out of its indexes: the common words but those inside the name of a thing, for it finds
// no name across a gap ("permiso de trabajo").
func stopWords() []string {
	left := maps.Clone(common)
	for _, names := range sameThings {
		for _, n := range names {
			for w := range strings.FieldsSeq(n) {
				delete(left, w)
			}
		}
	}
	return slices.Sorted(maps.Keys(left))
}
