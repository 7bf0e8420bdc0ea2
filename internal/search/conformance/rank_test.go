package conformance

import "testing"

// texts writes documents of one attribute, numbered from 0.
func texts(list ...string) string {
	out := "["
	for i, text := range list {
		if i > 0 {
			out += ","
		}
		out += `{"id":` + number(i) + `,"text":` + quoted(text) + `}`
	}
	return out + "]"
}

// A ranked group of cases is put to one index.
type ranked struct {
	name, settings, documents string
	cases                     []found
}

func rank(t *testing.T, groups []ranked) {
	t.Helper()
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			ask(t, func(t *testing.T, e *engine) { e.finds(t, e.index(t, g.settings, g.documents), g.cases) })
		})
	}
}

const (
	theFox = "the quick brown fox jumps over the lazy dog"
	all    = `,"matchingStrategy":"all"}`
)

// milli, search/new/tests/words_tms.rs.
func TestWordsRule(t *testing.T) {
	documents := texts("", "the", "the quick", "the quick brown", "the quick brown fox", "the quick brown fox jumps",
		"the quick brown fox jumps over", "the quick brown fox jumps over the", "the quick brown fox jumps over the lazy", theFox,
		"the brown quick fox jumps over the lazy dog", "the quick brown fox talks to the lazy and slow dog",
		"the quick brown fox talks to the lazy dog", "the mighty and quick brown fox jumps over the lazy dog",
		"the great quick brown fox jumps over the lazy dog", "this quick brown and very scary fox jumps over the lazy dog",
		"this quick brown and scary fox jumps over the lazy dog", "the quick brown fox jumps over the really lazy dog",
		"the brown quick fox jumps over the really lazy dog", "the brown quick fox immediately jumps over the really lazy dog",
		"the brown quick fox immediately jumps over the really lazy blue dog",
		"the quick brown. quick brown fox. brown fox jumps. fox jumps over. over the lazy. the lazy dog.",
		"the, quick, brown, fox, jumps, over, the, lazy, dog")
	rank(t, []ranked{
		{"words", `{"searchableAttributes":["text"],"rankingRules":["words"]}`, documents, []found{
			{"the last go first", `{"q":"` + theFox + `"}`, "9 10 13 14 15 16 17 18 19 20 21 22 8 6 7 5 4 11 12 3"},
			{"the first has to be there", `{"q":"extravagant ` + theFox + `"}`, ""},
			{"a phrase stays", `{"q":"\"the quick brown fox\" jumps over the lazy dog"}`, "9 17 21 8 6 7 5 4 11 12"},
			{"so does one further back", `{"q":"\"the quick brown fox\" jumps over the \"lazy\" dog"}`, "9 17 21 8 11 12"},
			{"the whole is a phrase", `{"q":"\"` + theFox + `\""}`, "9"},
			{"without its end", `{"q":"\"` + theFox + `"}`, "9"},
		}},
		{"words and proximity", `{"searchableAttributes":["text"],"rankingRules":["words","proximity"]}`, documents, []found{
			{"in order", `{"q":"` + theFox + `"}`, "9 21 14 17 13 10 18 16 19 15 20 22 8 7 6 5 4 11 12 3"},
			{"in another order", `{"q":"the brown quick fox jumps over the lazy dog"}`, "10 18 19 9 20 21 14 17 13 15 16 22 8 7 6 5 4 11 12 3"},
			{"a phrase has neighbours", `{"q":"the \"quick brown\" fox jumps over the lazy dog"}`, "9 21 14 17 13 16 15 8 7 6 5 4 11 12 3"},
			{"so have two", `{"q":"the \"quick brown\" \"fox jumps\" over the lazy dog"}`, "9 21 14 17 13 16 15 8 7 6 5"},
			{"all words", `{"q":"` + theFox + `"` + all, "9 21 14 17 13 10 18 16 19 15 20 22"},
			{"none has them", `{"q":"extravagant"` + all, ""},
		}},
	})
}

// milli, search/new/tests/typo.rs.
func TestTypoRule(t *testing.T) {
	documents := texts(theFox, "the quick brown foxes jump over the lazy dog", "the quick brown fax sends a letter to the dog",
		"the quickest brownest fox jumps over the laziest dog", "a fox doesn't quack, that crown goes to the duck.",
		"the quicker browner fox jumped over the lazier dog", "the extravagant fox skyrocketed over the languorous dog",
		"the quick brown fox jumps over the lazy", "the quick brown fox jumps over the", "the quick brown fox jumps over",
		"the quick brown fox jumps", "the quick brown fox", "the quick brown", "the quick", "netwolk interconections sunflawar",
		"network interconnections sunflawer", "network interconnection sunflower", "network interconnection sun flower",
		"network interconnection sunflowering", "network interconnection sun flowering", "network interconnection sunflowar",
		"the fast brownish fox jumps over the lackadaisical dog", "the quick brown fox jumps over the lackadaisical dog",
		"the quivk brown fox jumps over the lazy dog")
	settings := func(more string) string { return `{"searchableAttributes":["text"]` + more + `}` }
	lastWords := "0 23 7 8 9 22 10 11 1 2 12 13 4 3 5 6 21"
	rank(t, []ranked{
		{"words alone", settings(`,"rankingRules":["words"]`), documents, []found{
			{"a typo in the index", `{"q":"` + theFox + `"` + all, "0 23"},
			{"another letter", `{"q":"the quack brown fox jumps over the lazy dog"` + all, "0"},
			{"a letter less, a letter more", `{"q":"the quicest brownest fox jummps over the laziest dog"` + all, "3"},
			{"none in a phrase", `{"q":"the \"quick brewn\" fox jumps over the lazy dog"` + all, ""},
			{"one in two words together", `{"q":"the extra lagant fox skyrocketed over the languorous dog"` + all, "6"},
			{"none in three", `{"q":"the ex tra lagant fox skyrocketed over the languorous dog"` + all, ""},
			{"all kinds of match", `{"q":"network interconnection sunflower"` + all, "14 15 16 17 18 20"},
		}},
		{"switched off", settings(`,"rankingRules":["words"],"typoTolerance":{"enabled":false}`), documents, []found{
			{"nothing but the words", `{"q":"` + theFox + `"` + all, "0"},
		}},
		{"exempt words", settings(`,"rankingRules":["words"],"typoTolerance":{"disableOnWords":["quick","quack","sunflower"]}`), documents, []found{
			{"no typo", `{"q":"` + theFox + `"` + all, "0"},
			{"nor in another", `{"q":"the quack brown fox jumps over the lazy dog"` + all, ""},
			{"others have them", `{"q":"the quicest brownest fox jummps over the laziest dog"` + all, "3"},
			{"beginnings and words apart stay", `{"q":"network interconnection sunflower"` + all, "16 17 18"},
		}},
		{"typo alone", settings(`,"rankingRules":["typo"]`), documents, []found{
			{"stands for words too", `{"q":"` + theFox + `"}`, lastWords},
			{"fewer first, a word apart is one", `{"q":"network interconnection sunflower"` + all, "16 18 17 20 15 14"},
			{"words together are two", `{"q":"network interconnection sun flower"` + all, "17 19 16 18 20 15"},
		}},
		{"words and typo", settings(`,"rankingRules":["words","typo"]`), documents, []found{{"the same", `{"q":"` + theFox + `"}`, lastWords}}},
		{"synonyms", settings(`,"rankingRules":["typo"],"synonyms":{"lackadaisical":["lazy"],"fast brownish":["quick brown"]}`), documents, []found{
			{"cost nothing", `{"q":"the quick brown fox jumps over the lackadaisical dog"` + all, "0 22 23"},
			{"for several words they do", `{"q":"the fast brownish fox jumps over the lackadaisical dog"` + all, "21 0 22"},
		}},
	})
}

// milli, search/new/tests/typo.rs, test_typo_exact_attribute.
func TestExactAttributes(t *testing.T) {
	rank(t, []ranked{{"exact attributes", `{"searchableAttributes":["text","tolerant"],"rankingRules":["words"],
		"typoTolerance":{"disableOnAttributes":["text"],"disableOnWords":["quivk"]}}`, `[{"id":0,"text":"` + theFox + `"},
		{"id":3,"text":"the quickest brownest fox jumps over the laziest dog"},
		{"id":23,"text":"the quivk brown fox jumps over the lazy dog"},{"id":24,"tolerant":"` + theFox + `"},
		{"id":25,"tolerant":"the quivk brown fox jumps over the lazy dog"}]`, []found{
		{"both kinds have the words", `{"q":"` + theFox + `"` + all, "0 24 25"},
		{"one has typos", `{"q":"the quidk brown fox jumps over the lazy dog"` + all, "24 25"},
		{"an exempt word has none", `{"q":"the quivk brown fox jumps over the lazy dog"` + all, "23 25"},
		{"nothing in the other", `{"q":"the quicest brownest fox jummps over the laziest dog"` + all, ""},
	}}})
}

// milli, search/new/tests/ngram_split_words.rs: what words apart and together do when typos are off, and where they are never off.
func TestWordsApartWithoutTypos(t *testing.T) {
	documents := texts("the sun flowers are pretty", "the sun flower is tall", "the sunflowers are pretty", "the sunflower is tall",
		"the sunflawer is tall", "sunflowering is not a verb", "xy z")
	rank(t, []ranked{
		{"typos off", `{"searchableAttributes":["text"],"rankingRules":["words"],"typoTolerance":{"enabled":false}}`, documents, []found{
			{"two words together", `{"q":"sun flower"` + all, "0 1 2 3 5"},
			{"three words together", `{"q":"sun flower s are"` + all, "0 2"},
			{"with a space after them", `{"q":"sun flower "` + all, "1 3"},
			{"two as a beginning", `{"q":"sun flow"` + all, "0 1 2 3 5"},
			{"three as a beginning", `{"q":"su nf l"` + all, "2 3 4 5"},
			{"a word apart", `{"q":"sunflower "` + all, "1 3"},
		}},
		{"typos on", `{"searchableAttributes":["text"],"rankingRules":["words"]}`, documents, []found{
			{"three together, then apart", `{"q":"sunf lo wer"` + all, "1 2 3 5"},
			{"the shortest word apart", `{"q":"xyz"` + all, "6"},
		}},
		{"exempt word and attribute", `{"searchableAttributes":["text"],"rankingRules":["words"],
			"typoTolerance":{"disableOnWords":["sunflower"],"disableOnAttributes":["text"]}}`, documents, []found{
			{"a word apart is no typo", `{"q":"the sunflower is tall"` + all, "1 3"},
		}},
	})
}

// milli, search/new/tests/proximity.rs.
func TestProximityRule(t *testing.T) {
	flowers := `[
		{"id":1,"text":"Sun Flower sounds like the title of a painting, maybe about a plant wilting under the heat."},
		{"id":2,"text":"Sun Flower sounds like the title of a painting, maybe about a flower wilting under the heat."},
		{"id":3,"text":"A flower wilting under the sun, unlike a sunflower"},
		{"id":4,"text":"sun flower wilting under the heat"},{"id":5,"text":"sunflower wilting under the heat"}]`
	rule := `{"searchableAttributes":["text"],"rankingRules":["words","proximity"]`
	rank(t, []ranked{
		{"distances", rule + `}`, `[
			{"id":0,"text":"the very quick dark brown and smart fox did jump over the terribly lazy and small dog"},
			{"id":1,"text":"the. quick brown fox jumps over the lazy. dog"},{"id":2,"text":"the quick brown fox jumps over the lazy. dog"},
			{"id":3,"text":"dog the quick brown fox jumps over the lazy"},{"id":4,"text":"the quickbrown fox jumps over the lazy dog"},
			{"id":5,"text":"brown quick fox jumps over the lazy dog"},{"id":6,"text":"the really quick brown fox jumps over the very lazy dog"},
			{"id":7,"text":"the really quick brown fox jumps over the lazy dog"},{"id":8,"text":"the quick brown fox jumps over the lazy"},
			{"id":9,"text":"the quack brown fox jumps over the lazy dog"},{"id":10,"text":"` + theFox + `"}]`, []found{
			{"near and in order first", `{"q":"` + theFox + `"` + all, "9 10 4 7 6 2 3 5 1 0"},
		}},
		{"a word apart", rule + `}`, flowers, []found{
			{"is near if its words are", `{"q":"sunflower wilting"` + all, "2 4 5 1 3"},
			{"as a phrase is", `{"q":"\"sun flower\" wilting"` + all, "2 4 1"},
		}},
		{"a synonym", rule + `,"synonyms":{"xyz":["sun flower"]}}`, flowers, []found{{"is near if its words are", `{"q":"xyz wilting"` + all, "2 4 1"}}},
		{"beginnings", rule + `}`, `[{"id":6,"text":"this is the best meal I have ever had in such a beautiful summer day"},
			{"id":7,"text":"this is the best cooked meal of the summer"},{"id":8,"text":"this is the best meal of the summer"},
			{"id":9,"text":"this is the best meal of summer"},{"id":10,"text":"this is the best summer meal"},{"id":11,"text":"summer x y best"},
			{"id":12,"text":"summer x best"},{"id":13,"text":"summer best"}]`, []found{
			{"are near as words are", `{"q":"best su"` + all, "10 13 9 12 6 7 8 11"},
		}},
	})
}

// milli, search/new/tests/proximity_typo.rs and typo_proximity.rs.
func TestTypoAndProximityRules(t *testing.T) {
	rank(t, []ranked{
		{"proximity before typo", `{"searchableAttributes":["text"],"rankingRules":["words","proximity","typo"]}`,
			texts("summer. holiday. sommer holidty", "summer. holiday. sommer holiday"), []found{
				{"either may be near", `{"q":"summer holiday"` + all, "0 1"},
			}},
		{"typo before proximity", `{"searchableAttributes":["text"],"rankingRules":["words","typo","proximity"]}`,
			texts("beautigul summer. beautiful x y z summer", "beautiful summer", "beautigul sommer. beautigul x summer", "beautiful sommer",
				"delicitous. sweet. dessert. delicitous sweet desgert", "delicious. sweet desgert. delicious sweet desgert"), []found{
				{"near are those with the fewest typos", `{"q":"beautiful summer"` + all, "1 0 3 2"},
				{"whichever word has the typo", `{"q":"delicious sweet dessert"` + all, "5 4"},
			}},
	})
}

// milli, search/new/tests/exactness.rs.
func TestExactnessRule(t *testing.T) {
	rule := func(rules string) string { return `{"searchableAttributes":["text"],"rankingRules":[` + rules + `]}` }
	typos := `[{"id":0,"text":""},{"id":1,"text":"the"},{"id":2,"text":"the quack"},{"id":3,"text":"the quack briwn"},
		{"id":4,"text":"the quack briwn fox"},{"id":5,"text":"the quack briwn fox jlmps"},{"id":6,"text":"the quack briwn fox jlmps over"},
		{"id":7,"text":"the quack briwn fox jlmps over the"},{"id":8,"text":"the quack briwn fox jlmps over the lazy"},
		{"id":9,"text":"the quack briwn fox jlmps over the lazy dog"},{"id":10,"text":""},{"id":11,"text":"the"},{"id":12,"text":"the quick"},
		{"id":13,"text":"the quick brown"},{"id":14,"text":"the quick brown fox"},{"id":15,"text":"the quick brown fox jumps"},
		{"id":16,"text":"the quick brown fox jumps over"},{"id":17,"text":"the quick brown fox jumps over the"},
		{"id":18,"text":"the quick brown fox jumps over the lazy"},{"id":19,"text":"` + theFox + `"}]`
	balcony := texts("what a lovely view from this balcony, I love it", "this balcony is overlooking the sea", "this balcony",
		"over looking the sea is a beautiful balcony", "a beautiful balcony is overlooking the sea",
		"overlooking the sea is a beautiful balcony, I love it", "overlooking the sea is a beautiful balcony", "overlooking")
	prefixes := texts("expraordinarily quick brown fox", "extraordinarily quick brown fox", "extra quick brown fox",
		"expraordinarily quack brown fox", "expraordinapily quick brown fox")
	rank(t, []ranked{
		{"one word more at a time", rule(`"exactness"`), texts("", "the", "the quick", "the quick brown", "the quick brown fox",
			"the quick brown fox jumps", "the quick brown fox jumps over", "the quick brown fox jumps over the",
			"the quick brown fox jumps over the lazy", theFox), []found{{"most words first", `{"q":"` + theFox + `"}`, "9 8 7 6 5 4 3 2 1"}}},
		{"from the end", rule(`"exactness"`), texts("", "dog", "lazy dog", "the lazy dog", "over the lazy dog", "jumps over the lazy dog",
			"fox jumps over the lazy dog", "brown fox jumps over the lazy dog", "quick brown fox jumps over the lazy dog", theFox), []found{
			{"the first word has to be there", `{"q":"` + theFox + `"}`, "9 8 3 4 5 6 7"}}},
		{"in any order", rule(`"exactness"`), texts("", "over", "jump dog", "brown the lazy", "jump dog quick the", "fox the lazy dog brown",
			"jump fox quick lazy the dog", "the dog brown over jumps quick lazy", "the jumps dog quick over brown lazy fox"), []found{
			{"most words first", `{"q":"` + theFox + `"}`, "8 7 4 6 3 5"}}},
		{"the whole attribute", rule(`"exactness"`), balcony, []found{
			{"before its beginning", `{"q":"this balcony"}`, "2 1 0"},
			{"with a phrase", `{"q":"\"overlooking the sea\" is a beautiful balcony"}`, "6 5 4 1"},
			{"with a word apart", `{"q":"overlooking the sea is a beautiful balcony"}`, "6 5 4 3 1 7"},
			{"with a typo", `{"q":"overlocking the sea is a beautiful balcony"}`, "4 5 6 1 7"},
		}},
		{"after words", rule(`"words","exactness"`), typos, []found{
			{"exact ones first", `{"q":"` + theFox + `"}`, "19 9 18 8 17 16 6 7 15 5 14 4 13 3 12 2 1 11"}}},
		{"before words", rule(`"exactness","words"`), typos, []found{
			{"the same", `{"q":"` + theFox + `"}`, "19 9 18 8 17 16 6 7 15 5 14 4 13 3 12 2 1 11"}}},
		{"before proximity", rule(`"exactness","words","proximity"`), texts("lazy jumps dog brown quick the over fox the",
			"the quick brown fox jumps over the very lazy dog", theFox, "dog brown quick the over fox the lazy",
			"the quick brown fox over the very lazy dog", "the quick brown fox over the lazy dog", "brown quick the over fox",
			"the very quick brown fox over", "the quick brown fox over"), []found{
			{"exact ones first, then near ones", `{"q":"` + theFox + `"}`, "2 1 0 4 5 8 7 3 6"}}},
		{"before proximity, of what is exact", rule(`"exactness","words","proximity"`), texts("lazy jumps dog brown quick the over fox the",
			"lazy jumps dog brown quick the over fox the. quack briwn jlmps",
			"lazy jumps dog brown quick the over fox the. quack briwn jlmps overt"), []found{
			{"typos do not make it near", `{"q":"` + theFox + `"}`, "0 1 2"}}},
		{"before typo", rule(`"exactness","words","typo"`), prefixes, []found{
			{"a beginning with fewer typos first", `{"q":"quick brown fox extra"}`, "2 1 0 4 3"}}},
		{"after typo", rule(`"words","typo","exactness"`), prefixes, []found{
			{"fewer typos first", `{"q":"extraordinarily quick brown fox"}`, "1 0 4 3"}}},
	})
}

// milli, search/new/tests/stop_words.rs: they are stop words as they are given, capitals and all.
func TestStopWordsRule(t *testing.T) {
	rank(t, []ranked{{"stop words", `{"searchableAttributes":["title"],"stopWords":["to","The","xyz"]}`, `[{"id":0,"title":"Shazam!"},
		{"id":1,"title":"Captain Marvel"},{"id":2,"title":"Escape Room"},{"id":3,"title":"How to Train Your Dragon: The Hidden World"},
		{"id":4,"title":"Gläss"},{"id":5,"title":"How to Attempt to Train Your Dragon"},
		{"id":6,"title":"How to Train Your Dragon: the Hidden World"}]`, []found{
		{"the last one is a beginning", `{"q":"xyz to the"}`, "6"},
		{"a stop word at the end may lack", `{"q":"to the xyz"}`, "6"},
		{"with a space it is none", `{"q":"to the xyz "}`, "6"},
		{"between other words", `{"q":"to the dragon xyz"}`, "6"},
		{"in a phrase any word may be", `{"q":"\"how to train your dragon\""}`, "3 6"},
		{"a phrase of nothing else counts for nothing", `{"q":"how \"to\" train \"the"}`, "6"},
		{"with words around it", `{"q":"how \"to\" train \"The dragon"}`, "3 6 5"},
		{"and alone is a placeholder", `{"q":"\"to\""}`, "0 1 2 3 4 5 6"},
	}}})
}
