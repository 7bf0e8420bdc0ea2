package testkit

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

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

// pressing presses a key as a keyboard does, its text in the same event: where the page takes the key for itself, or moves the
// focus with it, the text goes nowhere else.
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
	var held chromedp.Modifier
	for _, part := range parts[:len(parts)-1] {
		held |= modifiers[part]
	}
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, r := range text {
			for _, event := range strokes(r, held) {
				if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, event); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// strokes are the key going down, with the text that it types, and up again.
func strokes(key rune, held chromedp.Modifier) []input.DispatchKeyEventParams {
	var events []input.DispatchKeyEventParams
	for _, event := range kb.Encode(key) {
		event.Modifiers |= int64(held)
		switch {
		case event.Type != input.DispatchKeyEventTypeChar:
			events = append(events, *event)
		case held&^chromedp.ModifierShift == 0: // a command types nothing
			events[len(events)-1].Text, events[len(events)-1].UnmodifiedText = event.Text, event.UnmodifiedText
		}
	}
	return events
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

// loads waits for the page that an action leads to. The page on which it is done has to be there first: else its own load is taken for the other's.
func (b *Tab) loads(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.WaitFor(`document.readyState === "complete"`)
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

// Upload chooses files for a field.
func (b *Tab) Upload(selector string, paths ...string) {
	b.t.Helper()
	b.do("choose files", chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
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
