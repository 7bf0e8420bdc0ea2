//go:build screenshots

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
)

// TestScreenshots takes the pictures of the README and of every page, for a person to look at: make screenshots.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Fatal("SCREENSHOTS names no folder")
	}
	base := os.Getenv("DESK")
	if base == "" {
		d := startUp(t, dataDir(t), nil)
		eventually(t, 2*time.Minute, d.indexed)
		base = d.url
	}
	b := testkit.Browser(t)
	shoot := func(name, path string) {
		for _, width := range []int64{390, 1440} {
			for look, dark := range map[string]bool{"": false, "-dark": true} {
				b.Dark(dark) // before the page is loaded: no colour is on its way to another one then
				b.Resize(width, 900)
				b.Goto(base + path)
				b.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%d%s.png", name, width, look)), width, 900, dark)
			}
		}
	}
	for name, path := range map[string]string{
		"start": "/", "inquiry": "/inquiries/new", "number-help": "/help/account-number", "sign-in": "/console/sign-in",
	} {
		shoot(name, path)
	}
	b.Goto(base + "/console/sign-in")
	b.Click(`[name=email]`)
	b.Type("administrator@askwell.test")
	b.Click(`[name=password]`)
	b.Type(demoPassword)
	b.PressAndLoad("Enter")
	b.Goto(base + "/console/tickets?link=corroborated")
	ticket := testkit.Eval[string](b, `document.querySelector('a[href^="/console/tickets/ASK-"]').getAttribute('href')`)
	b.Goto(base + ticket)
	account := testkit.Eval[string](b, `document.querySelector('a[href^="/console/accounts/"]').getAttribute('href')`)
	for name, path := range map[string]string{
		"tickets": "/console/tickets", "ticket": ticket, "account": account,
		"search": "/console/search?q=card+not+received", "search-start": "/console/search", "search-nothing": "/console/search?q=zzyzx",
		"search-filtered": "/console/search?q=card+-status:closed&language=en&language=es&opened=90d&sort=newest",
		"search-problems": "/console/search?q=card+status:opne+stauts:open+opened:yesterday",
		"queues":          "/console/task-queues", "calendar": "/console/calendar", "report": "/console/reports/response-times", "workload": "/console/reports/workload", "why": "/console/reports/why", "scheduled": "/console/reports/scheduled",
	} {
		shoot(name, path)
	}
}
