//go:build surroundings

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// firefox drives one tab of a Firefox of its own by WebDriver BiDi, which it speaks by itself.
type firefox struct {
	t    *testing.T
	conn *websocket.Conn
	last atomic.Int64
	tab  string
}

// firefoxSettings keep it from talking to anybody but this machine.
const firefoxSettings = `user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
user_pref("app.update.disabledForTesting", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("browser.region.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("messaging-system.rsexperimentloader.enabled", false);
`

var bidiLine = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

func startFirefox(t *testing.T) *firefox {
	t.Helper()
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProgram(t, "env", "HOME="+profile, program(t, "firefox-esr"), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "--remote-allow-origins", "http://localhost")
	var address string
	eventually(t, time.Minute, func() error {
		found := bidiLine.FindStringSubmatch(p.out.String())
		if found == nil {
			return errors.New("it does not listen")
		}
		address = found[1]
		return nil
	})
	conn, err := websocket.Dial(address+"/session", "", "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	f := &firefox{t: t, conn: conn}
	f.call("session.new", map[string]any{"capabilities": map[string]any{}}, nil)
	var made struct{ Context string }
	f.call("browsingContext.create", map[string]any{"type": "tab"}, &made)
	f.tab = made.Context
	return f
}

// call makes one command and waits for its answer; events are passed over, because none is subscribed to.
func (f *firefox) call(method string, params map[string]any, into any) {
	f.t.Helper()
	if err := f.try(method, params, into); err != nil {
		f.t.Fatalf("firefox: %s: %v", method, err)
	}
}

func (f *firefox) try(method string, params map[string]any, into any) error {
	id := f.last.Add(1)
	_ = f.conn.SetDeadline(time.Now().Add(time.Minute))
	if err := websocket.JSON.Send(f.conn, map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		var got struct {
			ID             int64
			Result         json.RawMessage
			Error, Message string
		}
		if err := websocket.JSON.Receive(f.conn, &got); err != nil {
			return err
		}
		switch {
		case got.ID != id:
		case got.Error != "":
			return fmt.Errorf("%s: %s", got.Error, got.Message)
		case into == nil:
			return nil
		default:
			return json.Unmarshal(got.Result, into)
		}
	}
}

func (f *firefox) Goto(url string) {
	f.t.Helper()
	f.call("browsingContext.navigate", map[string]any{"context": f.tab, "url": url, "wait": "complete"}, nil)
}

func (f *firefox) Resize(width, height int64) {
	f.t.Helper()
	f.call("browsingContext.setViewport", map[string]any{"context": f.tab, "viewport": map[string]any{"width": width, "height": height}}, nil)
}

type evaluated struct {
	Type   string
	Result struct {
		Value    any
		SharedID string `json:"sharedId"`
	}
	ExceptionDetails struct{ Text string }
}

func (f *firefox) evaluate(expression string) (e evaluated, err error) {
	err = f.try("script.evaluate", map[string]any{"expression": expression, "target": map[string]any{"context": f.tab}, "awaitPromise": true}, &e)
	if err == nil && e.Type != "success" {
		err = errors.New(e.ExceptionDetails.Text)
	}
	return e, err
}

// Eval gives the value of an expression as text.
func (f *firefox) Eval(expression string) string {
	f.t.Helper()
	e, err := f.evaluate(`String(` + expression + `)`)
	if err != nil {
		f.t.Fatalf("firefox: %s: %v", expression, err)
	}
	text, _ := e.Result.Value.(string)
	return text
}

// leave does something that leads to another document, and waits until that is whole.
func (f *firefox) leave(what string, do func()) {
	f.t.Helper()
	f.Eval("document.leaving = true")
	do()
	eventually(f.t, 30*time.Second, func() error {
		e, err := f.evaluate(`!document.leaving && document.readyState === "complete"`)
		if here, _ := e.Result.Value.(bool); err == nil && !here {
			err = fmt.Errorf("firefox: %s leads to no page", what)
		}
		return err
	})
}

// Press presses Enter on a button or link, as somebody without a mouse does.
func (f *firefox) Press(selector string) {
	f.t.Helper()
	f.WaitFor(`document.querySelector('` + selector + `')`)
	f.leave("pressing "+selector, func() {
		f.Eval(`document.querySelector('` + selector + `').focus()`)
		f.call("input.performActions", map[string]any{"context": f.tab, "actions": []any{map[string]any{"type": "key", "id": "keys", "actions": []any{
			map[string]any{"type": "keyDown", "value": "\uE007"}, map[string]any{"type": "keyUp", "value": "\uE007"},
		}}}}, nil)
	})
}

func (f *firefox) Back() {
	f.t.Helper()
	f.leave("Back", func() { f.call("browsingContext.traverseHistory", map[string]any{"context": f.tab, "delta": -1}, nil) })
}

func (f *firefox) Reload() {
	f.t.Helper()
	f.leave("reload", func() { f.call("browsingContext.reload", map[string]any{"context": f.tab}, nil) })
}

func (f *firefox) Upload(selector, path string) {
	f.t.Helper()
	e, err := f.evaluate(`document.querySelector('` + selector + `')`)
	if err != nil {
		f.t.Fatal(err)
	}
	f.call("input.setFiles", map[string]any{"context": f.tab, "element": map[string]any{"sharedId": e.Result.SharedID}, "files": []string{path}}, nil)
}

func (f *firefox) WaitFor(condition string) {
	f.t.Helper()
	eventually(f.t, 30*time.Second, func() error {
		if f.Eval("Boolean("+condition+")") != "true" {
			return fmt.Errorf("firefox waits for %s at %s: %s", condition, f.Eval("location.href"), tail(f.Eval("document.body.innerText"), 800))
		}
		return nil
	})
}

// Look takes a picture into the folder that SCREENSHOTS names, of the whole page.
func (f *firefox) Look(name string) {
	f.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var shot struct{ Data string }
	f.call("browsingContext.captureScreenshot", map[string]any{"context": f.tab, "origin": "document"}, &shot)
	image, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "firefox-"+strings.ReplaceAll(name, "/", "-")+".png"), image, 0o600)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}
