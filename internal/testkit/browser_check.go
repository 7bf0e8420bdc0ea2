package testkit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// HasFocus reports whether the element with the focus is one that the selector finds.
func (b *Tab) HasFocus(selector string) bool {
	b.t.Helper()
	return Eval[bool](b, "document.activeElement.matches("+quote(selector)+")")
}

// Text is what the first element that the selector finds says, as it is shown. It waits for the element.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	b.WaitFor("document.querySelector(" + quote(selector) + ")")
	return strings.TrimSpace(Eval[string](b, "document.querySelector("+quote(selector)+").innerText"))
}

// Value is what the field holds.
func (b *Tab) Value(selector string) string {
	b.t.Helper()
	b.WaitFor("document.querySelector(" + quote(selector) + ")")
	return Eval[string](b, "document.querySelector("+quote(selector)+").value")
}

// Title is the page's title.
func (b *Tab) Title() string {
	b.t.Helper()
	return run(b, "read the title", chromedp.Title())
}

// URL is the page's address.
func (b *Tab) URL() string {
	b.t.Helper()
	return run(b, "read the address", chromedp.Location())
}

// WaitFor waits until the JavaScript condition holds.
func (b *Tab) WaitFor(condition string) {
	b.t.Helper()
	deadline := time.Now().Add(browserStep)
	for !Eval[bool](b, "Boolean("+condition+")") {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain for %s", condition)
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatalf("waited for %s: %v", condition, b.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Eval gives the value of a JavaScript expression in the page.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	return run(b, "evaluate "+expression, chromedp.Evaluate[T](expression))
}

// Screenshot writes the whole page as PNG at this size.
func (b *Tab) Screenshot(path string, width, height int64, dark bool) {
	b.t.Helper()
	b.Dark(dark)
	b.Resize(width, height)
	image := run(b, "take a picture", chromedp.FullScreenshot(100))
	if err := os.WriteFile(path, image, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// axeTags are WCAG 2.2's levels A and AA with axe-core's best practices.
const axeTags = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// Axe fails the test for every violation that axe-core finds on the page as it stands. The script reaches the page by the
// debugger, so that the page's own policy stays as it is.
func (b *Tab) Axe() {
	b.t.Helper()
	script, err := axeScript()
	if err != nil {
		b.t.Fatalf("read axe-core: %v (npm ci installs it)", err)
	}
	b.do("load axe-core", chromedp.Evaluate[chromedp.Void](script+";void 0"))
	result := run(b, "run axe-core", chromedp.Evaluate[string](
		`axe.run(document,{runOnly:{type:"tag",values:`+axeTags+`},resultTypes:["violations"]}).then(r=>JSON.stringify(r.violations.map(v=>`+
			`({id:v.id,help:v.help,nodes:v.nodes.map(n=>n.html.slice(0,200)+" — "+n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(result), &violations); err != nil {
		b.t.Fatalf("read axe-core's result: %v", err)
	}
	for _, v := range violations {
		b.t.Errorf("axe-core on %s: %s (%s):\n%s", b.URL(), v.Help, v.ID, strings.Join(v.Nodes, "\n"))
	}
}

// axeScript finds axe-core among the client's packages, from the test's folder upwards.
var axeScript = sync.OnceValues(func() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		var data []byte
		data, err = os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
		if err == nil || folder == filepath.Dir(folder) {
			return string(data), err
		}
		folder, err = filepath.Dir(folder), nil
	}
	return "", err
})

func quote(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("testkit: quote %q: %v", s, err)) // strings always marshal
	}
	return string(data)
}
