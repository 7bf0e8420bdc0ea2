package console_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium is installed (scripts/setup installs it)")
	return ""
}

// tab opens a browser whose reader has signed in.
func tab(t *testing.T, d *desk, email string) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true)))
	t.Cleanup(cancel)
	must(t, "sign in", chromedp.Do(ctx, chromedp.Navigate(d.URL+"/console/tickets"),
		chromedp.SendKeys("#email", email), chromedp.SendKeys("#password", webtest.Password+"\r"), chromedp.WaitVisible("#rail")))
	return ctx
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// TestAccess holds that axe-core finds nothing on any page, that nothing is wider than the screen, on a phone in light and on a
// desk in dark. SCREENSHOTS names a folder for pictures.
func TestAccess(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	must(t, "read axe-core", err)
	d, refs := busyDesk(t)
	d.Member(t, "administrator", "admin@staff.test")
	d.reply(t, refs["corroborated"], url.Values{"body": {"Your interview notice was sent again today."}, "status": {"pending"}})
	d.post(t, "/console/tickets/"+refs["corroborated"]+"/notes", url.Values{"body": {"Called the field office."}})
	d.stuck(t)
	_, err = d.DB.Exec(t.Context(), `UPDATE ticket SET opened_at = opened_at - id * interval '3 hours', awaiting_since = awaiting_since - id * interval '3 hours'`)
	must(t, "spread the tickets", err)
	ctx := tab(t, d, "admin@staff.test")
	amara := d.ticket(t, refs["corroborated"])
	var account string
	must(t, "find the account", d.DB.QueryRow(t.Context(), `SELECT number FROM account WHERE id = $1`, *amara.AccountID).Scan(&account))
	pages := map[string]string{
		"list": "/console/tickets", "empty": "/console/tickets?view=mine", "filtered": "/console/tickets?view=all&status=new&link=claimed&from=2026-01-01",
		"quarantine": "/console/tickets?view=quarantine", "account": "/console/accounts/" + account,
		"search": "/console/search", "search-away": "/console/search?q=card", "tasks": "/console/task-queues",
		"not-found": "/console/tickets/ASK-0000-0000",
	}
	for _, name := range []string{"corroborated", "claimed", "conflict", "unusable", "unmatched", "suspect", "long"} {
		pages["ticket-"+name] = ticketPath(refs[name])
	}
	for name, path := range pages {
		for _, scheme := range []string{"light", "dark"} {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			must(t, name, err)
			for screen, width := range map[string]int64{"phone": 390, "desk": 1440} {
				if os.Getenv("SCREENSHOTS") == "" && (scheme == "dark") == (screen == "phone") {
					continue // each scheme and each width is seen; a person looks at all four
				}
				title := strings.Join([]string{name, scheme, screen}, "-")
				must(t, title, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(d.URL+path)))
				shoot(t, ctx, title)
				checkPage(t, ctx, title, string(axe))
			}
		}
	}
}

func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, name, err)
	must(t, name, os.WriteFile(folder+"/"+name+".png", png, 0o600))
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

// TestKeyboard answers a ticket without a mouse: find it, open it, reply, send, see it waiting and take it back.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open(t, about("The first", "One."))
	second := d.open(t, about("The second", "Two."), from("Ben Adeyemi", "ben@example.org"))
	d.Member(t, "agent", "keys@staff.test")
	ctx := tab(t, d, "keys@staff.test")
	// One event with its text, as a keyboard makes it: a page that takes the key keeps its letter from being typed.
	press := func(key string) {
		t.Helper()
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Text: key})
			must(t, "press "+key, err)
		}
	}
	see := func(what, script string) {
		t.Helper()
		deadline := time.Now().Add(15 * time.Second)
		for {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			if err == nil && ok {
				return
			}
			if time.Now().After(deadline) {
				page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + location.search + " reply=" + JSON.stringify(document.querySelector("#reply")?.value) + " " + document.querySelector("main").innerText`))
				t.Fatalf("%s does not come true (%v): %s", what, err, page)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	press("j")
	press("j")
	see("the second row has the focus", `document.activeElement.textContent === "The second"`)
	press("o")
	see("the ticket is open", `location.pathname.endsWith("`+second+`") && document.querySelector("#reply") !== null`)
	press("r")
	see("the reply has the focus", `document.activeElement.id === "reply"`)
	must(t, "type", chromedp.Do(ctx, chromedp.KeyEvent("Your card is on its way.")))
	must(t, "send", chromedp.Do(ctx, chromedp.KeyEvent("\r", chromedp.KeyModifiers(2))))
	see("the reply waits to be sent", `document.querySelector(".message--reply .message__body")?.textContent.includes("on its way") && document.querySelector("[data-countdown]") !== null`)
	see("the form is empty", `document.querySelector("#reply").value === ""`)
	thread, err := d.Tickets.Thread(t.Context(), d.ticket(t, second).ID)
	if err != nil || len(thread) != 2 || thread[1].Delivery != ticket.DeliveryWaiting || thread[1].Recipient != "ben@example.org" {
		t.Errorf("the thread is %+v (%v), want the question and a waiting reply to ben@example.org", thread, err)
	}
	press("u")
	see("the text is in the form again", `document.querySelector("#reply").value === "Your card is on its way."`)
}
