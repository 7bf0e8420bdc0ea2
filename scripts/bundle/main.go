// Command bundle makes web/dist, what browsers load, from web/assets and node_modules: hashed files, their compressed twins
// and manifest.json, which names them. It does nothing when nothing changed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	root := flag.String("root", ".", "the top folder of the checkout")
	force := flag.Bool("force", false, "build even when nothing changed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *root, *force)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, force bool) error {
	began := time.Now()
	b := bundler{
		assets:  filepath.Join(root, "web", "assets"),
		modules: filepath.Join(root, "node_modules"),
		dist:    filepath.Join(root, "web", "dist"),
	}
	inputs, err := hashInputs(b.assets, filepath.Join(root, "scripts", "bundle"), filepath.Join(root, "package-lock.json"))
	if err != nil {
		return err
	}
	if !force && upToDate(b.dist, inputs) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(b.modules, "htmx.org")); err != nil {
		return fmt.Errorf("node_modules is not filled: run npm ci --ignore-scripts (%w)", err)
	}
	m, err := b.build(ctx)
	if err != nil {
		return err
	}
	m.Inputs = inputs
	if err := m.write(b.dist); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bundle: %d files in %s\n", len(m.Files), time.Since(began).Round(10*time.Millisecond))
	return nil
}

// bundler knows the folders: assets is read, modules are npm's, dist is written.
type bundler struct {
	assets, modules, dist string
}

// build collects the files of all kinds.
func (b bundler) build(ctx context.Context) (*manifest, error) {
	m := newManifest()
	for _, step := range []func(context.Context, *manifest) error{b.addScripts, b.addStyles, b.addSass, b.addIcons, b.addStatic} {
		if err := step(ctx, m); err != nil {
			return nil, err
		}
	}
	return m, nil
}
