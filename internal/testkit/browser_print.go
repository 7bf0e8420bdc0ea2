package testkit

import (
	"context"
	"regexp"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Paper makes the pages to come look as they would on a sheet; Resize says how wide it is.
func (b *Tab) Paper(on bool) {
	b.t.Helper()
	media := ""
	if on {
		media = "print"
	}
	b.do("set the medium", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
		return err
	}))
}

// pdfPage is where a PDF describes a page, and not the tree of them.
var pdfPage = regexp.MustCompile(`/Type\s*/Page[^s]`)

// Sheets prints the page and counts its sheets.
func (b *Tab) Sheets() int {
	b.t.Helper()
	return len(pdfPage.FindAll(run(b, "print", chromedp.PrintToPDF()), -1))
}
