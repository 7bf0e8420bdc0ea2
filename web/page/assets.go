package page

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

const (
	assetPrefix = "/assets/"
	immutable   = "public, max-age=31536000, immutable"
)

// Assets are the files of the client bundle, named by their content.
type Assets struct {
	dist     fs.FS
	manifest manifest
}

type manifest struct {
	Files map[string]string `json:"files"` // name in the source to hashed name
	Icons []string          `json:"icons"` // symbols in icons.svg
}

// pageNeeds are the files that the layouts name: without them no page works.
var pageNeeds = []string{"public.css", "public.js", "console.css", "console.js", "icons.svg", "favicon.svg"}

func newAssets(dist fs.FS) (*Assets, error) {
	data, err := fs.ReadFile(dist, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf(`the client bundle is not in this binary: run "make generate" and build again (%w)`, err)
	}
	a := &Assets{dist: dist}
	if err := json.Unmarshal(data, &a.manifest); err != nil {
		return nil, fmt.Errorf(`the client bundle's manifest is broken: run "make generate" and build again (%w)`, err)
	}
	for _, name := range pageNeeds {
		if a.manifest.Files[name] == "" {
			return nil, fmt.Errorf(`the client bundle lacks %s: run "make generate" and build again`, name)
		}
	}
	for name, file := range a.manifest.Files {
		if _, err := fs.Stat(dist, file); err != nil {
			return nil, fmt.Errorf(`the client bundle's %s is missing: run "make generate" and build again (%w)`, name, err)
		}
	}
	return a, nil
}

// URL is where the browser gets the asset of this name.
func (a *Assets) URL(name string) (string, error) {
	file, ok := a.manifest.Files[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return assetPrefix + file, nil
}

func (a *Assets) hasIcon(name string) bool { return slices.Contains(a.manifest.Icons, name) }

// ServeAsset answers GET /assets/*file. Names carry a hash of the content, so browsers may keep them for good. Brotli and gzip
// lie ready beside each text file.
func (r *Renderer) ServeAsset(c *gin.Context) {
	file := strings.TrimPrefix(c.Param("file"), "/")
	if !r.assets.known(file) {
		c.String(http.StatusNotFound, "There is no such file.\n")
		return
	}
	header := c.Writer.Header()
	header.Set("Cache-Control", immutable)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", contentType(file))
	name := file
	for _, encoding := range []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if _, err := fs.Stat(r.assets.dist, file+encoding.suffix); err != nil {
			continue
		}
		header.Set("Vary", "Accept-Encoding")
		if name == file && Accepts(c.Request.Header, encoding.name) {
			name = file + encoding.suffix
			header.Set("Content-Encoding", encoding.name)
		}
	}
	data, err := fs.ReadFile(r.assets.dist, name)
	if err != nil {
		c.Status(http.StatusNotFound)
		return
	}
	c.Data(http.StatusOK, contentType(file), data)
}

// Favicon answers GET /favicon.ico, which browsers ask for where no page names an icon, as beside a file.
func (r *Renderer) Favicon(c *gin.Context) {
	data, err := fs.ReadFile(r.assets.dist, r.assets.manifest.Files["favicon.svg"])
	if err != nil {
		c.Status(http.StatusNotFound)
		return
	}
	c.Header("Cache-Control", "public, max-age=86400")
	c.Data(http.StatusOK, contentType("favicon.svg"), data)
}

// known keeps out the manifest and the compressed twins.
func (a *Assets) known(file string) bool {
	for _, f := range a.manifest.Files {
		if f == file {
			return true
		}
	}
	return false
}

func contentType(file string) string {
	switch path.Ext(file) {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(file)); t != "" {
		return t
	}
	return "application/octet-stream"
}
