//go:build surroundings

package main

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestSurroundingsFirefoxConsole looks at what Firefox draws in another way than Chromium: date fields, and rows of tabs.
func TestSurroundingsFirefoxConsole(t *testing.T) {
	t.Parallel()
	d := startUp(t, dataDir(t), nil)
	eventually(t, 2*time.Minute, func() error {
		var waiting int
		if err := d.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&waiting); err != nil || waiting > 0 {
			return errors.Join(fmt.Errorf("%d tasks wait", waiting), err)
		}
		return nil
	})
	f, looks := startFirefox(t), 0
	f.Resize(1440, 900)
	f.Goto(d.url + "/console/sign-in")
	f.Eval(`document.querySelector("[name=email]").value = "administrator@askwell.test"`)
	f.Eval(`document.querySelector("[name=password]").value = "` + demoPassword + `"`)
	f.Press("form button[type=submit]")
	for name, path := range map[string]string{"search": "/console/search?q=card", "tickets": "/console/tickets", "ticket": ""} {
		if path == "" {
			f.Goto(d.url + "/console/tickets")
			path = f.Eval(`document.querySelector('a[href^="/console/tickets/ASK-"]').getAttribute('href')`)
		}
		for _, width := range []int64{390, 1024, 1440} {
			f.Resize(width, 900)
			f.Goto(d.url + path)
			f.Eval(`document.querySelectorAll("details:has(input[type=date])").forEach(d => d.open = true)`)
			f.Eval(`document.querySelectorAll("input[type=date]").forEach(d => d.value = "2026-12-30")`)
			f.Look(fmt.Sprintf("console-%s-%d", name, width))
			if cut := f.Eval(cutDates); cut != "" {
				t.Errorf("%s at %d: of a date too little is shown: %s", name, width, cut)
			}
			if bars := f.Eval(`[...document.querySelectorAll(".tabs")].filter(d => d.scrollHeight > d.clientHeight && getComputedStyle(d).overflowY !== "visible").length`); bars != "0" {
				t.Errorf("%s at %d: the tabs can be scrolled down", name, width)
			}
			if wide := f.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide != "0" {
				t.Errorf("%s at %d: the page is %s pixels wider than the screen", name, width, wide)
			}
			looks++
		}
	}
	held(t, "Firefox cuts no date, shows no bar on tabs, and no page is wider than the screen: %d pages", looks)
}

// cutDates names the date fields that are shown and narrower than Firefox makes one that has all the room it wants.
const cutDates = `[...document.querySelectorAll("input[type=date]")].filter(d => d.offsetWidth).map(d => {
	const is = d.getBoundingClientRect().width;
	d.style.width = "max-content";
	const wants = d.getBoundingClientRect().width;
	d.style.width = "";
	return is < wants ? d.id + " has " + is + " of " + wants + " pixels" : "";
}).filter(Boolean).join(", ")`
