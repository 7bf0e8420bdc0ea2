// Package messages holds every text of the pages, by language and key, with plurals, named arguments and local formats.
package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Fallback is the language that holds every key; the others borrow from it what they lack.
const Fallback = "en"

// Language names one language for a language button: Code as BCP 47, OwnName as its readers write it, Dir "ltr" or "rtl".
type Language struct {
	Code    string
	OwnName string
	Dir     string
}

// Catalog holds the texts of all languages. It never changes after Load.
type Catalog struct {
	languages []Language
	printers  map[string]*Printer
}

// Load reads fsys, where each folder is a language ("en", "es") and each .json file in it an area. Objects nest and their
// keys join with dots; an object with "other" among plural categories is one message with plural forms. It returns all
// problems at once: a key defined twice, a broken file, a language without its own name. "language.locale" says
// where numbers are written as this language does ("es-US"); without it, the folder does.
func Load(fsys fs.FS) (*Catalog, error) {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	c := &Catalog{printers: map[string]*Printer{}}
	var problems []error
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		p, err := loadLanguage(fsys, folder.Name())
		if err != nil {
			problems = append(problems, err)
			continue
		}
		c.printers[p.Language.Code] = p
		c.languages = append(c.languages, p.Language)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	fallback := c.printers[Fallback]
	if fallback == nil {
		return nil, fmt.Errorf("read messages: no folder %q", Fallback)
	}
	for _, p := range c.printers {
		if p != fallback {
			p.fallback = fallback
		}
	}
	slices.SortFunc(c.languages, func(a, b Language) int {
		switch {
		case a.Code == Fallback:
			return -1
		case b.Code == Fallback:
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	})
	return c, nil
}

// Languages lists the languages, the fallback first.
func (c *Catalog) Languages() []Language { return slices.Clone(c.languages) }

// Has says whether there is a language of this exact code.
func (c *Catalog) Has(code string) bool { return c.printers[code] != nil }

// For gives the printer of a language, that of the base language ("es" for "es-MX"), or the fallback's. It never gives nil.
func (c *Catalog) For(code string) *Printer {
	if p := c.printers[code]; p != nil {
		return p
	}
	base, _, _ := strings.Cut(code, "-")
	if p := c.printers[base]; p != nil {
		return p
	}
	return c.printers[Fallback]
}

// Whole lists the languages that have every area, the fallback first: what the staff's pages can be read in.
func (c *Catalog) Whole() []Language {
	return slices.DeleteFunc(c.Languages(), func(l Language) bool {
		return slices.ContainsFunc(c.Areas(Fallback), func(area string) bool { return !slices.Contains(c.Areas(l.Code), area) })
	})
}

// Areas lists the areas that a language has, sorted. A language may leave areas out: what it has, it has whole.
func (c *Catalog) Areas(code string) []string {
	set := map[string]bool{}
	for _, area := range c.printers[code].areas {
		set[area] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// Keys lists the keys that a language has itself, sorted: all, or those of some areas.
func (c *Catalog) Keys(code string, areas ...string) []string {
	keys := slices.Sorted(maps.Keys(c.printers[code].areas))
	if len(areas) == 0 {
		return keys
	}
	return slices.DeleteFunc(keys, func(key string) bool { return !slices.Contains(areas, c.printers[code].areas[key]) })
}

// ofData begins the keys that end in a code from the database. The fallback has no texts for them: the database has.
const ofData = "category."

// Incomplete lists, by language, the keys that it lacks of the fallback's in the areas that it has, and those that it has beyond
// the fallback's.
func (c *Catalog) Incomplete() map[string][]string {
	gaps := map[string][]string{}
	all := c.printers[Fallback]
	for code, p := range c.printers {
		has := c.Areas(code)
		for key, area := range all.areas {
			if _, ok := p.texts[key]; !ok && slices.Contains(has, area) {
				gaps[code] = append(gaps[code], "missing "+key)
			}
		}
		for key, area := range p.areas {
			if all.areas[key] != area && !strings.HasPrefix(key, ofData) {
				gaps[code] = append(gaps[code], "unknown "+key)
			}
		}
		slices.Sort(gaps[code])
		if len(gaps[code]) == 0 {
			delete(gaps, code)
		}
	}
	return gaps
}

func loadLanguage(fsys fs.FS, code string) (*Printer, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("messages folder %q is no language code: %w", code, err)
	}
	files, err := fs.Glob(fsys, path.Join(code, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list messages of %s: %w", code, err)
	}
	p := &Printer{tag: tag, texts: map[string]text{}, areas: map[string]string{}}
	origin := map[string]string{}
	var problems []error
	for _, file := range files {
		entries, err := readArea(fsys, file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if first, ok := origin[key]; ok {
				problems = append(problems, fmt.Errorf("message %q is defined in %s and again in %s", key, first, file))
				continue
			}
			origin[key] = file
			p.texts[key], p.areas[key] = entries[key], strings.TrimSuffix(path.Base(file), ".json")
		}
	}
	if locale := p.texts["language.locale"].other(); locale != "" { // numbers are written differently across the sea
		if p.tag, err = language.Parse(locale); err != nil {
			problems = append(problems, fmt.Errorf("messages of %s: language.locale %q is none: %w", code, locale, err))
		}
	}
	p.Language = Language{Code: code, OwnName: p.texts["language.name"].other(), Dir: p.texts["language.dir"].other()}
	if p.Language.OwnName == "" || (p.Language.Dir != "ltr" && p.Language.Dir != "rtl") {
		problems = append(problems, fmt.Errorf(`messages of %s: language.name must be its own name and language.dir "ltr" or "rtl"`, code))
	}
	return p, errors.Join(problems...)
}

func readArea(fsys fs.FS, file string) (map[string]text, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	entries := map[string]text{}
	if err := decodeObject(json.NewDecoder(strings.NewReader(string(data))), "", entries); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return entries, nil
}
