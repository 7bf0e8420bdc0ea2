// Package web serves the pages of Askwell.
package web

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:dist all:templates messages/*/*.json
var embedded embed.FS

// Templates are the page templates by area, with their layouts.
func Templates() fs.FS { return sub("templates") }

// Messages are the texts, a folder a language.
func Messages() fs.FS { return sub("messages") }

// Dist is the client bundle that scripts/bundle made, with its manifest.json.
func Dist() fs.FS { return sub("dist") }

// sub cannot fail: the folders are named in the embed directive, so the build would have.
func sub(folder string) fs.FS {
	f, err := fs.Sub(embedded, folder)
	if err != nil {
		panic(fmt.Sprintf("embedded folder %s: %v", folder, err))
	}
	return f
}
