package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

// manifest names the files of the bundle; web/page reads it.
type manifest struct {
	Inputs string            `json:"inputs"` // hash of what it was made from
	Files  map[string]string `json:"files"`  // name in the source to name in dist
	Icons  []string          `json:"icons"`

	contents map[string][]byte // by name in dist
}

func newManifest() *manifest {
	return &manifest{Files: map[string]string{}, contents: map[string][]byte{}}
}

// add puts a file in the bundle under a name that changes with its content.
func (m *manifest) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	ext := filepath.Ext(name)
	m.addHashed(name, strings.TrimSuffix(name, ext)+"-"+hex.EncodeToString(sum[:5])+ext, content)
}

// addHashed puts in a file whose name bears a hash already.
func (m *manifest) addHashed(name, file string, content []byte) {
	m.Files[name] = file
	m.contents[file] = content
}

// write writes the files and then the manifest, so that a manifest never names what is not there; then it removes what is old.
func (m *manifest) write(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	keep := map[string]bool{".gitkeep": true, "manifest.json": true}
	for file, content := range m.contents {
		files := map[string][]byte{file: content}
		if err := compress(file, content, files); err != nil {
			return err
		}
		for name, data := range files {
			keep[name] = true
			if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil { //nolint:gosec // served to everybody
				return err
			}
		}
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	next := filepath.Join(dist, "manifest.json.next")
	if err := os.WriteFile(next, append(data, '\n'), 0o644); err != nil { //nolint:gosec // served to everybody
		return err
	}
	if err := os.Rename(next, filepath.Join(dist, "manifest.json")); err != nil {
		return err
	}
	return removeOthers(dist, keep)
}

func removeOthers(dist string, keep map[string]bool) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !keep[e.Name()] && !e.IsDir() {
			if err := os.Remove(filepath.Join(dist, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// compress adds the Brotli and gzip twins of a text file, where they are smaller.
func compress(file string, content []byte, files map[string][]byte) error {
	switch filepath.Ext(file) {
	case ".css", ".js", ".svg":
	default:
		return nil
	}
	var br, gz bytes.Buffer
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	gw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{bw, gw} {
		if _, err := w.Write(content); err != nil {
			return fmt.Errorf("compress %s: %w", file, err)
		}
		if err := w.Close(); err != nil {
			return fmt.Errorf("compress %s: %w", file, err)
		}
	}
	for suffix, b := range map[string][]byte{".br": br.Bytes(), ".gz": gz.Bytes()} {
		if len(b) < len(content) {
			files[file+suffix] = b
		}
	}
	return nil
}
