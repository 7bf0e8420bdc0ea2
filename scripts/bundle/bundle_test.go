package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// built is a bundle made afresh in a folder of the test's own.
func built(t *testing.T) (string, *manifest) {
	t.Helper()
	b := bundler{assets: filepath.Join(root, "web", "assets"), modules: filepath.Join(root, "node_modules"), dist: t.TempDir()}
	m, err := b.build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.Inputs = "test"
	if err := m.write(b.dist); err != nil {
		t.Fatal(err)
	}
	return b.dist, m
}

func TestBundleIsWhole(t *testing.T) {
	t.Parallel()
	dist, m := built(t)
	for _, name := range []string{"public.css", "public.js", "console.css", "console.js", "icons.svg", "favicon.svg", "PublicSans-Regular.woff2"} {
		file := m.Files[name]
		info, err := os.Stat(filepath.Join(dist, file))
		if file == "" || err != nil || info.Size() == 0 {
			t.Errorf("%s is not in the bundle: %v", name, err)
		}
	}
	// What a stylesheet refers to is there, by its own name, and nothing comes from elsewhere or as a data: address, which
	// the content security policy forbids.
	reference := regexp.MustCompile(`url\(["']?([^)"']+)`)
	for _, sheet := range []string{"public.css", "console.css"} {
		data, err := os.ReadFile(filepath.Join(dist, m.Files[sheet]))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range reference.FindAllSubmatch(data, -1) {
			if _, err := os.Stat(filepath.Join(dist, string(found[1]))); err != nil {
				t.Errorf("%s refers to %s: %v", sheet, found[1], err)
			}
		}
		if sheet == "public.css" && len(data) > 150_000 {
			t.Errorf("public.css has %d bytes; an applicant's slow phone loads it", len(data))
		}
	}
}

func TestUpToDate(t *testing.T) {
	t.Parallel()
	dist, m := built(t)
	if !upToDate(dist, "test") || upToDate(dist, "other") {
		t.Error("upToDate does not follow the inputs")
	}
	if err := os.Remove(filepath.Join(dist, m.Files["public.js"])); err != nil {
		t.Fatal(err)
	}
	if upToDate(dist, "test") {
		t.Error("a bundle with a file missing counts as whole")
	}
}

func TestHashInputs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, data string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := hashInputs(folder)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	a := write("a", "1")
	if write("a", "1") != a {
		t.Error("the same content has another hash")
	}
	if write("a", "2") == a || write("b", "") == write("b", "x") {
		t.Error("another content has the same hash")
	}
	if _, err := hashInputs(filepath.Join(folder, "nothing")); err == nil {
		t.Error("a folder that is not there gives no error")
	}
}

func TestWriteRemovesTheOld(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	for _, content := range []string{"one", "two"} {
		m := newManifest()
		m.add("a.txt", []byte(content))
		if err := m.write(dist); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dist, "a-*"))
	if err != nil || len(files) != 1 {
		t.Errorf("dist has %v, want the newest only (%v)", files, err)
	}
}

// The browser's reading of a number, run by Node. Account numbers follow ISO 7064 (check digits: 98 less the ten digits times 100,
// modulo 97); cards are the payment networks' published test numbers; the Social Security number is the one that the Social
// Security Administration withdrew after a wallet maker printed it.
func TestShapesInTheBrowser(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"": "none", " - # ": "none",
		"100000000093": "account-number", "1000 0000-0093": "account-number", "１０００００００００９３": "account-number", "#1000.0000.0093": "account-number",
		"100000000094": "account-slip", "10000000005": "account-length", "1000000000931": "account-length",
		"A123456789": "a-number", "a-012 345 678": "a-number", "12345678": "a-number",
		"IOE0912345678": "receipt-number", "ioe 09-123-45678": "receipt-number", "XYZ0912345678": "other",
		"078-05-1120": "ssn", "078 05 1120": "ssn", "078–05–1120": "ssn", "000-12-3456": "a-number", "666-12-3456": "a-number", "078-00-1120": "a-number",
		"4111 1111 1111 1111": "card", "378282246310005": "card", "4111111111111112": "other",
		"me@example.test": "email", "hello": "other",
	}
	typed, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	out := runModule(t, `import {looksLike} from "./lib/shape";
		console.log(JSON.stringify(Object.fromEntries(Object.keys(`+string(typed)+`).map(k => [k, looksLike(k)]))))`)
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("looksLike (-want +got):\n%s", diff)
	}
}

// A draft never rests in the browser with a number that must not be kept; everything else stays as it was typed.
func TestDraftsKeepNoSecrets(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"My SSN is 078-05-1120, thanks":             "My SSN is •••, thanks",
		"card 4111 1111 1111 1111 and 100000000093": "card ••• and 100000000093",
		"ＡＢＣ filed on 2026-11-23, IOE0912345678":    "ＡＢＣ filed on 2026-11-23, IOE0912345678",
		"call 1-800-555-0100":                       "call 1-800-555-0100",
	}
	var inputs []string
	for text := range texts {
		inputs = append(inputs, text)
	}
	data, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	out := runModule(t, `import {withoutSecrets} from "./lib/shape";
		console.log(JSON.stringify(Object.fromEntries(`+string(data)+`.map(s => [s, withoutSecrets(s)]))))`)
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts, got); diff != "" {
		t.Errorf("withoutSecrets (-want +got):\n%s", diff)
	}
}

// Where in a search an operator or a value is typed: the caret is at the |.
func TestPlacesInASearch(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"": "", "|": "", "s|": "", "st|": "0-2 st", "card st|": "5-7 st", "-ST|": "1-3 st", "--st|": "", "sta|tus": "", "st| card": "0-2 st",
		"status:|": "7-7  of status", "-status:op|": "8-10 op of status", "Status:OP|": "7-9 op of status", "status:open,|": "12-12  of status after open",
		"status:new,op|,closed": "11-13 op of status after new", "status:open |": "", `queue:"on|`: `6-9 on of queue`, `"two st|`: "", `"two" st|`: "6-8 st",
		"opened:>=2026|": "7-13 >=2026 of opened", "a:b:c|": "2-5 b:c of a", "12:30|": "", "é st|": "2-4 st", "https://ex|": "6-10 //ex of https",
	}
	typed, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	out := runModule(t, `import {placeAt} from "./lib/operators";
		const tell = (p) => p ? p.from + "-" + p.to + " " + p.part + (p.operator && " of " + p.operator) + (p.others.length > 0 ? " after " + p.others : "") : "";
		console.log(JSON.stringify(Object.fromEntries(Object.keys(`+string(typed)+`).map(k => [k, tell(placeAt(k.replace("|", ""), Math.max(0, k.indexOf("|"))))]))))`)
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("placeAt (-want +got):\n%s", diff)
	}
}

// runModule bundles a module of assets for Node, runs it and gives what it prints.
func runModule(t *testing.T, source string) []byte {
	t.Helper()
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: source, ResolveDir: filepath.Join(root, "web", "assets"), Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatESModule, Platform: api.PlatformNode,
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module")
	cmd.Stdin = strings.NewReader(string(result.OutputFiles[0].Contents))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &complaint)
	}
	return out
}

// The types of the client modules hold: esbuild strips them unread.
func TestTypes(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "node_modules", ".bin", "tsc"), "--noEmit", "-p", filepath.Join(root, "web", "assets")).CombinedOutput()
	if err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}
