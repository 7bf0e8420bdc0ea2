package testkit

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Back goes back one page, as the browser's button does, and waits for it: a page that the browser kept whole loads nothing.
func (b *Tab) Back() {
	b.t.Helper()
	b.leaves("go back", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		history, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if history.CurrentIndex < 1 {
			return errors.New("there is no page before this one")
		}
		_, err = chromedp.Call(ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: history.Entries[history.CurrentIndex-1].ID})
		return err
	}))
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	b.leaves("reload", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.Reload, page.ReloadParams{})
		return err
	}))
}

// leaves waits until another document is there, and whole.
func (b *Tab) leaves(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	Eval[bool](b, "document.leaving = true")
	b.do(what, action)
	b.WaitFor(`!document.leaving && document.readyState === "complete"`)
}

// Slow lets the page send and receive so many bytes a second; 0 as many as it can.
func (b *Tab) Slow(bytes float64) {
	b.t.Helper()
	if bytes == 0 {
		bytes = -1
	}
	b.do("set the network's speed", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, throttle, throttling{UploadThroughput: bytes, DownloadThroughput: bytes})
		return err
	}))
}

// throttling are the parameters of Network.emulateNetworkConditions, which every Chromium knows; what took its place is in the newest only.
type throttling struct {
	Offline            bool    `json:"offline"`
	Latency            float64 `json:"latency"`            // ms
	DownloadThroughput float64 `json:"downloadThroughput"` // bytes a second, -1 for no limit
	UploadThroughput   float64 `json:"uploadThroughput"`
}

var throttle = cdp.Command[throttling, cdp.Empty]{Method: "Network.emulateNetworkConditions"}
