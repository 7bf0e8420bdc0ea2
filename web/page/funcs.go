package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/web/messages"
)

// funcs are the functions of the templates in one language. Times may be time.Time or *time.Time; nil and zero write nothing.
//
//	{{t "key" "name" .Value}}        a message            {{thtml "key"}}      a message with the catalogue's markup
//	{{tor "key" .Label}}             a message, or the second argument when there is none (codes from the database)
//	{{forms "key"}}                  the plural forms as JSON, for scripts that count
//	{{asset "public.css"}}           hashed URL           {{icon "search"}}    inline icon, hidden from screen readers
//	{{date .At}} {{datetime .At}} {{shortdate .At}} {{shortdatetime .At}} {{clock .At}}   local formats
//	{{timeago .At}}                  <time> that the browser keeps up to date; {{age .At}} the same in little room
//	{{isotime .At}}                  for datetime attributes   {{duration .D}}  "2 days 3 hours"
//	{{day .ReceivedOn}}              a calendar day, in no time zone   {{filesize .Size}}  "240 kB"
//	{{number 1234}}                  1,234                {{accountnumber "123456789012"}} 1234 5678 9012
//	{{initials .Name}}               first letters of the first and the last word
//	{{lines .Text}}                  text as lines        {{args "k" v ...}}   a map, to hand several values to a partial
func (r *Renderer) funcs(p *messages.Printer) template.FuncMap {
	clock := func(write func(time.Time) string) func(any) (string, error) {
		return func(v any) (string, error) {
			t, ok, err := r.instant(v)
			if err != nil || !ok {
				return "", err
			}
			return write(t), nil
		}
	}
	return template.FuncMap{
		"t":     p.Text,
		"forms": func(key string) (string, error) { return formsJSON(p, key) },
		"thtml": p.HTML,
		"tor":   p.Find,
		"asset": r.assets.URL,
		"icon":  r.icon,
		"date":  clock(p.Date), "shortdate": clock(p.ShortDate), "clock": clock(p.Clock),
		"datetime": clock(p.DateTime), "shortdatetime": clock(p.ShortDateTime),
		"isotime":       clock(func(t time.Time) string { return t.UTC().Format(time.RFC3339) }),
		"timeago":       func(v any) (template.HTML, error) { return r.timeElement(p, v, "long", p.Relative) },
		"age":           func(v any) (template.HTML, error) { return r.timeElement(p, v, "short", p.Age) },
		"day":           func(t time.Time) string { return p.ShortDate(t) },
		"filesize":      p.FileSize,
		"duration":      p.Duration,
		"number":        func(v any) (string, error) { return p.Text("format.number", "value", v) },
		"accountnumber": identifier.FormatAccountNumber,
		"initials":      initials,
		"lines":         func(s string) []string { return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") },
		"args":          args,
		"agencycss":     func() string { return "/agency.css?v=" + r.agencyVersion() },
	}
}

// instant reads v as a time in the desk's location; false for none.
func (r *Renderer) instant(v any) (time.Time, bool, error) {
	switch t := v.(type) {
	case time.Time:
		return t.In(r.Location), !t.IsZero(), nil
	case *time.Time:
		if t == nil {
			return time.Time{}, false, nil
		}
		return t.In(r.Location), !t.IsZero(), nil
	case nil:
		return time.Time{}, false, nil
	}
	return time.Time{}, false, fmt.Errorf("%T is no time", v)
}

func (r *Renderer) timeElement(p *messages.Printer, v any, style string, write func(t, now time.Time) string) (template.HTML, error) {
	t, ok, err := r.instant(v)
	if err != nil || !ok {
		return "", err
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-relative="%s">%s</time>`, //nolint:gosec // escaped here
		t.UTC().Format(time.RFC3339), template.HTMLEscapeString(p.DateTime(t)), style,
		template.HTMLEscapeString(write(t, r.Now())))), nil
}

func (r *Renderer) icon(name string) (template.HTML, error) {
	if !r.assets.hasIcon(name) {
		return "", fmt.Errorf("there is no icon %q: add it to web/assets/icons.txt", name)
	}
	sprite, err := r.assets.URL("icons.svg")
	if err != nil {
		return "", err
	}
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + sprite + "#" + name + `"></use></svg>`), nil //nolint:gosec // names of ours
}

// args makes a map of names and values, so that a partial can take several.
func args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args come as name, value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("args: the name %v is no string", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

func initials(name string) string {
	words := strings.Fields(name)
	var letters string
	for i, word := range words {
		if i == 0 || i == len(words)-1 {
			letters += strings.ToUpper(string([]rune(word)[:1]))
		}
	}
	return letters
}

func formsJSON(p *messages.Printer, key string) (string, error) {
	forms, err := p.Forms(key)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(forms)
	return string(data), err
}
