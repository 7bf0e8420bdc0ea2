package page_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/identifier"
)

func TestServeAsset(t *testing.T) {
	t.Parallel()
	r := renderer(t, overlay(t, nil), bundle())
	g := gin.New()
	g.GET("/assets/*file", r.ServeAsset)
	type answer struct {
		Status                        int
		Body, Encoding, Caching, Type string
	}
	const keep, css = "public, max-age=31536000, immutable", "text/css; charset=utf-8"
	for name, tc := range map[string]struct {
		path, accept string
		want         answer
	}{
		"plain":                    {"/assets/hashed-public.css", "", answer{200, "/* public.css */", "", keep, css}},
		"brotli":                   {"/assets/hashed-public.css", "gzip, deflate, br", answer{200, "brotli", "br", keep, css}},
		"gzip":                     {"/assets/hashed-public.css", "gzip", answer{200, "gzip", "gzip", keep, css}},
		"brotli refused":           {"/assets/hashed-public.css", "br;q=0, gzip", answer{200, "gzip", "gzip", keep, css}},
		"no twin":                  {"/assets/hashed-public.js", "br", answer{200, "/* public.js */", "", keep, "text/javascript; charset=utf-8"}},
		"unknown":                  {"/assets/nothing.css", "", answer{Status: 404}},
		"the manifest is no asset": {"/assets/manifest.json", "", answer{Status: 404}},
		"out of the folder":        {"/assets/../page/assets.go", "", answer{Status: 404}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			request := httptest.NewRequest(http.MethodGet, tc.path, nil)
			request.Header.Set("Accept-Encoding", tc.accept)
			g.ServeHTTP(w, request)
			h := w.Header()
			got := answer{w.Code, w.Body.String(), h.Get("Content-Encoding"), h.Get("Cache-Control"), h.Get("Content-Type")}
			if w.Code == http.StatusNotFound {
				got = answer{Status: w.Code}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormatAccountNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"123456789012": "1234 5678 9012", "12345678901": "12345678901", "12345678901x": "12345678901x", "": ""} {
		if got := identifier.FormatAccountNumber(in); got != want {
			t.Errorf("FormatAccountNumber(%q) = %q, want %q", in, got, want)
		}
	}
}
