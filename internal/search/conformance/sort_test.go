package conformance

import "testing"

// milli, search/new/tests/sort.rs.
const sortDocuments = `[{"id":0,"letter":"A","rank":0,"vague":0},{"id":1,"letter":"A","rank":1,"vague":"0"},{"id":2,"letter":"B","rank":0,"vague":1},
	{"id":3,"letter":"B","rank":1,"vague":"1"},{"id":4,"letter":"B","rank":2,"vague":[1,2]},{"id":5,"letter":"C","rank":0,"vague":[1,"2"]},
	{"id":6,"letter":"C","rank":1},{"id":7,"letter":"C","rank":2,"vague":null},{"id":8,"letter":"D","rank":0,"vague":[null,null,""]},
	{"id":9,"letter":"E","rank":0,"vague":""},{"id":10,"letter":"E","rank":1,"vague":{"sub":0}},{"id":11,"letter":"E","rank":2,"vague":true},
	{"id":12,"letter":"E","rank":3,"vague":false},{"id":13,"letter":"E","rank":4,"vague":1.5673},{"id":14,"letter":"E","rank":5},
	{"id":15,"letter":"F","rank":0},{"id":16,"letter":"F","rank":1},{"id":17,"letter":"F","rank":2},{"id":18,"letter":"G","rank":0},
	{"id":19,"letter":"G","rank":1},{"id":20,"letter":"H","rank":0,"vague":true},{"id":21,"letter":"I","rank":0,"vague":false},
	{"id":22,"letter":"I","rank":1,"vague":[1.1367,"help",null]},{"id":23,"letter":"I","rank":2,"vague":[1.2367,"hello"]}]`

// "Sort search results", "Ranking rules"; milli, search/new/tests/sort.rs.
func TestSort(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["text"],"sortableAttributes":["rank","vague","letter"],"rankingRules":["sort"]}`, sortDocuments)
		e.finds(t, uid, []found{
			{"texts", `{"sort":["letter:desc"]}`, "21 22 23 20 18 19 15 16 17 9 10 11 12 13 14 8 5 6 7 2"},
			{"numbers", `{"sort":["rank:desc"]}`, "14 13 12 4 7 11 17 23 1 3 6 10 16 19 22 0 2 5 8 9"},
			{"numbers before texts, nothing last, the best of a list", `{"sort":["vague:asc"]}`, "0 2 4 5 22 23 13 1 3 12 21 11 20 6 7 8 9 10 14 15"},
			{"descending as well", `{"sort":["vague:desc"]}`, "4 13 23 22 2 5 0 11 20 12 21 3 1 6 7 8 9 10 14 15"},
			{"one after the other", `{"sort":["letter:asc","rank:desc"],"limit":6}`, "1 0 4 3 2 7"},
			{"the same twice is once", `{"sort":["rank:desc","rank:asc"],"limit":3}`, "14 13 12"},
			{"no sort is the order of arrival", `{"limit":3}`, "0 1 2"}, {"an empty list", `{"sort":[],"limit":3}`, "0 1 2"},
		})
		e.refuses(t, uid, []refused{
			{"what is not sortable", "POST", "/indexes/{uid}/search", `{"sort":["id:asc"]}`, 400, "invalid_search_sort"},
			{"no direction", "POST", "/indexes/{uid}/search", `{"sort":["rank"]}`, 400, "invalid_search_sort"},
			{"another direction", "POST", "/indexes/{uid}/search", `{"sort":["rank:up"]}`, 400, "invalid_search_sort"},
			{"no list", "POST", "/indexes/{uid}/search", `{"sort":"rank:asc"}`, 400, "invalid_search_sort"},
			{"a number", "POST", "/indexes/{uid}/search", `{"sort":[1]}`, 400, "invalid_search_sort"},
			{"in the URL", "GET", "/indexes/{uid}/search?sort=rank", "", 400, "invalid_search_sort"},
		})
	})
}

// "Ranking rules": where sort and rules of one's own stand says when they count.
func TestRuleOrder(t *testing.T) {
	documents := `[{"id":1,"title":"green card","body":"x","year":3,"price":"b"},{"id":2,"title":"card that is green","body":"y","year":1,"price":"a"},
		{"id":3,"title":"other","body":"green card","year":2,"price":"c"},{"id":4,"title":"gren card","body":"z","year":9}]`
	settings := func(rules string) string {
		return `{"searchableAttributes":["title","body"],"sortableAttributes":["year","price"],"rankingRules":[` + rules + `],"typoTolerance":{"minWordSizeForTypos":{"oneTypo":4}}}`
	}
	rank(t, []ranked{
		{"by default", `{"searchableAttributes":["title","body"],"sortableAttributes":["year"],"typoTolerance":{"minWordSizeForTypos":{"oneTypo":4}}}`, documents, []found{
			{"words, typo, proximity, attribute, sort, exactness", `{"q":"green card","matchingStrategy":"all"}`, "1 3 2 4"},
			{"a sort among those alike", `{"q":"card","sort":["year:asc"],"matchingStrategy":"all"}`, "2 1 4 3"},
		}},
		{"sort first", settings(`"sort","words","typo","proximity","attribute","exactness"`), documents, []found{
			{"counts most", `{"q":"green card","sort":["year:desc"]}`, "4 1 3 2"}, {"without one it counts for nothing", `{"q":"green card"}`, "1 3 2 4"},
			{"by text", `{"q":"green card","sort":["price:desc"]}`, "3 1 2 4"},
		}},
		{"a rule of one's own first", settings(`"year:asc","words","typo"`), documents, []found{{"counts most", `{"q":"green card"}`, "2 3 1 4"}, {"without a query too", `{}`, "2 3 1 4"}}},
		{"a rule of one's own last", settings(`"words","typo","year:desc"`), documents, []found{{"counts among those alike", `{"q":"green card"}`, "1 3 2 4"}}},
		{"attribute before proximity", settings(`"words","attribute","proximity"`), documents, []found{{"the better attribute first", `{"q":"green card","matchingStrategy":"all"}`, "1 4 2 3"}}},
		{"attributeRank and wordPosition", settings(`"words","typo","attributeRank","proximity","wordPosition"`), documents, []found{{"each at its place", `{"q":"green card","matchingStrategy":"all"}`, "1 2 3 4"}}},
	})
}

// milli, search/new/tests/attribute_fid.rs and attribute_position.rs.
func TestAttributeRule(t *testing.T) {
	settings := `{"searchableAttributes":["title","description","plot"],"rankingRules":["attribute"]}`
	documents := `[{"id":0,"title":"","description":"","plot":"the quick brown fox jumps over the lazy dog"},
		{"id":2,"title":"the quick brown fox jumps over the lazy dog","description":"","plot":""},
		{"id":3,"title":"the","description":"quick brown fox jumps over the lazy dog","plot":""},{"id":4,"title":"the quick","description":"brown fox jumps over the lazy dog","plot":""},
		{"id":5,"title":"the quick brown","description":"fox jumps over the lazy dog","plot":""},{"id":6,"title":"the quick brown fox","description":"jumps over the lazy dog","plot":""},
		{"id":11,"title":"the quick","description":"","plot":"brown fox jumps over the lazy dog"}]`
	rank(t, []ranked{
		{"attributes", settings, documents, []found{{"the more words in the better one", `{"q":"the quick brown fox jumps over the lazy dog","matchingStrategy":"all"}`, "2 6 5 4 3 11 0"}}},
		{"positions", `{"searchableAttributes":["text"],"rankingRules":["attribute"]}`, texts("do you know about the quick and talented brown fox",
			"do you know about the quick brown fox", "the quick and talented brown fox", "fox brown quick the", "the quick brown fox", "quick brown"), []found{
			{"near the place in the query", `{"q":"quick brown","matchingStrategy":"all"}`, "5 3 4 2 0 1"}}},
		{"every attribute", `{"rankingRules":["attribute"]}`, `[{"id":1,"a":"x y card"},{"id":2,"b":"card"}]`, []found{{"all weigh the same", `{"q":"card"}`, "2 1"}}},
	})
}
