package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	logevents "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	jsevents "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	browserStart = time.Minute
	browserStep  = 30 * time.Second // what one thing done in a browser may take
)

// chromium is the browser that all tests of one test binary share, each in a context of its own.
var chromium = sync.OnceValues(startChromium)

// Tab is a browser's page with cookies of its own. Its methods fail the test by themselves.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	mistakes []string
}

// Browser opens a tab of 1280 by 900 pixels. The test fails in the end if a script threw, or if the page's own policy blocked
// something.
func Browser(t testing.TB) *Tab {
	t.Helper()
	shared, err := chromium()
	if err != nil {
		t.Fatalf("start Chromium: %v (scripts/setup installs it)", err)
	}
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, mistake := range tab.mistakes {
			t.Errorf("in the browser: %s", mistake)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil { // opens the tab for as long as its context lives
		t.Fatalf("open a tab: %v", err)
	}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("listen to the tab: %v", err)
	}
	tab.Resize(1280, 900)
	return tab
}

// startChromium keeps the browser from talking to anybody but this machine.
func startChromium() (context.Context, error) {
	program, err := findChromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true), chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Flag("lang", "en-US"),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err = <-started:
	case <-time.After(browserStart):
		err = errors.New("it did not answer")
	}
	if err != nil {
		cancel()
		stop()
		return nil, err
	}
	atExit(func() error {
		err := chromedp.Cancel(ctx)
		stop()
		return err
	})
	return ctx, nil
}

// findChromium prefers the programs to Debian's wrappers, which leave an orphan behind.
func findChromium() (string, error) {
	candidates := []string{
		os.Getenv("CHROMIUM"), "/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium", "chromium", "chromium-browser",
		"google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
	}
	for _, candidate := range candidates {
		if candidate == "" {
			continue
		}
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed")
}

// hear keeps what went wrong in the page itself. Answers with an error status are no mistake of the page.
func (b *Tab) hear(event any) {
	var mistake string
	switch e := event.(type) {
	case *jsevents.EventExceptionThrown:
		mistake = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			mistake += " " + x.Description
		}
	case *logevents.EventEntryAdded:
		if string(e.Entry.Source) == "security" || string(e.Entry.Source) == "javascript" {
			mistake = e.Entry.Text
		}
	}
	if mistake != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.mistakes = append(b.mistakes, mistake)
	}
}

// do runs steps and fails the test when they fail or take too long.
func (b *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserStep)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func run[T any](b *Tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserStep)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return value
}

// Goto opens an address and waits until the page is loaded.
func (b *Tab) Goto(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
}

// keys are the names of keys that type nothing. Others stand for themselves.
var keys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowDown": kb.ArrowDown, "ArrowUp": kb.ArrowUp, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight, "Home": kb.Home, "End": kb.End,
}

var modifiers = map[string]chromedp.Modifier{
	"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl, "Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
}

// Press presses keys one after the other: "j", "Enter", "Shift+Tab", "Control+Enter".
func (b *Tab) Press(names ...string) {
	b.t.Helper()
	for _, name := range names {
		b.do("press "+name, pressing(name))
	}
}

func pressing(name string) chromedp.Action[chromedp.Void] {
	parts := strings.Split(name, "+")
	if name == "+" {
		parts = []string{"+"}
	}
	last := parts[len(parts)-1]
	text, ok := keys[last]
	if !ok {
		text = last
	}
	var held []chromedp.Modifier
	for _, part := range parts[:len(parts)-1] {
		held = append(held, modifiers[part])
	}
	if len(held) == 0 && !ok {
		return typing(text)
	}
	return chromedp.KeyEvent(text, chromedp.KeyModifiers(held...))
}

// typing presses a key that types, as one event with its text, the way a keyboard does: a page that takes the key for itself
// keeps its letter from being typed.
func typing(key string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		event := input.DispatchKeyEventParams{Key: key, Text: key}
		if strings.ToLower(key) != key {
			event.Modifiers = int64(chromedp.ModifierShift)
		}
		for _, event.Type = range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, event); err != nil {
				return err
			}
		}
		return nil
	})
}

// PressAndLoad presses a key that leads to another page, and waits for it.
func (b *Tab) PressAndLoad(name string) {
	b.t.Helper()
	b.loads("press "+name, pressing(name))
}

// ClickAndLoad clicks what the selector finds, and waits for the page that it leads to.
func (b *Tab) ClickAndLoad(selector string) {
	b.t.Helper()
	b.loads("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

func (b *Tab) loads(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	run(b, what+" and load", chromedp.WaitEvent(page.LoadEventFired, nil, action))
}

// Click clicks what the selector finds.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type types into whatever has the focus, a key at a time.
func (b *Tab) Type(text string) {
	b.t.Helper()
	b.do("type", chromedp.KeyEvent(strings.ReplaceAll(text, "\n", kb.Enter)))
}

// TabTo presses Tab until what the selector finds has the focus: a person with a keyboard gets there no other way.
func (b *Tab) TabTo(selector string) {
	b.t.Helper()
	for range 150 {
		b.Press("Tab")
		if b.HasFocus(selector) {
			return
		}
	}
	b.t.Fatalf("the Tab key does not lead to %s", selector)
}

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

// Upload chooses files for a field.
func (b *Tab) Upload(selector string, paths ...string) {
	b.t.Helper()
	b.do("choose files", chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
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

// Resize sets the viewport, in CSS pixels.
func (b *Tab) Resize(width, height int64) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// Dark makes the page see that its reader prefers a dark, or a light, look.
func (b *Tab) Dark(dark bool) {
	b.t.Helper()
	value := "light"
	if dark {
		value = "dark"
	}
	b.do("set the colour scheme", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// NoScript switches JavaScript off for the pages to come.
func (b *Tab) NoScript() {
	b.t.Helper()
	b.do("switch JavaScript off", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
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
