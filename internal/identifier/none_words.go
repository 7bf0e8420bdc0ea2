package identifier

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// noneWords are what people write where there is no number, compact: letters only, lower case, no accents.
var noneWords = wordSet(`
	na nan nil nill null none noneyet non no nope not nota nothing blank empty zero unknown unk notknown notsure unsure
	notapplicable notavailable notavail nonumber noaccount noaccountnumber nonenumber noacct noid notyet notany notprovided
	notassigned notgiven notreceived noonlineaccount noonlineaccountnumber
	idontknow idontknowit dontknow donotknow idonotknow idk dk dunno idunno iforgot iforgotit forgot forgotit forgotten lost lostit
	idonthave idonthaveit idonthaveone idonthaveany idonthaveanumber idonthaveanaccount idonthaveanaccountnumber idonthaveaccount
	donthave donthaveit donthaveone donthaveany donthaveanumber donthaveanaccount donthaveaccount donothave donothaveone
	idonothave idonothaveit idonothaveone idonothaveany idonothaveanumber idonothaveanaccount idonothaveanaccountnumber
	idonthaveoneyet donthaveoneyet idonothaveoneyet ihavenone ihavenoaccount ihavenonumber havenone havenot havent haventone
	canfind cantfind cannotfind canotfindit cantfindit cannotfindit icantfindit icannotfindit icantfind
	tbd tba pending xx xxx xxxx x
	ninguno ninguna ningun ningunnumero nada nulo nula vacio enblanco sinnumero sincuenta sinnumerodecuenta sinnum sn
	notengo nolotengo notengonumero notengocuenta notengonumerodecuenta notengoninguno notengoninguna notengouno notengouna yonotengo
	aunnotengo aunnolotengo todavianotengo todavianolotengo todaviano aunno notengotodavia notengoaun notengocuentaenlinea
	nose nolose nosecual yonose nosecuales noseelnumero nosabe noloconozco noconozco desconocido desconocida desconozco lodesconozco
	noaplica noaplicable noapl nocorresponde nodisponible nohay notiene noexiste nocuento norecuerdo nolorecuerdo nomeacuerdo olvide
	loolvide seolvido semeolvido perdido loperdi nolosencuentro noloencuentro noencuentro pendiente
	naotenho naosei nenhum nenhuma aucun aucune jenaipas nesaispas jenesaispas keine keiner weissnicht nessuno nonloso
	khongco khongbiet wala walapo hindikoalam pagenyen mpakonnen
	нет незнаю неизвестно ні немає 无 無 没有 沒有 不知道 没 暂无 없음 없습니다 모름 لا لايوجد لااعرف نداری ندارم yok bilmiyorum
`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[compact(word)] = true
	}
	return set
}

// noneLongest is more than the longest of noneWords in bytes as typed; longer fields say something else.
const noneLongest = 200

// meansNone reports whether a trimmed field says that there is no number: it is empty, has neither letters nor digits
// ("-", "?"), is a lone 0, or is one of noneWords, accents, case, blanks and punctuation aside.
func meansNone(typed string) bool {
	if len(typed) > noneLongest {
		return false
	}
	word := compact(typed)
	return word == "" || word == "0" || noneWords[word]
}

// compact keeps the letters and digits of s, lower case and without accents.
func compact(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		} else if unicode.Is(unicode.So, r) || r == unicode.ReplacementChar {
			b.WriteRune(r) // a picture or a broken byte is something typed
		}
	}
	return b.String()
}
