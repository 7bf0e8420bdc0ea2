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
// problems at once: a key defined twice, a broken file, a language without its own name.
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

// Incomplete lists, by language, the keys of the fallback that it lacks and those that it has beyond the fallback's.
func (c *Catalog) Incomplete() map[string][]string {
	gaps := map[string][]string{}
	all := c.printers[Fallback].texts
	for code, p := range c.printers {
		for key := range all {
			if _, ok := p.texts[key]; !ok {
				gaps[code] = append(gaps[code], "missing "+key)
			}
		}
		for key := range p.texts {
			if _, ok := all[key]; !ok {
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
	p := &Printer{tag: tag, texts: map[string]text{}}
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
			p.texts[key] = entries[key]
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
