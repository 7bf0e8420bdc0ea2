package conformance

import (
	"strings"
	"testing"
)

const filterDocuments = `[
	{"id":1,"status":"open","opened":100,"tags":["urgent","vip"],"assignee":"Jordan Peele","paid":true,"name":"O'Brien","when":"2024-01-05"},
	{"id":2,"status":"Open","opened":200.5,"tags":[],"assignee":null,"when":"2024-02-05"},
	{"id":3,"status":"solved","opened":300,"tags":["vip"],"assignee":"","author":{"name":"Zoë","address":{"city":"Genf"}},"when":"2023-12-31"},
	{"id":4,"status":"on_hold","opened":400,"paid":false,"author":{},"name":"a \"b\" \\ c"},
	{"id":5,"opened":1700000000,"tags":"urgent","name":"北京","AND":"x"},
	{"id":6,"opened":"300","status":"two words","author":[{"name":"Ana"},{"name":"Li"}],"AND":"y","name":" trimmed "}]`

const filterSettings = `{"searchableAttributes":["name"],"filterableAttributes":
	["status","opened","tags","assignee","author","paid","name","AND","when"],"sortableAttributes":["opened"]}`

// "Filter expression reference".
func TestFilters(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, filterSettings, filterDocuments)
		for _, c := range []struct{ name, filter, want string }{
			{"equal", "status = solved", "3"}, {"in any case", "status = OPEN", "1 2"}, {"in quotation marks", `status = "open"`, "1 2"},
			{"in single ones", `status = 'two words'`, "6"}, {"without spaces", "status=solved", "3"},
			{"not equal takes in what lacks it", "status != open", "3 4 5 6"}, {"NOT", "NOT status = open", "3 4 5 6"},
			{"NOT NOT", "NOT NOT status = open", "1 2"}, {"with its accents", "author.name = zoe", ""}, {"with accents", "author.name = 'ZOË'", "3"},
			{"space around is none", "name = trimmed", "6"}, {"another script", "name = 北京", "5"},
			{"greater", "opened > 300", "4 5"}, {"at least", "opened >= 400", "4 5"}, {"less", "opened < 200.5", "1"}, {"at most", "opened <= 200.5", "1 2"},
			{"a number as a text is both", "opened = '300'", "3 6"}, {"and so without quotation marks", "opened = 300", "3 6"},
			{"a float is an integer", "opened = 300.0", "3"}, {"an exponent", "opened = 3e2", "3"},
			{"from to", "opened 200 TO 400", "2 3 4 6"}, {"from to the same", "opened 400 TO 400", "4"}, {"from more to less", "opened 400 TO 200", ""},
			{"NOT from to", "NOT opened 200 TO 400", "1 5"}, {"strings in their order", "when >= 2024-01-05", "1 2"}, {"before", "when < 2024-01-05", "3"},
			{"strings from to", "when 2024-01-01 TO 2024-01-31", "1"},
			{"one of", "status IN [solved, 'on_hold']", "3 4"}, {"one of with a comma more", "status IN[solved,]", "3"}, {"one of nothing", "status IN []", ""},
			{"none of", "status NOT IN [solved, on_hold]", "1 2 5 6"}, {"one of numbers", "opened IN [100, 400]", "1 4"},
			{"a list has it", "tags = vip", "1 3"}, {"a list has one of them", "tags IN [urgent, vip]", "1 3 5"}, {"a list has it not", "tags != vip", "2 4 5 6"},
			{"exists", "assignee EXISTS", "1 2 3"}, {"does not exist", "assignee NOT EXISTS", "4 5 6"}, {"NOT exists", "NOT assignee EXISTS", "4 5 6"},
			{"an object exists", "author EXISTS", "3 4 6"}, {"a member exists", "author.address.city EXISTS", "3"},
			{"null", "assignee IS NULL", "2"}, {"not null", "assignee IS NOT NULL", "1 3 4 5 6"},
			{"an empty text", "assignee IS EMPTY", "3"}, {"an empty list", "tags IS EMPTY", "2"}, {"an empty object", "author IS EMPTY", "4"},
			{"not empty", "tags IS NOT EMPTY", "1 3 4 5 6"},
			{"a member", "author.address.city = genf", "3"}, {"a member of objects in a list", "author.name = li", "6"},
			{"truth", "paid = true", "1"}, {"untruth", "paid = false", "4"}, {"truth is a text", `paid = "true"`, "1"},
			{"AND before OR", "status = solved OR status = open AND opened > 150", "2 3"},
			{"parentheses", "(status = solved OR status = open) AND opened > 150", "2 3"}, {"parentheses without spaces", "(status = open)AND(opened < 150)", "1"},
			{"NOT of a group", "NOT (status = open OR opened > 350)", "3 6"}, {"NOT before AND", "NOT status = open AND NOT tags = vip", "4 5 6"},
			{"a single quotation mark", `name = 'O\'Brien'`, "1"}, {"within the other kind", `name = "O'Brien"`, "1"},
			{"a double one and a backslash", `name = "a \"b\" \\ c"`, "4"}, {"a code for a character", `name = "\x4f'brien"`, "1"},
			{"a keyword in quotation marks", `"AND" = x`, "5"}, {"a keyword as a value", `"AND" = "AND"`, ""},
			{"a value that looks like a filter", `status = "x OR 1=1"`, ""}, {"nothing", "", "1 2 3 4 5 6"}, {"spaces", "  ", "1 2 3 4 5 6"},
			{"forty-nine in each other", strings.Repeat("(", 49) + "status = solved" + strings.Repeat(")", 49), "3"},
		} {
			e.finds(t, uid, []found{{c.name, `{"filter":` + quoted(c.filter) + `}`, c.want}})
		}
		e.finds(t, uid, []found{
			{"a list is AND", `{"filter":["status = open","tags = vip"]}`, "1"},
			{"a list in it is OR", `{"filter":[["status = solved","status = on_hold"],"opened < 350"]}`, "3"},
			{"both kinds mixed", `{"filter":["opened > 150",["status = open","tags = vip AND opened = 300"]]}`, "2 3"},
			{"an empty list", `{"filter":[]}`, "1 2 3 4 5 6"}, {"an empty list in it", `{"filter":[[]]}`, "1 2 3 4 5 6"},
			{"an empty text in it", `{"filter":["",["status = solved"]]}`, "3"}, {"null", `{"filter":null}`, "1 2 3 4 5 6"},
			{"with a query", `{"q":"brien","filter":"status = open"}`, "1"},
		})
	})
}

// filter-parser, lib.rs, "error"; "Error codes", invalid_search_filter.
func TestFilterErrors(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, filterSettings, filterDocuments)
		operation := "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`"
		for filter, message := range map[string]string{
			"status = open = 12":                   "Found unexpected characters at the end of the filter: `= 12`. You probably forgot an `OR` or an `AND` rule.",
			"status =    ":                         "Was expecting a value but instead got nothing.",
			"status = 🐻":                           "Was expecting a value but instead got `🐻`.",
			"status = 🐻 AND opened < 100":          "Was expecting a value but instead got `🐻`.",
			"'OR'":                                 operation,
			"OR":                                   "Was expecting a value but instead got `OR`, which is a reserved keyword. To use `OR` as a field name or a value, surround it by quotes.",
			"status open":                          operation,
			"status = open OR":                     operation,
			"status = 'open":                       "Expression `\\'open` is missing the following closing delimiter: `'`.",
			"status = \"open":                      "Expression `\\\"open` is missing the following closing delimiter: `\"`.",
			"status = open OR (opened >= 1000":     "Expression `(opened >= 1000` is missing the following closing delimiter: `)`.",
			"status = open OR opened >= 1000)":     "Found unexpected characters at the end of the filter: `)`. You probably forgot an `OR` or an `AND` rule.",
			"status NOT EXIST":                     operation,
			"opened 100 TO1000":                    operation,
			"opened 100 TO":                        "",
			"status = open ORtags = 'x'":           "Found unexpected characters at the end of the filter: `ORtags = \\'x\\'`. You probably forgot an `OR` or an `AND` rule.",
			"status IN open, solved]":              "Expected `[` after `IN` keyword.",
			"status IN [open, solved, 'open' > 2]": "Expected only comma-separated field names inside `IN[..]` but instead found `> 2]`.",
			"status IN [open, solved, AND]":        "Expected only comma-separated field names inside `IN[..]` but instead found `AND]`.",
			"status IN [open, solved":              "Expected matching `]` after the list of field names given to `IN[`",
			"status IN ['open, solved":             "Expression `\\'open, solved` is missing the following closing delimiter: `'`.",
			"opened = EXISTS":                      "Was expecting a value but instead got `EXISTS`, which is a reserved keyword. To use `EXISTS` as a field name or a value, surround it by quotes.",
			"AND = 8":                              "Was expecting a value but instead got `AND`, which is a reserved keyword. To use `AND` as a field name or a value, surround it by quotes.",
			"NOT OR EXISTS AND EXISTS NOT EXISTS":  "Was expecting a value but instead got `OR`, which is a reserved keyword. To use `OR` as a field name or a value, surround it by quotes.",
			"status NULL":                          operation, "status NOT NULL": operation, "status EMPTY": operation, "status NOT EMPTY": operation, "status IS": operation,
			"status IS NOT": operation, "status IS EXISTS": operation, "status = a/b": "", "status = a b": "", ")": "", "status = \x01": "", "=": "",
			"unknown = 1":       "Attribute `unknown` is not filterable. Available filterable attribute patterns are: ",
			"status = 1 OR x=2": "Attribute `x` is not filterable.",
			strings.Repeat("(", 50) + "status = solved" + strings.Repeat(")", 50): "The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer nested conditions.",
		} {
			t.Run(filter, func(t *testing.T) {
				t.Parallel()
				got := e.send(t, "POST", "/indexes/"+uid+"/search", `{"filter":`+quoted(filter)+`}`)
				got.isError(t, 400, "invalid_search_filter")
				if text, _ := got.at("message").(string); !strings.HasPrefix(text, message) {
					t.Errorf("got %q, want %q", text, message)
				}
			})
		}
		e.refuses(t, uid, []refused{
			{"a number", "POST", "/indexes/{uid}/search", `{"filter":1}`, 400, "invalid_search_filter"},
			{"true", "POST", "/indexes/{uid}/search", `{"filter":true}`, 400, "invalid_search_filter"},
			{"an object", "POST", "/indexes/{uid}/search", `{"filter":{}}`, 400, "invalid_search_filter"},
			{"a number in a list", "POST", "/indexes/{uid}/search", `{"filter":["status = open",1]}`, 400, "invalid_search_filter"},
			{"a list in a list in a list", "POST", "/indexes/{uid}/search", `{"filter":[[["status = open"]]]}`, 400, "invalid_search_filter"},
			// "CONTAINS": experimental, and off unless it is asked for.
			{"CONTAINS", "POST", "/indexes/{uid}/search", `{"filter":"status CONTAINS op"}`, 400, "feature_not_enabled"},
			{"in the URL", "GET", "/indexes/{uid}/search?filter=status%20%3D", "", 400, "invalid_search_filter"},
		})
		none := e.index(t, `{"searchableAttributes":["name"]}`, filterDocuments)
		e.refuses(t, none, []refused{{"no attribute at all", "POST", "/indexes/{uid}/search", `{"filter":"status = open"}`, 400, "invalid_search_filter"}})
	})
}

// "Filter search results", by GET: an expression, or an array in JSON.
func TestFilterInURL(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, filterSettings, filterDocuments)
		for query, want := range map[string]string{
			"filter=status%20%3D%20open": "1 2", "filter=%5B%22status%20%3D%20open%22%2C%22tags%20%3D%20vip%22%5D": "1", "filter=": "1 2 3 4 5 6",
			"filter=opened%20%3E%20300&sort=opened%3Adesc": "5 4", "limit=2&offset=1": "2 3", "q=brien&attributesToRetrieve=id": "1",
		} {
			t.Run(query, func(t *testing.T) {
				t.Parallel()
				got := e.send(t, "GET", "/indexes/"+uid+"/search?"+query, "")
				if list := strings.Join(got.ids("hits"), " "); list != want {
					t.Errorf("got %s, want %s: %.300s", list, want, got.raw)
				}
			})
		}
	})
}
