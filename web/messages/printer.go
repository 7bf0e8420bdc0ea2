package messages

import (
	"fmt"
	"html/template"
	"maps"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Printer writes the texts of one language.
type Printer struct {
	Language Language
	tag      language.Tag
	texts    map[string]text
	areas    map[string]string // of each key, the file that has it
	fallback *Printer          // nil for the fallback itself
}

// T gives the text of key with its arguments as name, value pairs: T("inbox.count", "count", 3). The argument "count" chooses
// the plural form. It panics on an unknown key or a lacking argument: both are mistakes in the code that no reader can mend;
// use Find for keys that data decides.
func (p *Printer) T(key string, args ...any) string {
	s, err := p.Text(key, args...)
	if err != nil {
		panic(err)
	}
	return s
}

// Text is T with the mistake as an error, for templates.
func (p *Printer) Text(key string, args ...any) (string, error) {
	return p.fill(key, args, func(s string) string { return s })
}

// HTML gives the text of key as markup. Only the catalogue's own markup stays; arguments are escaped, unless they are
// template.HTML already.
func (p *Printer) HTML(key string, args ...any) (template.HTML, error) {
	s, err := p.fill(key, args, template.HTMLEscapeString)
	return template.HTML(s), err //nolint:gosec // the catalogue is ours, arguments are escaped in fill
}

// Find gives the text of key, or otherwise when no language has it: for keys that end in a code from the database, such as a
// category that an administrator added.
func (p *Printer) Find(key, otherwise string, args ...any) string {
	if !p.Has(key) {
		return otherwise
	}
	return p.T(key, args...)
}

// Forms gives the plural forms of a message by category ("one", "other"), unfilled, for scripts that count.
func (p *Printer) Forms(key string) (map[string]string, error) {
	t, owner := p.lookup(key)
	if owner == nil {
		return nil, fmt.Errorf("message %q is in no language", key)
	}
	return maps.Clone(t), nil
}

// Has says whether this language or the fallback knows key.
func (p *Printer) Has(key string) bool {
	_, owner := p.lookup(key)
	return owner != nil
}

// Under lists the last parts of the keys that stand directly below a key, sorted: the codes that the catalogue has names for.
func (p *Printer) Under(key string) []string {
	var parts []string
	for ; p != nil; p = p.fallback {
		for full := range p.texts {
			if part, below := strings.CutPrefix(full, key+"."); below && !strings.Contains(part, ".") {
				parts = append(parts, part)
			}
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

func (p *Printer) lookup(key string) (text, *Printer) {
	if t, ok := p.texts[key]; ok {
		return t, p
	}
	if p.fallback != nil {
		return p.fallback.lookup(key)
	}
	return nil, nil
}

func (p *Printer) fill(key string, args []any, escape func(string) string) (string, error) {
	t, owner := p.lookup(key)
	if owner == nil {
		return "", fmt.Errorf("message %q is in no language", key)
	}
	if len(args)%2 != 0 {
		return "", fmt.Errorf("message %q: arguments come as name, value", key)
	}
	values := make(map[string]string, len(args)/2)
	form := t.other()
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return "", fmt.Errorf("message %q: argument name %v is no string", key, args[i])
		}
		values[name] = p.value(args[i+1], escape)
		if n, isInt := integer(args[i+1]); isInt && name == "count" {
			form = t.form(owner.pluralForm(n))
		}
	}
	return substitute(key, form, values)
}

// substitute puts values in place of {name}. A brace that opens no name stays as it is.
func substitute(key, s string, values map[string]string) (string, error) {
	if !strings.Contains(s, "{") {
		return s, nil
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !isName(name) {
			b.WriteByte('{')
			s = rest
			continue
		}
		value, ok := values[name]
		if !ok {
			return "", fmt.Errorf("message %q needs the argument %q", key, name)
		}
		b.WriteString(value)
		s = after
	}
}

func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		digit := r >= '0' && r <= '9'
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return s != ""
}

func (p *Printer) value(v any, escape func(string) string) string {
	if markup, ok := v.(template.HTML); ok {
		return string(markup)
	}
	if n, ok := integer(v); ok {
		return p.Number(n)
	}
	if f, ok := v.(float64); ok {
		return p.Decimal(f, 1)
	}
	return escape(fmt.Sprint(v))
}

// pluralForm follows CLDR's cardinal rules for whole numbers.
func (p *Printer) pluralForm(n int64) plural.Form {
	if n < 0 {
		n = -n
	}
	return plural.Cardinal.MatchPlural(p.tag, int(n%10_000_000), 0, 0, 0, 0)
}

// Number writes a whole number with the language's grouping: 1,234.
func (p *Printer) Number(n int64) string {
	return message.NewPrinter(p.tag).Sprint(number.Decimal(n))
}

// Decimal writes f with at most digits after the point.
func (p *Printer) Decimal(f float64, digits int) string {
	return message.NewPrinter(p.tag).Sprint(number.Decimal(f, number.MaxFractionDigits(digits)))
}

// Fixed writes f with exactly so many digits after the point: what was measured to a tenth keeps its tenth, 4.0.
func (p *Printer) Fixed(f float64, digits int) string {
	return message.NewPrinter(p.tag).Sprint(number.Decimal(f, number.Scale(digits)))
}

// Percent writes the share f of one as a percentage with exactly so many digits after the point: 0.125 is 12.5%.
func (p *Printer) Percent(f float64, digits int) string {
	return message.NewPrinter(p.tag).Sprint(number.Percent(f, number.Scale(digits)))
}

func integer(v any) (int64, bool) {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return 0, false
	case r.CanInt():
		if _, named := v.(fmt.Stringer); named {
			return 0, false
		}
		return r.Int(), true
	case r.CanUint():
		return int64(r.Uint()), true //nolint:gosec // counts on a page
	}
	return 0, false
}
