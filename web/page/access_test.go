package page_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is the binary itself: distributions' wrapper scripts leave children behind.
func browser(t *testing.T) string {
	t.Helper()
	for _, path := range []string{os.Getenv("CHROME"), "/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium", "chromium", "google-chrome"} {
		if found, err := exec.LookPath(path); path != "" && err == nil {
			return found
		}
	}
	t.Fatal("there is no Chromium: run scripts/setup")
	return ""
}

func tab(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.ExecPath(browser(t)), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true)))
	t.Cleanup(cancel)
	return ctx
}

// Every component, light and dark, on a phone and on a desk: axe-core finds nothing, nothing is wider than the screen, and
// the content security policy lets everything through that the pages need.
func TestComponentsAccess(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	site := kitchenSite(t, os.DirFS("../dist"))
	ctx := tab(t)
	schemes := map[string][]string{"/form": {"light"}, "/form-errors": {"light"}, "/done": {"light"}, "/tickets": {"light", "dark"}, "/ticket": {"light", "dark"}}
	for path, schemes := range schemes {
		for _, scheme := range schemes {
			emulateScheme(t, ctx, scheme)
			for screen, width := range map[string]int64{"phone": 390, "desk": 1440} {
				name := strings.Trim(path, "/") + " " + scheme + " " + screen
				must(t, name, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(site.URL+path)))
				shoot(t, ctx, name)
				checkPage(t, ctx, name, string(axe))
			}
		}
	}
}

func emulateScheme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	must(t, scheme, err)
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// shoot keeps a picture in the folder SCREENSHOTS, for a person to look at.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, name, err)
	must(t, name, os.WriteFile(folder+"/"+strings.ReplaceAll(name, " ", "-")+".png", png, 0o600))
}

func checkPage(t *testing.T, ctx context.Context, name, axe string) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axe+";true"))
	must(t, name, err)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run().then(r => JSON.stringify({
		violations: r.violations.map(v => v.id + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join("; ")),
		wide: document.documentElement.scrollWidth - innerWidth,
	}))`, chromedp.EvalAwaitPromise))
	must(t, name, err)
	var result struct {
		Violations []string
		Wide       int
	}
	must(t, name, json.Unmarshal([]byte(found), &result))
	for _, v := range result.Violations {
		t.Errorf("%s: %s", name, v)
	}
	if result.Wide > 0 {
		t.Errorf("%s: the page is %d px wider than the screen", name, result.Wide)
	}
}
