// Package page turns page data into HTML: templates with their layout, texts, hashed assets and the agency's look.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/messages"
)

// Config is what a Renderer needs. Templates has a folder per area and the folder layouts.
type Config struct {
	Templates fs.FS
	Dist      fs.FS
	Messages  *messages.Catalog
	Agency    Agency
	Language  string         // of readers who chose none; empty means messages.Fallback
	Location  *time.Location // of the dates shown; nil means UTC
	Now       func() time.Time
	Secure    bool // cookies travel over HTTPS only
}

// Renderer holds every page of every language, parsed. It is safe for concurrent use.
type Renderer struct {
	Config
	assets *Assets
	staff  []messages.Language                      // in which the staff's pages can be read
	pages  map[string]map[string]*template.Template // by language, then by name "area/file"
}

const (
	layoutFolder  = "layouts"
	layoutPublic  = "public.html"
	layoutConsole = "console.html"
)

// layoutOf says which layout an area's pages wear.
func layoutOf(area string) string {
	switch area {
	case "console", "reports", "ops":
		return layoutConsole
	}
	return layoutPublic
}

// New parses everything, so that a missing or broken template, asset or colour stops the start and not a reader.
func New(cfg Config) (*Renderer, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.Language == "" {
		cfg.Language = messages.Fallback
	}
	if !cfg.Messages.Has(cfg.Language) {
		return nil, fmt.Errorf("there are no messages in the default language %q", cfg.Language)
	}
	if err := cfg.Agency.check(); err != nil {
		return nil, fmt.Errorf("agency: %w", err)
	}
	assets, err := newAssets(cfg.Dist)
	if err != nil {
		return nil, err
	}
	r := &Renderer{Config: cfg, assets: assets, staff: cfg.Messages.Whole(), pages: map[string]map[string]*template.Template{}}
	for _, l := range cfg.Messages.Languages() {
		if r.pages[l.Code], err = r.parseAll(l.Code); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	return r, nil
}

// parseAll parses every page in one language. Files that begin with _ are partials: those of layouts belong to every page,
// those of an area to its pages.
func (r *Renderer) parseAll(lang string) (map[string]*template.Template, error) {
	areas, err := fs.ReadDir(r.Templates, ".")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	var problems []error
	for _, area := range areas {
		if !area.IsDir() || area.Name() == layoutFolder {
			continue
		}
		files, err := fs.Glob(r.Templates, area.Name()+"/*.html")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasPrefix(path.Base(file), "_") {
				continue
			}
			t, err := r.parse(lang, area.Name(), file)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			pages[strings.TrimSuffix(file, ".html")] = t
		}
	}
	return pages, errors.Join(problems...)
}

func (r *Renderer) parse(lang, area, file string) (*template.Template, error) {
	layout := layoutOf(area)
	t := template.New(layout).Funcs(r.funcs(r.Messages.For(lang)))
	patterns := []string{path.Join(layoutFolder, layout)}
	for _, folder := range []string{layoutFolder, area} {
		partials, err := fs.Glob(r.Templates, folder+"/_*.html")
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, partials...)
	}
	t, err := t.ParseFS(r.Templates, append(patterns, file)...)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	if t.Lookup("main") == nil {
		return nil, fmt.Errorf(`parse %s: it must define "main"`, file)
	}
	for _, sub := range t.Templates() {
		if missing := missingCalls(sub, t); len(missing) > 0 {
			return nil, fmt.Errorf("parse %s: %s calls %s, which nothing defines", file, sub.Name(), strings.Join(missing, ", "))
		}
	}
	return t, nil
}

// HTML renders the page name ("public/inquiry_new") in its layout. data is a struct that embeds Frame. Nothing is written
// when it returns an error.
func (r *Renderer) HTML(c *gin.Context, status int, name string, data any) error {
	if _, ok := data.(framed); !ok {
		return fmt.Errorf("render %s: %T does not embed page.Frame", name, data)
	}
	t, err := r.page(c, name)
	if err != nil {
		return err
	}
	return r.write(c, status, name, t, t.Name(), data)
}

// Render is HTML without an answer: it gives the page, for Send.
func (r *Renderer) Render(c *gin.Context, name string, data any) ([]byte, error) {
	t, err := r.page(c, name)
	if err != nil {
		return nil, err
	}
	return render(name, t, t.Name(), data)
}

// Fragment renders one template that page name or its partials define, without the layout: the part of a page that htmx
// asked for, or an event of a live stream.
func (r *Renderer) Fragment(c *gin.Context, status int, name, part string, data any) error {
	t, err := r.page(c, name)
	if err != nil {
		return err
	}
	if t.Lookup(part) == nil {
		return fmt.Errorf("render %s: it defines no part %q", name, part)
	}
	return r.write(c, status, name+"#"+part, t, part, data)
}

func (r *Renderer) page(c *gin.Context, name string) (*template.Template, error) {
	t := r.pages[r.Language(c)][name]
	if t == nil {
		return nil, fmt.Errorf("render %s: there is no such page", name)
	}
	return t, nil
}

func (r *Renderer) write(c *gin.Context, status int, name string, t *template.Template, part string, data any) error {
	body, err := render(name, t, part, data)
	if err != nil {
		return err
	}
	r.Send(c, status, body)
	return nil
}

func render(name string, t *template.Template, part string, data any) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(32 << 10)
	if err := t.ExecuteTemplate(&b, part, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// Send answers with a page.
func (r *Renderer) Send(c *gin.Context, status int, page []byte) {
	header := c.Writer.Header()
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store") // pages hold what only this reader may see
	}
	header.Set("Content-Language", r.Language(c))
	header.Add("Vary", "Cookie")
	c.Data(status, "text/html; charset=utf-8", page)
}

// Names lists the pages, sorted.
func (r *Renderer) Names() []string {
	var names []string
	for name := range r.pages[messages.Fallback] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Printer writes texts in the reader's language.
func (r *Renderer) Printer(c *gin.Context) *messages.Printer { return r.Messages.For(r.Language(c)) }

// isGet says whether a request may set the cookies that reading sets.
func isGet(c *gin.Context) bool {
	return c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
}
