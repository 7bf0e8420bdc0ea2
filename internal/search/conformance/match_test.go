package conformance

import "testing"

const heroes = `[
	{"id":1,"title":"Shazam!"},{"id":2,"title":"Captain Planet"},{"id":3,"title":"Captain Marvel"},{"id":4,"title":"a Captain Marvel ersatz"},
	{"id":5,"title":"He's not part of the Marvel Cinematic Universe"},{"id":6,"title":"a Shazam ersatz, but better than Captain Planet"},
	{"id":7,"title":"Capitain CAAAAAVEEERNE!!!!"}]`

// "Use matching strategy", and Meilisearch's own tests of it.
func TestMatchingStrategy(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		e.finds(t, e.index(t, `{"searchableAttributes":["title"]}`, heroes), []found{
			{"the last words may lack", `{"q":"captain marvel"}`, "3 4 2 6 7"},
			{"last by name", `{"q":"captain marvel","matchingStrategy":"last"}`, "3 4 2 6 7"},
			{"all words", `{"q":"captain marvel","matchingStrategy":"all"}`, "3 4"},
			{"the commonest words may lack", `{"q":"captain marvel","matchingStrategy":"frequency"}`, "3 4 5"},
			{"a typo, last", `{"q":"capitain marvel"}`, "3 4 7 2 6"},
			{"a typo, all", `{"q":"capitain marvel","matchingStrategy":"all"}`, "3 4"},
			{"a typo, frequency", `{"q":"capitain marvel","matchingStrategy":"frequency"}`, "3 4 5"},
			{"an unknown word, last", `{"q":"captain supercopter marvel"}`, "2 3 4 6 7"},
			{"an unknown word, all", `{"q":"captain supercopter marvel","matchingStrategy":"all"}`, ""},
			{"an unknown word, frequency", `{"q":"captain supercopter marvel","matchingStrategy":"frequency"}`, "3 4 5"},
			{"the first word must be there", `{"q":"supercopter captain"}`, ""},
		})
	})
}

const films = `[
	{"id":287947,"title":"Shazam!"},{"id":299537,"title":"Captain Marvel"},{"id":522681,"title":"Escape Room"},
	{"id":166428,"title":"How to Train Your Dragon: The Hidden World"},{"id":450465,"title":"Gläss"}]`

// "Search with POST": q, with phrases, exclusion, the last word as a prefix, placeholder search.
func TestQuery(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		e.finds(t, e.index(t, `{"searchableAttributes":["title"]}`, films), []found{
			{"no query is a placeholder", `{}`, "287947 299537 522681 166428 450465"},
			{"an empty one too", `{"q":""}`, "287947 299537 522681 166428 450465"},
			{"so are spaces", `{"q":"   "}`, "287947 299537 522681 166428 450465"},
			{"null too", `{"q":null}`, "287947 299537 522681 166428 450465"},
			{"accents aside", `{"q":"glass"}`, "450465"},
			{"the last word is a beginning", `{"q":"captain mar"}`, "299537"},
			{"one letter", `{"q":"s"}`, "287947"},
			{"no word before it is one", `{"q":"capt marvel","matchingStrategy":"all"}`, ""},
			{"nor one with a space after it", `{"q":"marv "}`, ""},
			{"nor one within quotation marks", `{"q":"\"marv\""}`, ""},
			{"a phrase", `{"q":"\"your dragon\""}`, "166428"},
			{"in another order", `{"q":"\"dragon your\""}`, ""},
			{"a phrase is never left out", `{"q":"captain \"your dragon\""}`, "166428"},
			{"what is before it may be", `{"q":"dragon \"captain marvel\""}`, "299537"},
			{"a word beside a phrase may be", `{"q":"\"captain marvel\" dragon"}`, "299537"},
			{"an open quotation mark", `{"q":"\"train your dragon"}`, "166428"},
			{"two phrases", `{"q":"\"train your\" \"hidden world\""}`, "166428"},
			{"without a word", `{"q":"-escape"}`, "287947 299537 166428 450465"},
			{"without a phrase", `{"q":"-\"train your dragon\""}`, "287947 299537 522681 450465"},
			{"a word and without it", `{"q":"-escape escape"}`, ""},
			{"a hyphen with a space is none", `{"q":"- escape"}`, "522681"},
			{"nor before a phrase", `{"q":"- \"train your dragon\""}`, "166428"},
			{"a hyphen within a word is none", `{"q":"escape-room"}`, "522681"},
			{"signs alone are a placeholder", `{"q":"!!! ???"}`, "287947 299537 522681 166428 450465"},
		})
	})
}

// "Stop words", and Meilisearch's own tests of them.
func TestStopWords(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		e.finds(t, e.index(t, `{"searchableAttributes":["title"],"stopWords":["to","the"]}`, `[
			{"id":0,"title":"Shazam!"},{"id":3,"title":"How to Train Your Dragon: The Hidden World"},
			{"id":5,"title":"How to Attempt to Train Your Dragon"},{"id":6,"title":"Theory"}]`), []found{
			{"they find nothing by themselves", `{"q":"to the dragon "}`, "3 5"},
			{"alone they are a placeholder", `{"q":"to the "}`, "0 3 5 6"},
			{"while one is typed it is a beginning, and with a capital it is none", `{"q":"to the"}`, "6 3"},
			{"a phrase passes over them", `{"q":"\"how to train your dragon\""}`, "3"},
			{"a phrase of nothing else counts for nothing", `{"q":"\"to\""}`, "0 3 5 6"},
			{"all words but them", `{"q":"the hidden world of to","matchingStrategy":"last"}`, "3"},
		})
	})
}

// "Synonyms".
func TestSynonyms(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["text"],"typoTolerance":{"enabled":false},"synonyms":{
			"phone":["iphone"],"shoe":["boot","slipper"],"boot":["shoe","slipper"],"slipper":["shoe","boot"],
			"san francisco":["sf"],"sf":["san francisco"],"Résumé":["CV"],"cv":["Résumé"],
			"lord of the rings":["lotr"],"lotr":["lord of the rings"],"escape":["gläss"]}}`, `[
			{"id":1,"text":"an iphone"},{"id":2,"text":"a phone"},{"id":3,"text":"one shoe"},{"id":4,"text":"one boot"},{"id":5,"text":"one slipper"},
			{"id":6,"text":"sf bay"},{"id":7,"text":"san francisco bay"},{"id":8,"text":"francisco of san bay"},{"id":9,"text":"my cv"},{"id":10,"text":"my resume"},
			{"id":11,"text":"the lotr"},{"id":12,"text":"the lord of the rings"},{"id":13,"text":"escape room"},{"id":14,"text":"glass room"}]`)
		e.finds(t, uid, []found{
			{"one way", `{"q":"phone "}`, "2 1"},
			{"not the other way", `{"q":"iphone "}`, "1"},
			{"each for each", `{"q":"slipper "}`, "5 3 4"},
			{"each for each, from another", `{"q":"boot "}`, "4 3 5"},
			{"several words are a phrase", `{"q":"sf ","matchingStrategy":"all"}`, "6 7"},
			// What stands for several words costs as much as those written together: milli, search/new/tests/typo.rs, test_typo_synonyms.
			{"several words have one", `{"q":"san francisco ","matchingStrategy":"all"}`, "7 8 6"},
			{"accents and case aside", `{"q":"resume "}`, "10 9"},
			{"and from the other side", `{"q":"CV "}`, "9 10"},
			{"a synonym of four words", `{"q":"lotr "}`, "11 12"},
			{"words that have one beyond three", `{"q":"lord of the rings ","matchingStrategy":"all"}`, "12"},
			{"with another word", `{"q":"sf bay ","matchingStrategy":"all"}`, "6 7"},
			{"the synonym of a word that is taken out", `{"q":"-escape escape"}`, "14"},
		})
	})
}

// "Concatenated and split queries", and Meilisearch's own tests of n-grams.
func TestWordsTogetherAndApart(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["text"],"rankingRules":["words"]}`, `[
			{"id":0,"text":"the sun flowers are pretty"},{"id":1,"text":"the sun flower is tall"},{"id":2,"text":"the sunflowers are pretty"},
			{"id":3,"text":"the sunflower is tall"},{"id":4,"text":"the sunflawer is tall"},{"id":5,"text":"sunflowering is not a verb"}]`)
		e.finds(t, uid, []found{
			{"two words together are a beginning too", `{"q":"sun flower","matchingStrategy":"all"}`, "0 1 2 3 4 5"},
			{"with a space after them they are not", `{"q":"sun flower ","matchingStrategy":"all"}`, "0 1 2 3 4"},
			{"two words together may have a typo", `{"q":"sun flawer","matchingStrategy":"all"}`, "0 1 2 3 4 5"},
			{"half a word", `{"q":"sun flow","matchingStrategy":"all"}`, "0 1 2 3 5"},
			{"three words together", `{"q":"su nf lower ","matchingStrategy":"all"}`, "1 3"},
			{"three words together, the last a beginning", `{"q":"su nf l","matchingStrategy":"all"}`, "2 3 4 5"},
			{"three words together have no typo", `{"q":"sunf la wer","matchingStrategy":"all"}`, "4"},
			{"a word apart", `{"q":"sunflower ","matchingStrategy":"all"}`, "1 2 3 4"},
			{"two words that are two others", `{"q":"sunf lower","matchingStrategy":"all"}`, "1 2 3 4 5"},
			{"a phrase joins nothing", `{"q":"\"sun\" flower","matchingStrategy":"all"}`, "0 1"},
			{"two phrases join nothing", `{"q":"\"sun\" \"flower\"","matchingStrategy":"all"}`, "1"},
		})
	})
}
