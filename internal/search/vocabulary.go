package search

import (
	"slices"
	"strings"
)

// sameThings are names that people of this field use for one thing, in English and Spanish. Forms go by what they are for:
// whoever looks for a work permit means the I-765 and the card that follows from it.
var sameThings = [][]string{
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
	{"dependent visa", "h4", "h-4"},
	{"temporary protected status", "tps", "i-821"},
	{"daca", "deferred action"},
	{"affidavit of support", "i-864"},
	{"arrival record", "i-94"},
	{"appointment", "cita"},
	{"address change", "change of address", "ar-11", "cambio de direccion"},
	{"lawyer", "attorney", "abogado"},
	{"ssn", "social security number"},
	{"password", "contrasena", "clave"},
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

// Words so common that they tell no ticket from another, by language. A word that means something in the other language is in
// neither list (once, sin, son, sea, mayor), nor is "i", which begins the names of half of all forms.
const (
	commonEnglish = `a an and are as at be been but by for from had has have if in into is it its my of on or our so that the their
		them then there these they this those to was we were will with would you your`
	commonSpanish = `al como con cuando de del el ella ellas ellos en entre era es esa ese eso esta este esto la las le les lo los mas mi
		mis muy nos o para pero por porque que se si su sus tambien tu tus un una unas unos y ya yo`
)

// common are the stop words as a set.
var common = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range stopWords() {
		set[w] = true
	}
	return set
}()

func stopWords() []string {
	words := strings.Fields(commonEnglish + " " + commonSpanish)
	slices.Sort(words)
	return slices.Compact(words)
}
