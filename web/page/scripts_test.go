package page_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// step is something a reader does and what the page then shows: JavaScript that becomes true, within the test's time.
type step struct {
	does string
	do   chromedp.Action[chromedp.Void]
	show string
}

func walk(t *testing.T, ctx context.Context, steps []step) {
	t.Helper()
	for _, s := range steps {
		if s.do != nil {
			must(t, s.does, chromedp.Do(ctx, s.do))
		}
		if !becomes(ctx, s.show) {
			now, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 300) + " with " + document.activeElement.value`))
			t.Fatalf("%s: this never came true: %s; the focus is on %s", s.does, s.show, now)
		}
	}
}

// becomes asks until it is so, or 10 s have passed. While a page gives way to the next, asking fails and is tried again.
func becomes(ctx context.Context, js string) bool {
	deadline := time.After(10 * time.Second)
	for {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js)); err == nil && ok {
			return true
		}
		select {
		case <-deadline:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func run(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js+";true"))
		return err
	})
}

// key presses a key for the page's scripts. The browser's protocol would type the letter into whatever the script focuses,
// which a real keyboard does not once the script has taken the key.
func key(k string) chromedp.Action[chromedp.Void] {
	return run(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "` + k + `", bubbles: true, cancelable: true}))`)
}

const typeInto = `((id, v) => { const f = document.getElementById(id); f.value = v; f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})) })`

func TestPublicScripts(t *testing.T) {
	t.Parallel()
	site := kitchenSite(t, os.DirFS("../dist"))
	ctx := tab(t)
	draft := `(sessionStorage.getItem("askwell-draft:inquiry") ?? "")`
	walk(t, ctx, []step{
		{"open the form with errors", chromedp.Navigate(site.URL + "/form-errors"), `document.activeElement.matches("[data-error-summary]")`},
		{"follow a line of the summary", run(`document.querySelector("[data-error-summary] li:nth-child(2) a").click()`), `document.activeElement.id === "account_number"`},
		{"open the form", chromedp.Navigate(site.URL + "/form"), `document.querySelector("[data-draft-notice]").hidden`},
		{"type an A-Number", run(typeInto + `("account_number", "A 123-456-789")`), `/A-Number/.test(document.getElementById("account_number-shape").textContent)`},
		{"type a right account number", run(typeInto + `("account_number", "1000 0000 0093")`), `document.getElementById("account_number-shape").textContent === ""`},
		{"type a question with a secret", run(typeInto + `("question", "My SSN is 078-05-1120, where is my card?")`),
			`document.getElementById("question-left").textContent === "19,960 characters left" && ` + draft + `.includes("where is my card") && !` + draft + `.includes("1120")`},
		{"type too much", run(typeInto + `("question", "x".repeat(20001))`), `document.getElementById("question-left").textContent === "1 character too many"`},
		{"type less", run(typeInto + `("question", "Where is my card?")`), draft + `.includes("Where is my card?")`},
		{"come back", chromedp.Navigate(site.URL + "/form"), `document.getElementById("question").value === "Where is my card?" && !document.querySelector("[data-draft-notice]").hidden`},
		{"send twice", run(`window.sent = 0; document.forms[0].addEventListener("submit", (e) => { if (!e.defaultPrevented) window.sent++; e.preventDefault() });
			const b = document.querySelector("button[type=submit]"); b.click(); b.click()`), `window.sent === 1 && document.querySelector("button[type=submit]").textContent === "Sending…"`},
		{"discard the draft", run(`document.querySelector("[data-draft-discard]").click()`), `document.getElementById("question").value === "" && ` + draft + ` === ""`},
		{"type again", run(typeInto + `("question", "Once more")`), draft + ` !== ""`},
		{"arrive at the confirmation", chromedp.Navigate(site.URL + "/done"), draft + ` === ""`},
	})
}

func TestConsoleKeyboard(t *testing.T) {
	t.Parallel()
	site := kitchenSite(t, os.DirFS("../dist"))
	ctx := tab(t)
	must(t, "desk", chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)))
	row := func(n string) string {
		return `document.activeElement === document.querySelectorAll("[data-row] a[data-open]")[` + n + `]`
	}
	walk(t, ctx, []step{
		{"open the list", chromedp.Navigate(site.URL + "/tickets"), `typeof htmx === "object"`},
		{"j", key("j"), row("0")}, {"j again", key("j"), row("1")}, {"k", key("k"), row("0")},
		{"x selects", key("x"), `document.querySelector("[data-bulk-count]").textContent === "1" && !document.querySelector("[data-bulk-bar]").hidden`},
		{"/ goes to the search", key("/"), `document.activeElement.id === "search"`},
		{"typing is typing", chromedp.KeyEvent("jx?"), `document.getElementById("search").value === "jx?" && !document.querySelector("dialog[open]")`},
		{"Escape leaves the field", key("Escape"), `document.activeElement === document.body`},
		{"? opens the help", key("?"), `document.querySelector("#keyboard-help").open`},
		{"switch single keys off", run(`document.querySelector("[data-single-keys]").click(); document.querySelector("[data-dialog-close]").click()`), `!document.querySelector("dialog[open]")`},
		{"nothing happens", key("/"), `document.activeElement.id !== "search"`},
		{"switch them on", run(`document.querySelector("[data-single-keys]").click()`), `true`},
		{"j once more", key("j"), row("1")}, {"o opens", key("o"), `location.pathname.startsWith("/console/tickets/ASK-")`},
		{"open a ticket", chromedp.Navigate(site.URL + "/ticket"), `typeof htmx === "object"`},
		{"n goes to the note", key("n"), `document.activeElement.id === "note-text" && document.getElementById("reply").hidden`},
		{"leave and r goes to the reply", key("Escape"), `document.activeElement === document.body`},
		{"r", key("r"), `document.activeElement.id === "reply-text" && document.getElementById("note").hidden`},
		{"write", chromedp.KeyEvent("Hello"), `sessionStorage.getItem("askwell-unsent:ASK:reply") === "Hello"`},
		// Sending is no proof of arrival: the text stays until the page shows it as a message.
		{"send by Ctrl and Enter", run(`document.addEventListener("submit", (e) => { e.preventDefault(); window.sent = e.submitter.textContent });
			document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, cancelable: true}))`), `/Send reply/.test(window.sent) && sessionStorage.getItem("askwell-unsent:ASK:reply") === "Hello"`},
		{"fold the context", run(`document.querySelector("[data-toggle=context]").click()`), `document.getElementById("context").offsetParent === null && document.querySelector("[data-toggle=context]").ariaExpanded === "false"`},
		{"choose the other scheme", run(`document.querySelector("[data-theme-switch]").click()`), `document.cookie.includes("askwell_theme=dark")`},
		{"empty the reply", run(`document.getElementById("reply-text").value = ""`), `true`},
		{"the server keeps it", chromedp.Reload(), `document.documentElement.dataset.theme === "dark" && document.getElementById("context").offsetParent === null`},
		{"a toast from the server", run(`document.body.dispatchEvent(new CustomEvent("toast", {bubbles: true, detail: {kind: "success", text: "Assigned <to> you"}}))`), `document.querySelector(".toast--success span").textContent === "Assigned <to> you"`},
	})
}
