package messages_test

import (
	"html/template"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/web/messages"
)

const head = `"language":{"name":"X","dir":"ltr"}`

func catalog(t *testing.T, files map[string]string) (*messages.Catalog, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return messages.Load(fsys)
}

func mustCatalog(t *testing.T, files map[string]string) *messages.Catalog {
	t.Helper()
	c, err := catalog(t, files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a key in two files":      {map[string]string{"en/a.json": `{` + head + `,"k":{"x":"1"}}`, "en/b.json": `{"k.x":"2"}`}, `"k.x" is defined in en/a.json and again in en/b.json`},
		"a key twice in one file": {map[string]string{"en/a.json": `{` + head + `,"k":"1","k":"2"}`}, `"k" is defined twice`},
		"a nested key twice":      {map[string]string{"en/a.json": `{` + head + `,"k":{"x":"1"},"k":{"x":"2"}}`}, `"k.x" is defined twice`},
		"broken JSON":             {map[string]string{"en/a.json": `{` + head + `,`}, "en/a.json"},
		"text after the object":   {map[string]string{"en/a.json": `{` + head + `} {}`}, "text after"},
		"a number":                {map[string]string{"en/a.json": `{` + head + `,"k":3}`}, `"k" is neither`},
		"no own name":             {map[string]string{"en/a.json": `{"language":{"dir":"ltr"}}`}, "language.name"},
		"no direction":            {map[string]string{"en/a.json": `{"language":{"name":"X"}}`}, "language.dir"},
		"no English":              {map[string]string{"es/a.json": `{` + head + `}`}, `no folder "en"`},
		"a locale that is none":   {map[string]string{"en/a.json": `{"language":{"name":"X","dir":"ltr","locale":"e!"}}`}, "language.locale"},
		"a folder of no language": {map[string]string{"en/a.json": `{` + head + `}`, "zzzzzzzzzz/a.json": `{` + head + `}`}, "no language code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := catalog(t, tc.files)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Load: %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	c := mustCatalog(t, map[string]string{
		"en/a.json": `{` + head + `,"files":{"one":"{count} file","other":"{count} files"}}`,
		"pl/a.json": `{"language":{"name":"polski","dir":"ltr"},"files":{"one":"{count} plik","few":"{count} pliki","many":"{count} plików","other":"{count} pliku"}}`,
	})
	// Forms from the Unicode CLDR plural rules chart: Polish one is 1; few ends in 2-4 but not 12-14; the rest is many.
	for name, tc := range map[string]struct {
		lang string
		n    int
		want string
	}{
		"English none": {"en", 0, "0 files"}, "English one": {"en", 1, "1 file"}, "English thousands": {"en", 1234, "1,234 files"},
		"Polish one": {"pl", 1, "1 plik"}, "Polish few": {"pl", 23, "23 pliki"}, "Polish teens": {"pl", 13, "13 plików"}, "Polish many": {"pl", 5, "5 plików"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, c.For(tc.lang).T("files", "count", tc.n)); diff != "" {
				t.Errorf("T (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFallbackAndGaps(t *testing.T) {
	t.Parallel()
	c := mustCatalog(t, map[string]string{
		"en/a.json": `{"language":{"name":"English","dir":"ltr"},"hello":"Hello","both":"Both"}`,
		"es/a.json": `{"language":{"name":"Español","dir":"ltr"},"both":"Ambos","extra":"Más"}`,
	})
	p := c.For("es-MX")
	got := []string{p.Language.Code, p.T("both"), p.T("hello"), c.For("fr").Language.Code, p.Find("category.unheard", "Unheard")}
	if diff := cmp.Diff([]string{"es", "Ambos", "Hello", "en", "Unheard"}, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{"es": {"missing hello", "unknown extra"}}, c.Incomplete()); diff != "" {
		t.Errorf("Incomplete (-want +got):\n%s", diff)
	}
	want := []messages.Language{{Code: "en", OwnName: "English", Dir: "ltr"}, {Code: "es", OwnName: "Español", Dir: "ltr"}}
	if diff := cmp.Diff(want, c.Languages()); diff != "" {
		t.Errorf("Languages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, c.Whole()); diff != "" {
		t.Errorf("Whole (-want +got):\n%s", diff)
	}
}

func TestALanguageMayLeaveAreasOut(t *testing.T) {
	t.Parallel()
	c := mustCatalog(t, map[string]string{
		"en/a.json": `{"language":{"name":"English","dir":"ltr"},"hello":"Hello"}`,
		"en/b.json": `{"staff":"Staff"}`,
		"es/a.json": `{"language":{"name":"Español","dir":"ltr"},"hello":"Hola","category":{"card":"Tarjeta"}}`,
		"fr/a.json": `{"language":{"name":"Français","dir":"ltr"},"hello":"Bonjour"}`,
		"fr/b.json": `{"staff":"Personnel"}`,
		"pl/a.json": `{"language":{"name":"Polski","dir":"ltr"},"hello":"Cześć","staff":"Personel"}`,
	})
	if diff := cmp.Diff(map[string][]string{"pl": {"unknown staff"}}, c.Incomplete()); diff != "" {
		t.Errorf("Incomplete (-want +got):\n%s", diff)
	}
	var whole []string
	for _, l := range c.Whole() {
		whole = append(whole, l.Code)
	}
	if diff := cmp.Diff([]string{"en", "fr"}, whole); diff != "" {
		t.Errorf("Whole (-want +got):\n%s", diff)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c := mustCatalog(t, map[string]string{"en/a.json": `{` + head + `,"hi":"<b>Hi</b> {name}, {a b} {","n":"{n} of {total}"}`})
	p := c.For("en")
	html, err := p.HTML("hi", "name", `<img src=x onerror="alert(1)">`)
	if err != nil {
		t.Fatal(err)
	}
	want := template.HTML(`<b>Hi</b> &lt;img src=x onerror=&#34;alert(1)&#34;&gt;, {a b} {`)
	if diff := cmp.Diff(want, html); diff != "" {
		t.Errorf("HTML (-want +got):\n%s", diff)
	}
	for name, call := range map[string]func() error{
		"unknown key":       func() error { _, err := p.Text("nowhere"); return err },
		"lacking argument":  func() error { _, err := p.Text("n", "n", 1); return err },
		"odd arguments":     func() error { _, err := p.Text("n", "n"); return err },
		"name is no string": func() error { _, err := p.Text("n", 1, 2); return err },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Every language that is delivered is complete, for applicants at least: a page half in another language is worse than none.
func TestDeliveredLanguages(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{}, c.Incomplete()); diff != "" {
		t.Errorf("Incomplete (-want +got):\n%s", diff)
	}
	var codes []string
	for _, l := range c.Languages() {
		codes = append(codes, l.Code)
		for _, area := range []string{"common", "mail", "public"} {
			if !slices.Contains(c.Areas(l.Code), area) {
				t.Errorf("%s lacks the area %s, which applicants read", l.Code, area)
			}
		}
	}
	if diff := cmp.Diff([]string{"en", "es"}, codes); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
}

// A translation that loses a name, or a mark of the text, shows a reader less than the others see.
func TestTranslationsFillTheSameNames(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	filled := regexp.MustCompile(`\{[a-z0-9_]+\}|</?[a-z]+>`)
	names := func(forms map[string]string) []string {
		found := filled.FindAllString(forms["other"], -1)
		slices.Sort(found)
		return found
	}
	for _, l := range c.Languages() {
		for _, key := range c.Keys(l.Code) {
			ours, err := c.For(l.Code).Forms(key)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := c.For(messages.Fallback).Forms(key)
			if err != nil || strings.HasPrefix(key, "format.") { // a language orders its dates as it likes
				continue
			}
			if diff := cmp.Diff(names(theirs), names(ours)); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", key, l.Code, diff)
			}
		}
	}
}

func TestSpanishFormats(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	p := c.For("es-MX")
	at := time.Date(2026, time.November, 3, 13, 5, 0, 0, time.FixedZone("EST", -5*3600))
	for want, got := range map[string]string{ // as the Unicode CLDR writes them for es-US
		"3 de noviembre de 2026":                 p.Date(at),
		"3 nov. 2026":                            p.ShortDate(at),
		"1:05 p. m.":                             p.Clock(at),
		"3 de noviembre de 2026, 1:05 p. m. EST": p.DateTime(at),
		"hace 1 día":                             p.Relative(at, at.Add(25*time.Hour)),
		"2 días y 3 horas":                       p.Duration(51 * time.Hour),
		"1.2 MB":                                 p.FileSize(1_200_000),
		"Mi caso tarda más de lo normal":         p.Find("category.processing-time", "?"),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestEnglishFormats(t *testing.T) {
	t.Parallel()
	c, err := messages.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	p := c.For("en")
	at := time.Date(2026, time.November, 23, 14, 5, 0, 0, time.FixedZone("EST", -5*3600))
	midnight := time.Date(2026, time.January, 2, 0, 30, 0, 0, time.UTC)
	for want, got := range map[string]string{
		"November 23, 2026":                  p.Date(at),
		"Nov 23, 2026":                       p.ShortDate(at),
		"2:05 p.m.":                          p.Clock(at),
		"12:30 a.m.":                         p.Clock(midnight),
		"November 23, 2026 at 2:05 p.m. EST": p.DateTime(at),
		"Nov 23, 2:05 p.m.":                  p.ShortDateTime(at),
		"900 bytes":                          p.FileSize(900), "1 byte": p.FileSize(1), "240 kB": p.FileSize(240_400), "1 MB": p.FileSize(999_600), "9.8 MB": p.FileSize(9_790_000),
		"just now":        p.Relative(at, at.Add(59*time.Second)),
		"1 minute ago":    p.Relative(at, at.Add(time.Minute)),
		"23 hours ago":    p.Relative(at, at.Add(24*time.Hour-time.Second)),
		"29 days ago":     p.Relative(at, at.Add(29*24*time.Hour)),
		"in 2 hours":      p.Relative(at.Add(2*time.Hour), at),
		"3h":              p.Age(at, at.Add(3*time.Hour+59*time.Minute)),
		"2 days 3 hours":  p.Duration(51*time.Hour + 59*time.Minute),
		"1 hour 1 minute": p.Duration(61 * time.Minute),
		"45 minutes":      p.Duration(45 * time.Minute),
		"1 day":           p.Duration(24*time.Hour + 30*time.Minute),
		"1,234,567":       p.Number(1234567),
		"12.5%":           p.Percent(0.125, 1),
		"3.1":             p.Decimal(3.14159, 1),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
