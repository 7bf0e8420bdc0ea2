package conformance

import "testing"

const nested = `[
	{"id":852,"father":"jean","mother":"michelle","doggos":[{"name":"bobby","age":2},{"name":"buddy","age":4}],"cattos":"pésti"},
	{"id":654,"father":"pierre","mother":"sabine","doggos":[{"name":"gros bill","age":8}],"cattos":["simba","pestiféré"]},
	{"id":750,"father":"romain","mother":"michelle","cattos":["enigma"]},
	{"id":951,"father":"jean-baptiste","mother":"sophie","doggos":[{"name":"turbo","age":5},{"name":"fast","age":6}],"cattos":["moumoute","gomez"]}]`

// Meilisearch, tests/search/formatted.rs.
func TestFormatted(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		wildcard := e.index(t, `{"displayedAttributes":["id","cattos"]}`, nested)
		e.shows(t, wildcard, []shown{
			{"all of what is displayed", `{"q":"pésti","attributesToRetrieve":["father","mother"],"attributesToHighlight":["father","mother","*"],"attributesToCrop":["doggos"],"showMatchesPosition":true}`,
				"hits.0", `{"_formatted":{"id":"852","cattos":"<em>pésti</em>"},"_matchesPosition":{"cattos":[{"start":0,"length":5}]}}`},
			{"nothing", `{"q":"pésti","attributesToRetrieve":["*"]}`, "hits.0", `{"id":852,"cattos":"pésti"}`},
			{"another attribute", `{"q":"pésti","attributesToRetrieve":["*"],"attributesToHighlight":["id"],"showMatchesPosition":true}`,
				"hits.0", `{"id":852,"cattos":"pésti","_formatted":{"id":"852","cattos":"pésti"},"_matchesPosition":{"cattos":[{"start":0,"length":5}]}}`},
			{"cropped", `{"q":"pésti","attributesToCrop":["*"]}`, "hits.0", `{"id":852,"cattos":"pésti","_formatted":{"id":"852","cattos":"pésti"}}`},
		})
		uid := e.index(t, "", nested)
		e.shows(t, uid, []shown{
			{"objects", `{"q":"pésti","attributesToRetrieve":["doggos"]}`, "hits.0", `{"doggos":[{"name":"bobby","age":2},{"name":"buddy","age":4}]}`},
			{"members", `{"q":"pésti","attributesToRetrieve":["doggos.name"]}`, "hits.0", `{"doggos":[{"name":"bobby"},{"name":"buddy"}]}`},
			{"places in members", `{"q":"bobby","attributesToRetrieve":["doggos.name"],"showMatchesPosition":true}`, "hits.0",
				`{"doggos":[{"name":"bobby"},{"name":"buddy"}],"_matchesPosition":{"doggos.name":[{"start":0,"length":5,"indices":[0]}]}}`},
			{"highlight members", `{"q":"pésti","attributesToRetrieve":[],"attributesToHighlight":["doggos.name"]}`, "hits.0",
				`{"_formatted":{"doggos":[{"name":"bobby"},{"name":"buddy"}]}}`},
			{"crop members", `{"q":"pésti","attributesToRetrieve":[],"attributesToCrop":["doggos.name"]}`, "hits.0",
				`{"_formatted":{"doggos":[{"name":"bobby"},{"name":"buddy"}]}}`},
			{"highlight other members", `{"q":"pésti","attributesToRetrieve":["doggos.name"],"attributesToHighlight":["doggos.age"]}`, "hits.0",
				`{"doggos":[{"name":"bobby"},{"name":"buddy"}],"_formatted":{"doggos":[{"name":"bobby","age":"2"},{"name":"buddy","age":"4"}]}}`},
			{"both", `{"q":"pésti","attributesToRetrieve":[],"attributesToHighlight":["doggos.age"],"attributesToCrop":["doggos.name"]}`, "hits.0",
				`{"_formatted":{"doggos":[{"name":"bobby","age":"2"},{"name":"buddy","age":"4"}]}}`},
			{"a list", `{"q":"simba","attributesToRetrieve":[],"attributesToHighlight":["cattos"]}`, "hits.0._formatted", `{"cattos":["<em>simba</em>","pestiféré"]}`},
			{"a prefix", `{"q":"simb","attributesToRetrieve":[],"attributesToHighlight":["cattos"]}`, "hits.0._formatted", `{"cattos":["<em>simb</em>a","pestiféré"]}`},
			{"a number", `{"q":"951","attributesToRetrieve":[],"attributesToHighlight":["id"]}`, "hits.0._formatted", `{"id":"<em>951</em>"}`},
			{"a typo", `{"q":"turba","attributesToRetrieve":[],"attributesToHighlight":["doggos.name"]}`, "hits.0._formatted.doggos.0", `{"name":"<em>turbo</em>"}`},
			{"other tags", `{"q":"jean-baptiste","attributesToRetrieve":[],"attributesToHighlight":["father"],"highlightPreTag":"[","highlightPostTag":"]"}`,
				"hits.0._formatted", `{"father":"[jean]-[baptiste]"}`},
		})
		small := e.index(t, `{"displayedAttributes":["id"]}`, nested)
		e.shows(t, small, []shown{
			{"what is not displayed", `{"attributesToRetrieve":["father","id"],"attributesToHighlight":["mother"],"attributesToCrop":["cattos"]}`, "hits.0", `{"id":852}`},
			{"the identifier", `{"attributesToHighlight":["id"],"attributesToCrop":["id"]}`, "hits.0", `{"id":852,"_formatted":{"id":"852"}}`},
			{"nothing that is displayed", `{"attributesToRetrieve":["cattos"],"attributesToHighlight":["cattos"],"attributesToCrop":["cattos"]}`, "hits.0", `{}`},
			{"formatted alone", `{"attributesToRetrieve":["cattos"],"attributesToHighlight":["id"]}`, "hits.0", `{"_formatted":{"id":"852"}}`},
		})
	})
}

// "attributesToCrop": milli, search/new/matches/mod.rs (format_highlight_crop_phrase_query, smaller_crop_size and others).
func TestCrop(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, "", `[{"id":1,"text":"A quick brown fox can not jump 32 feet, right? Brr, it is cold!"},
			{"id":2,"text":"Natalie risk her future to build a world with the boy she loves. Emily Henry: The Love That Split The World."},
			{"id":3,"text":"void void void void void split the world void void"},{"id":4,"text":"Short text."}]`)
		crop := func(name, query, length, want string) shown {
			return shown{name, `{"q":` + quoted(query) + `,"attributesToRetrieve":[],"attributesToHighlight":["text"],"attributesToCrop":["text"],"cropLength":` + length +
				`,"highlightPreTag":"<","highlightPostTag":">"}`, "hits.0._formatted.text", quoted(want)}
		}
		e.shows(t, uid, []shown{
			crop("no word of the query", "", "10", "A quick brown fox can not jump 32 feet, right…"),
			crop("in the middle of words", "jump feet", "3", "…<jump> 32 <feet>…"),
			crop("one word", "fox", "1", "…<fox>…"), crop("two words of three", "brown fox jump", "2", "…<brown> <fox>…"),
			crop("as long as it likes", "fox", "0", "A quick brown <fox> can not jump 32 feet, right? Brr, it is cold!"),
			crop("at the beginning", "quick", "3", "A <quick> brown…"),
			crop("shorter than the length", "short", "10", "<Short> text."),
		})
		e.shows(t, uid, []shown{
			{"another marker", `{"q":"jump","attributesToRetrieve":[],"attributesToCrop":["text:3"],"cropMarker":"(…)"}`, "hits.0._formatted.text", `"(…)not jump 32(…)"`},
			{"no marker", `{"q":"jump","attributesToRetrieve":[],"attributesToCrop":["text"],"cropLength":3,"cropMarker":""}`, "hits.0._formatted.text", `"not jump 32"`},
			{"a length of its own", `{"q":"jump","attributesToRetrieve":[],"attributesToCrop":["text:1"],"cropLength":9}`, "hits.0._formatted.text", `"…jump…"`},
		})
	})
}

// "Search": each parameter's error; meilisearch, tests/search/errors.rs.
func TestSearchErrors(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, "", `[{"id":1}]`)
		post := func(body, code string) refused {
			return refused{body, "POST", "/indexes/{uid}/search", body, 400, code}
		}
		get := func(query, code string) refused {
			return refused{query, "GET", "/indexes/{uid}/search?" + query, "", 400, code}
		}
		e.refuses(t, uid, []refused{
			{"unknown index", "POST", "/indexes/{uid}_none/search", `{"q":"x"}`, 404, "index_not_found"},
			{"bad name", "POST", "/indexes/a%20b/search", `{"q":"x"}`, 400, "invalid_index_uid"},
			post(`{"marin":"hello"}`, "bad_request"), post(`{"q":["doggo"]}`, "invalid_search_q"), post(`{"offset":"doggo"}`, "invalid_search_offset"),
			post(`{"limit":"doggo"}`, "invalid_search_limit"), post(`{"limit":-1}`, "invalid_search_limit"), post(`{"offset":-1}`, "invalid_search_offset"),
			post(`{"limit":1.5}`, "invalid_search_limit"), post(`{"page":"doggo"}`, "invalid_search_page"), post(`{"hitsPerPage":"doggo"}`, "invalid_search_hits_per_page"),
			post(`{"attributesToRetrieve":"doggo"}`, "invalid_search_attributes_to_retrieve"), post(`{"attributesToCrop":"doggo"}`, "invalid_search_attributes_to_crop"),
			post(`{"cropLength":"doggo"}`, "invalid_search_crop_length"), post(`{"attributesToHighlight":"doggo"}`, "invalid_search_attributes_to_highlight"),
			post(`{"filter":true}`, "invalid_search_filter"), post(`{"sort":"doggo"}`, "invalid_search_sort"),
			post(`{"showMatchesPosition":"doggo"}`, "invalid_search_show_matches_position"), post(`{"facets":"doggo"}`, "invalid_search_facets"),
			post(`{"showRankingScore":"doggo"}`, "invalid_search_show_ranking_score"), post(`{"cropMarker":["doggo"]}`, "invalid_search_crop_marker"),
			post(`{"highlightPreTag":["doggo"]}`, "invalid_search_highlight_pre_tag"), post(`{"highlightPostTag":["doggo"]}`, "invalid_search_highlight_post_tag"),
			post(`{"matchingStrategy":"doggo"}`, "invalid_search_matching_strategy"), post(`{"matchingStrategy":{"a":1}}`, "invalid_search_matching_strategy"),
			post(`{"attributesToSearchOn":["doggo"]}`, "invalid_search_attributes_to_search_on"), post(`{"attributesToSearchOn":"doggo"}`, "invalid_search_attributes_to_search_on"),
			post(`{"sort":["id"]}`, "invalid_search_sort"), post(`{"sort":["id:asc"]}`, "invalid_search_sort"), post(`{"filter":"id = 1"}`, "invalid_search_filter"),
			post(`{`, "malformed_payload"), post(`[]`, "bad_request"),
			get("marin=hello", "bad_request"), get("offset=doggo", "invalid_search_offset"), get("limit=doggo", "invalid_search_limit"), get("limit=", "invalid_search_limit"),
			get("page=doggo", "invalid_search_page"), get("hitsPerPage=doggo", "invalid_search_hits_per_page"), get("cropLength=doggo", "invalid_search_crop_length"),
			get("showMatchesPosition=doggo", "invalid_search_show_matches_position"), get("matchingStrategy=doggo", "invalid_search_matching_strategy"),
			get("showRankingScore=doggo", "invalid_search_show_ranking_score"), get("attributesToSearchOn=doggo", "invalid_search_attributes_to_search_on"),
		})
	})
}

// "offset", "limit", "page", "hitsPerPage": meilisearch, tests/search/pagination.rs.
func TestPages(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["a"]}`, `[{"id":1,"a":"x"},{"id":2,"a":"x"},{"id":3,"a":"x"},{"id":4,"a":"x"},{"id":5,"a":"x"}]`)
		for body, want := range map[string]string{
			`{}`: `{"offset":0,"limit":20,"estimatedTotalHits":5}`, `{"offset":2,"limit":2}`: `{"offset":2,"limit":2,"estimatedTotalHits":5}`,
			`{"offset":9}`: `{"offset":9,"limit":20,"estimatedTotalHits":5}`, `{"limit":0}`: `{"offset":0,"limit":0,"estimatedTotalHits":5}`,
			`{"page":1}`: `{"page":1,"hitsPerPage":20,"totalPages":1,"totalHits":5}`, `{"hitsPerPage":2}`: `{"page":1,"hitsPerPage":2,"totalPages":3,"totalHits":5}`,
			`{"page":3,"hitsPerPage":2}`: `{"page":3,"hitsPerPage":2,"totalPages":3,"totalHits":5}`,
			`{"page":9,"hitsPerPage":2}`: `{"page":9,"hitsPerPage":2,"totalPages":3,"totalHits":5}`,
			`{"page":0,"hitsPerPage":2}`: `{"page":0,"hitsPerPage":2,"totalPages":3,"totalHits":5}`,
			`{"page":1,"hitsPerPage":0}`: `{"page":1,"hitsPerPage":0,"totalPages":0,"totalHits":5}`,
			// "page" wins over offset and limit.
			`{"page":2,"hitsPerPage":2,"offset":4,"limit":1}`: `{"page":2,"hitsPerPage":2,"totalPages":3,"totalHits":5}`,
		} {
			got := e.search(t, uid, body)
			all := got.body.(map[string]any)
			for _, name := range []string{"hits", "query", "processingTimeMs", "requestUid"} {
				delete(all, name)
			}
			same(t, want, all)
		}
		e.finds(t, uid, []found{
			{"first", `{"limit":2}`, "1 2"}, {"next", `{"limit":2,"offset":2}`, "3 4"}, {"last", `{"limit":2,"offset":4}`, "5"}, {"behind", `{"offset":5}`, ""},
			{"a page", `{"page":2,"hitsPerPage":2}`, "3 4"}, {"the last page", `{"page":3,"hitsPerPage":2}`, "5"}, {"no page", `{"page":0,"hitsPerPage":2}`, ""},
			{"pages with a word", `{"q":"x","page":2,"hitsPerPage":2}`, "3 4"},
		})
	})
}

// "Separator tokens": more signs that part words, in documents that are there already, in queries and in what is marked.
func TestSeparatorTokens(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		const plain = `{"searchableAttributes":["text"],"typoTolerance":{"enabled":false},"prefixSearch":"disabled"}`
		const documents = `[{"id":1,"text":"a $500 fine"},{"id":2,"text":"it is <b>lost</b>"},{"id":3,"text":"~200K"}]`
		e.finds(t, e.index(t, plain, documents), []found{{"it is part of the word", `{"q":"500"}`, ""}, {"with it the word is found", `{"q":"$500"}`, "1"}})
		uid := e.index(t, plain, documents)
		e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", `{"separatorTokens":["$","<",">","~"]}`))
		e.finds(t, uid, []found{
			{"without the sign", `{"q":"500"}`, "1"}, {"with the sign", `{"q":"$500"}`, "1"}, {"between signs", `{"q":"lost"}`, "2"},
			{"a phrase over signs", `{"q":"\"b lost b\""}`, "2"}, {"at the beginning", `{"q":"200k"}`, "3"},
		})
		e.shows(t, uid, []shown{{"marked without signs", `{"q":"lost","attributesToHighlight":["text"]}`, "hits.0._formatted.text", `"it is <b><em>lost</em></b>"`}})
	})
}

// "Tokenization"; charabia, segmenter/latin and normalizer.
func TestTokens(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["text"],"typoTolerance":{"enabled":false},"prefixSearch":"disabled"}`, `[
			{"id":1,"text":"l'aventure d'été"},{"id":2,"text":"state-of-the-art"},{"id":3,"text":"jean.dupont@mail.example"},{"id":4,"text":"We speak C++ and C#"},
			{"id":5,"text":"Straße und Äpfel"},{"id":6,"text":"Crème Brûlée"},{"id":7,"text":"camelCaseWord snake_case_word"},{"id":8,"text":"ΑΘΗΝΑ Ελλάδα"},
			{"id":9,"text":"Москва"},{"id":10,"text":"شكرا للكتاب"},{"id":11,"text":"I-485 A123456789"},{"id":12,"text":"https://askwell.example/status?id=42"},
			{"id":13,"text":"don’t worry"},{"id":14,"text":"3.14 and 1,000"},{"id":15,"text":"ｆｕｌｌ　ｗｉｄｔｈ"},{"id":17,"text":"a <b>tag</b> and a | bar|code"},{"id":16,"text":"naïve\tcafé\nçedilla"}]`)
		all := func(query, want string) found {
			return found{query, `{"q":` + quoted(query) + `,"matchingStrategy":"all"}`, want}
		}
		e.finds(t, uid, []found{
			all("aventure", "1"), all("ete", "1"), all("ÉTÉ", "1"), all("l aventure", "1"), all("art", "2"), all("state of the art", "2"), all("dupont", "3"),
			all("mail", "3"), all("jean.dupont@mail.example", "3"), all("c++", "4"), all("c#", "4"), all("c", "4"), all("apfel", "5"), all("ÄPFEL", "5"),
			all("creme brulee", "6"), all("CRÈME", "6"), all("camelcaseword", "7"), all("snake", "7"), all("case", "7"), all("αθηνα", "8"), all("ελλαδα", "8"),
			all("москва", "9"), all("МОСКВА", "9"), all("شكرا", "10"), all("485", "11"), all("i-485", "11"), all("a123456789", "11"), all("askwell", "12"), all("id=42", "12"),
			all("dont", "13"), all("worry", "13"), all("full width", "15"), all("naive", "16"), all("cafe cedilla", "16"), // < > | + = are no separators (charabia, separators.rs).
			all("tag", ""), all("<b>tag<", "17"), all("bar", ""), all("bar|code", "17"), all("", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 17 16"),
		})
	})
}
