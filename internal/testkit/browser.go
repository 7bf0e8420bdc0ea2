package testkit

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	logevents "github.com/chromedp/cdproto/log"
	jsevents "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
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
