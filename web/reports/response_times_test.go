package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

const path = "/console/reports/response-times"

func TestAccess(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, address := range []string{path, path + ".json", path + ".csv", path + "/tickets"} {
		webtest.CheckAccess(t, desk, http.MethodGet, address, staff.RoleSupervisor, staff.RoleAdministrator)
	}
}

// figures is the JSON as a program reads it that knows only its names.
type figures struct {
	Measure     string
	From, To    string
	AsOf        string `json:"as_of"`
	GeneratedAt string `json:"generated_at"`
	Answer      string
	Groups      []map[string]json.RawMessage
	Definitions map[string]string
	LogRank     *struct {
		Chi2 float64
		DF   int
		P    float64
	} `json:"log_rank"`
}

func read(t *testing.T, v *webtest.Visitor, query string) figures {
	t.Helper()
	answer := v.Get(path + ".json" + query)
	if answer.Status != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("status %d, type %s: %s", answer.Status, answer.Header.Get("Content-Type"), answer.Body)
	}
	var f figures
	if err := json.Unmarshal([]byte(answer.Body), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestJSON(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	got := read(t, v, "")
	var groups []string
	for _, g := range got.Groups {
		groups = append(groups, string(g["group"]))
		want := []string{
			"answered", "answered_within", "answered_within_interval", "excluded", "excluded_by_reason", "group", "median_interval",
			"median_seconds", "p90_interval", "p90_seconds", "restricted_mean_interval", "restricted_mean_seconds", "tickets", "waiting",
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(g))); diff != "" {
			t.Errorf("names of a group (-want +got)\n%s", diff)
		}
		var within map[string]*float64
		if err := json.Unmarshal(g["answered_within"], &within); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"10d", "15d", "1d", "2d", "5d"}, slices.Sorted(maps.Keys(within))); diff != "" {
			t.Errorf("names of answered_within (-want +got)\n%s", diff)
		}
		last := 0.0
		for _, days := range []string{"1d", "2d", "5d", "10d", "15d"} {
			share := within[days]
			if share == nil && (days == "10d" || days == "15d") {
				continue // fewer than ten are watched for that long
			}
			if share == nil || *share < last || *share <= 0 || *share > 1 {
				t.Fatalf("the share within %s of %s does not grow from %v", days, g["group"], last)
			}
			last = *share
		}
	}
	if diff := cmp.Diff([]string{`"with"`, `"unusable"`, `"without"`, `"all"`}, groups); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
	if got.LogRank == nil || got.LogRank.DF != 1 || got.GeneratedAt == "" || got.AsOf == "" || got.Measure != "first_response" {
		t.Errorf("beside the groups: %+v", got)
	}
	for _, code := range []string{"cohort", "first_response", "waiting", "excluded", "group", "median", "p90", "interval", "minimum"} {
		if got.Definitions[code] == "" {
			t.Errorf("%s is not defined", code)
		}
	}
	if !strings.HasPrefix(got.Answer, "Half of the inquiries with a number were answered within ") {
		t.Errorf("the answer is %q", got.Answer)
	}
}

func TestJSONOfNothing(t *testing.T) {
	t.Parallel()
	v := webtest.New(t).SignIn(t, staff.RoleAdministrator)
	got := read(t, v, "?measure=resolution&from=2026-01-01&to=2026-01-31&as_of=2026-02-01T00:00:00Z")
	if got.Measure != "resolution" || got.From != "2026-01-01" || got.To != "2026-01-31" || got.AsOf != "2026-02-01T00:00:00Z" || got.LogRank != nil {
		t.Errorf("got %+v", got)
	}
	for _, g := range got.Groups {
		for name, want := range map[string]string{
			"tickets": "0", "answered": "0", "waiting": "0", "excluded": "0", "median_seconds": "null", "median_interval": "null",
			"p90_seconds": "null", "p90_interval": "null", "answered_within": `{"10d":null,"15d":null,"1d":null,"2d":null,"5d":null}`,
		} {
			if string(g[name]) != want {
				t.Errorf("%s of %s is %s, want %s", name, g["group"], g[name], want)
			}
		}
	}
	page := v.Get(path)
	if page.Status != http.StatusOK || page.Text(".empty h2") == "" || page.Doc.Find("svg.chart, .report-table").Length() != 0 {
		t.Errorf("status %d, empty state %q", page.Status, page.Text(".empty h2"))
	}
}

func TestCSVHasTheFiguresOfTheJSON(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	full := read(t, v, "")
	query := "?from=" + full.From + "&to=" + full.To + "&as_of=" + full.AsOf
	answer := v.Get(path + ".csv" + query)
	if answer.Status != http.StatusOK || answer.Header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		!strings.HasPrefix(answer.Header.Get("Content-Disposition"), `attachment; filename="response-times_first_response_`) {
		t.Fatalf("status %d, headers %v", answer.Status, answer.Header)
	}
	lines, err := csv.NewReader(strings.NewReader(answer.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1+len(full.Groups) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, g := range full.Groups {
		for column, name := range lines[0] {
			if want, shared := g[name]; shared && name != "group" && lines[i+1][column] != string(want) {
				got, _ := strconv.ParseFloat(lines[i+1][column], 64)
				if expected, _ := strconv.ParseFloat(string(want), 64); got != expected {
					t.Errorf("%s of %s is %s, in the JSON %s", name, g["group"], lines[i+1][column], want)
				}
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	v := webtest.New(t).SignIn(t, staff.RoleSupervisor)
	for name, c := range map[string]struct{ query, field, typed string }{
		"last day before the first": {"?from=2026-02-02&to=2026-02-01", "to", "2026-02-01"},
		"no date":                   {"?from=%3Cscript%3E", "from", "<script>"},
		"the future":                {"?to=2999-01-01", "to", "2999-01-01"},
		"cut-off in the future":     {"?as_of=2999-01-01T00:00", "as_of", "2999-01-01T00:00"},
		"unknown measure":           {"?measure=happiness", "measure", ""},
	} {
		t.Run(name, func(t *testing.T) {
			page := v.Get(path + c.query)
			if page.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(page.Text("title"), "Error: ") {
				t.Errorf("status %d, title %q", page.Status, page.Text("title"))
			}
			if link := page.Doc.Find(`[data-error-summary] a`); link.Length() != 1 || link.AttrOr("href", "") != "#"+c.field {
				t.Errorf("the summary leads to %q", link.AttrOr("href", ""))
			}
			if page.Text("#"+c.field+"-error") == "" || page.Doc.Find("#"+c.field+"[aria-invalid]").Length() != 1 {
				t.Errorf("nothing stands beside the field %s", c.field)
			}
			if got := page.Value(c.field); c.typed != "" && got != c.typed {
				t.Errorf("the field holds %q, typed was %q", got, c.typed)
			}
			answer := v.Get(path + ".json" + c.query)
			if answer.Status != http.StatusUnprocessableEntity || !strings.Contains(answer.Body, `"`+c.field+`"`) {
				t.Errorf("JSON: status %d, %s", answer.Status, answer.Body)
			}
			if answer := v.Get(path + ".csv" + c.query); answer.Status != http.StatusUnprocessableEntity {
				t.Errorf("CSV: status %d", answer.Status)
			}
		})
	}
	for _, query := range []string{"?group=everybody", "?state=lost", "?state=excluded&reason=mood", "?reason=spam", "?after=x", "?from=x"} {
		if page := v.Get(path + "/tickets" + query); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("tickets%s: status %d", query, page.Status)
		}
	}
}

// TestEveryCountLeadsToItsTickets follows every link of the tables, however inquiries are compared and narrowed, and compares
// what the list shows with the number.
func TestEveryCountLeadsToItsTickets(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	lastMonth := time.Now().AddDate(0, -1, 0).UTC().Format(time.DateOnly)
	for query, least := range map[string]int{
		"":                                        4*4 + 3*3 + 3*4, // of 4 groups the counts, of 3 the excluded by reason, and all by category
		"?by=category&measure=resolution":         4 * 4,
		"?by=language&clock=business":             3 * 4,
		"?by=queue&as_of=" + lastMonth:            2 * 4,
		"?by=week":                                14 * 3,
		"?category=access-code&channel=seed":      4 * 4,
		"?language=es&from=" + lastMonth:          4 * 3,
		"?queue=cases&measure=resolution":         4 * 4,
		"?from=" + lastMonth + "&to=" + lastMonth: 4,
	} {
		links := v.Get(path + query).Doc.Find(".report-table td a")
		if links.Length() < least {
			t.Errorf("%s: %d counts with a link, want %d or more", query, links.Length(), least)
		}
		links.Each(func(_ int, link *goquery.Selection) { follow(t, v, link.AttrOr("href", ""), link.Text()) })
	}
}

// follow compares the tickets of a list with the count that leads to it: "1,234" or "5 merged".
func follow(t *testing.T, v *webtest.Visitor, address, count string) {
	t.Helper()
	number, _, _ := strings.Cut(count, " ")
	n, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	list := v.Get(address)
	if list.Status != http.StatusOK || !strings.HasPrefix(list.Text(".page-head p"), number+" ") {
		t.Errorf("%s: status %d, %q, want %s tickets", address, list.Status, list.Text(".page-head p"), number)
	}
	if rows := list.Doc.Find("tr[data-row]").Length(); rows != min(n, 50) {
		t.Errorf("%s: %d rows of %d", address, rows, n)
	}
}

// TestPageKeepsToTheSecurityPolicy looks for what the content security policy would block.
func TestPageKeepsToTheSecurityPolicy(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	page := desk.SignIn(t, staff.RoleSupervisor).Get(path)
	if n := page.Doc.Find("[style], style, script:not([src]), [onclick]").Length(); n != 0 {
		t.Errorf("%d inline styles or scripts", n)
	}
	if strings.Contains(page.Body, "NaN") || strings.Contains(page.Body, "Inf") {
		t.Error("a figure is no number")
	}
	if page.Doc.Find(".report-curves svg").Length() != 2 || page.Doc.Find(".report-weeks svg").Length() != 1 {
		t.Error("the curves or the weeks are not drawn")
	}
}
