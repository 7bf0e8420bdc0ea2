package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

func TestErrorPages(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for name, tc := range map[string]struct {
		method, path string
		status       int
		title        string
	}{
		"no such page":            {http.MethodGet, "/nowhere", 404, "Error: We cannot find this page | Bureau of Arrivals"},
		"no such page of staff's": {http.MethodGet, "/console/nowhere", 404, "Error: We cannot find this page | Bureau of Arrivals"},
		"wrong method":            {http.MethodDelete, "/", 405, "Error: This page cannot be opened like this | Bureau of Arrivals"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := desk.NewVisitor(t).Send(tc.method, tc.path, "", nil)
			if got.Status != tc.status || got.Text("title") != tc.title {
				t.Errorf("status %d, title %q; want %d, %q", got.Status, got.Text("title"), tc.status, tc.title)
			}
			if got.Doc.Find("main a[href]").Length() == 0 {
				t.Error("the page leads nowhere")
			}
			console := got.Doc.Find("body.console").Length() == 1
			if want := strings.HasPrefix(tc.path, "/console"); console != want {
				t.Errorf("console look is %v, want %v", console, want)
			}
		})
	}
}

func TestErrorPageKeepsTheConsoleAround(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	agent := desk.SignIn(t, staff.RoleAgent)
	for path, status := range map[string]int{"/console/nowhere": 404, "/console/tickets/ASK-2222-2222": 404, "/console/reports/response-times": 403} {
		p := agent.Get(path)
		if p.Status != status || p.Doc.Find(".topbar, .rail").Length() != 2 {
			t.Errorf("%s: status %d, want %d with the console around it", path, p.Status, status)
		}
	}
}
