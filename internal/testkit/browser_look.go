package testkit

import (
	"net/http"
	"os"
	"path/filepath"
)

// Look holds that axe-core finds nothing on a page and that nothing is wider than the screen, on a phone in light and on a desk in dark.
// open loads the page each time from its start: a colour that changes over time is read in between. SCREENSHOTS names a folder for
// pictures, of all four then, for a person to look at. A page that fails is a failure, but for one that is named by its status.
func (b *Tab) Look(name string, open func()) {
	b.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	for _, look := range []struct {
		name  string
		width int64
		dark  bool
	}{{"phone-light", 390, false}, {"desk-dark", 1440, true}, {"phone-dark", 390, true}, {"desk-light", 1440, false}} {
		if folder == "" && look.dark == (look.width == 390) {
			continue
		}
		b.Dark(look.dark)
		b.Resize(look.width, 900)
		open()
		if status := Eval[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`); status == http.StatusInternalServerError && name != "500" {
			b.t.Errorf("%s %s: status %d", name, look.name, status)
		}
		if wide := Eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			b.t.Errorf("%s %s: the page is %d px wider than the screen", name, look.name, wide)
		}
		b.Axe()
		if folder != "" {
			b.Screenshot(filepath.Join(folder, name+"-"+look.name+".png"), look.width, 900, look.dark)
		}
	}
}
