package page_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

var now = time.Date(2026, time.November, 23, 19, 5, 0, 0, time.UTC)

var agency = page.Agency{
	Name: "Bureau of Arrivals", Colour: "#1f4f82", Phone: "1-800-555-0100", Email: "help@arrivals.test", AgencyTexts: page.AgencyTexts{Hours: page.Text{Words: "Monday to Friday, 8 a.m. to 8 p.m."}},
	Address: "1 Harbor Street\nPortsmouth", Demo: true,
	Legal: []page.Legal{{Title: "Privacy notice", URL: "/privacy"}, {Title: "Paperwork", Text: "About 10 minutes."}, {Lang: "es", Title: "Aviso"}},
}

// overlay is the layouts that are delivered, with pages of the tests.
func overlay(t testing.TB, pages map[string]string) fs.FS {
	t.Helper()
	fsys := fstest.MapFS{}
	copyFolder(t, fsys, os.DirFS("../templates"), "layouts")
	for name, data := range pages {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return fsys
}

func copyFolder(t testing.TB, into fstest.MapFS, from fs.FS, folder string) {
	t.Helper()
	files, err := fs.Glob(from, folder+"/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates in %s: %v", folder, err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(from, file)
		if err != nil {
			t.Fatal(err)
		}
		into[file] = &fstest.MapFile{Data: data}
	}
}

// bundle is as much of a client bundle as the pages need.
func bundle() fstest.MapFS {
	fsys := fstest.MapFS{}
	manifest := `{"files":{`
	for i, name := range []string{"public.css", "public.js", "console.css", "console.js", "icons.svg", "favicon.svg"} {
		if i > 0 {
			manifest += ","
		}
		manifest += `"` + name + `":"hashed-` + name + `"`
		fsys["hashed-"+name] = &fstest.MapFile{Data: []byte("/* " + name + " */")}
	}
	fsys["hashed-public.css.br"] = &fstest.MapFile{Data: []byte("brotli")}
	fsys["hashed-public.css.gz"] = &fstest.MapFile{Data: []byte("gzip")}
	icons := `["menu","search","light_mode","dark_mode","keyboard","expand_more","language","logout","inbox","insights","settings","close","navigate_before","navigate_next","check_circle","warning","help"]`
	fsys["manifest.json"] = &fstest.MapFile{Data: []byte(manifest + `},"icons":` + icons + `}`)}
	return fsys
}

func catalog(t testing.TB) *messages.Catalog {
	t.Helper()
	fsys := fstest.MapFS{"es/common.json": {Data: []byte(`{"language":{"name":"Español","dir":"ltr"},"layout":{"skip":"Ir al contenido"}}`)}}
	files, err := fs.Glob(os.DirFS("../messages"), "en/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile("../messages/" + file)
		if err != nil {
			t.Fatal(err)
		}
		fsys[file] = &fstest.MapFile{Data: data}
	}
	c, err := messages.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func renderer(t testing.TB, templates, dist fs.FS) *page.Renderer {
	t.Helper()
	r, err := page.New(page.Config{Templates: templates, Dist: dist, Messages: catalog(t), Agency: agency, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type kitchenTicket struct {
	Reference, Subject, Applicant, Link, Status string
	At                                          time.Time
}

type kitchen struct {
	page.Frame
	Steps                                   page.Steps
	Problems                                []page.Problem
	Category, Number, Name, Question, Files page.Field
	Rows                                    []page.Row
	Tickets                                 []kitchenTicket
	Pages                                   page.Pages
	Empty                                   page.Empty
	At                                      time.Time
	Long                                    string
	States, Statuses                        []string
}

// kitchenSite serves every component there is: /form, /form-errors, /done, /tickets, /ticket.
func kitchenSite(t testing.TB, dist fs.FS) *httptest.Server {
	t.Helper()
	pages := map[string]string{}
	for _, name := range []string{"public/form.html", "public/done.html", "console/tickets.html", "console/ticket.html"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(data)
	}
	r := renderer(t, overlay(t, pages), dist)
	g := gin.New()
	g.Use(func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	})
	g.GET("/assets/*file", r.ServeAsset)
	g.GET("/agency.css", r.AgencyCSS)
	serve := func(path, name, title string, fill func(k *kitchen)) {
		g.GET(path, func(c *gin.Context) {
			if strings.HasPrefix(name, "console/") {
				page.SetMember(c, &page.Member{Name: "Sam Supervisor", Email: "supervisor@askwell.test", Role: "supervisor"})
			}
			k := kitchenData(r.Frame(c), title)
			if fill != nil {
				fill(&k)
			}
			if err := r.HTML(c, http.StatusOK, name, k); err != nil {
				t.Error(err)
			}
		})
	}
	serve("/form", "public/form", "Ask a question", func(k *kitchen) { k.Problems, k.Number.Error, k.Category.Error = nil, "", "" })
	serve("/form-errors", "public/form", "Ask a question", func(k *kitchen) { k.Error = true })
	serve("/done", "public/done", "We have your question", nil)
	serve("/tickets", "console/tickets", "Unassigned", nil)
	serve("/ticket", "console/ticket", "My card never arrived and the tracking says that it was delivered to another address", func(k *kitchen) { k.Problems = k.Problems[:1] })
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return s
}

func kitchenData(f page.Frame, title string) kitchen {
	f.Title = title
	f.Views = []page.ViewGroup{
		{Views: []page.View{{Label: "Mine", URL: "/console/tickets?view=mine", Icon: "person", Count: 12}, {Label: "Unassigned", URL: "/tickets", Icon: "inbox", Count: 1340, Current: true}, {Label: "All", URL: "/all", Icon: "list", Count: -1}}},
		{Title: "Queues", Views: []page.View{{Label: "Cards and documents that were not received", URL: "/q", Icon: "folder", Count: 88}}},
	}
	return kitchen{
		Frame: f, At: now.Add(-3 * time.Hour), Steps: page.Steps{Current: 2, Labels: []string{"Your question", "Check your answers", "Sent"}},
		Problems: []page.Problem{{Field: "category", Text: "Choose what your question is about"}, {Field: "account_number", Text: "Check the number"}},
		Category: page.Field{Name: "category", Label: "What is your question about?", Required: true, Prompt: "Choose one", Value: "b", Error: "Choose what your question is about",
			Options: []page.OptionGroup{{Label: "My case", Options: []page.Option{{Value: "a", Label: "Outside normal processing time"}, {Value: "b", Label: "Card not received"}}}, {Options: []page.Option{{Value: "z", Label: "Something else"}}}}},
		Number:   page.Field{Name: "account_number", Label: "Account number (if any)", Hint: "12 digits. It is not your A-Number. Leave it empty if you have none.", Error: "Check the number", Shape: "account-number", InputMode: "numeric", Width: "lg", NoDraft: false},
		Name:     page.Field{Name: "name", Label: "Full name", Autocomplete: "name", Required: true, Value: "José Ñandú"},
		Question: page.Field{Name: "question", Label: "Your question", Rows: 8, MaxLength: 20000, Required: true},
		Files:    page.Field{Name: "attachments", Label: "Files", Hint: "Up to 5, 10 MB each", Optional: true, Accept: ".pdf,.jpg"},
		Rows:     []page.Row{{Label: "Name", Lines: []string{"José Ñandú"}, ChangeURL: "/form#name"}, {Label: "Account number", ChangeURL: "/form#n"}, {Label: "Question", Lines: []string{strings.Repeat("Where is my card? ", 20), "Second line"}, ChangeURL: "/form#q"}},
		Tickets: []kitchenTicket{
			{"ASK-7F3K-92QD", "My card never arrived", "José Ñandú", "claimed", "new", now.Add(-5 * time.Minute)},
			{"ASK-8H4M-33RF", strings.Repeat("A subject that goes on and on ", 8), "Li", "conflict", "open", now.Add(-4 * time.Hour)},
			{"ASK-9J5N-44TG", "Cambio de dirección", "María del Carmen", "verified", "pending", now.Add(-50 * time.Hour)},
			{"ASK-2K6P-55VH", "Status of I-485", "Sam", "none", "solved", now.Add(-300 * time.Hour)},
		},
		Pages:    page.Pages{Newer: "?after=a", Older: "?before=b"},
		Empty:    page.Empty{Icon: "inbox", Title: "Nothing is waiting", Text: "New questions appear here by themselves.", URL: "/all", Action: "See all tickets"},
		Long:     "Hello,\n\n" + strings.Repeat("I moved in March and filed the form on time, but the card went to my old address. ", 6) + "\n\nThank you",
		States:   []string{"none", "verified", "corroborated", "claimed", "conflict", "unmatched", "unusable"},
		Statuses: []string{"new", "open", "pending", "on_hold", "solved", "closed"},
	}
}
