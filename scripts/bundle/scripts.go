package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// targets are the browsers of the last years: old enough for an applicant's old phone, new enough for :is() and modules.
var targets = []api.Engine{
	{Name: api.EngineChrome, Version: "100"}, {Name: api.EngineFirefox, Version: "102"}, {Name: api.EngineSafari, Version: "15.4"},
}

// addScripts bundles each .ts file that lies directly in assets, by name: public.ts becomes public.js. Modules that several
// share lie in folders.
func (b bundler) addScripts(_ context.Context, m *manifest) error {
	entries, err := filepath.Glob(filepath.Join(b.assets, "*.ts"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry, ".d.ts") {
			continue
		}
		opts := b.options()
		opts.EntryPoints = []string{entry}
		opts.Format = api.FormatESModule
		if err := b.emit(m, opts, strings.TrimSuffix(filepath.Base(entry), ".ts")+".js"); err != nil {
			return err
		}
	}
	return nil
}

// addStyles bundles each .css file that lies directly in assets, with what it imports.
func (b bundler) addStyles(_ context.Context, m *manifest) error {
	entries, err := filepath.Glob(filepath.Join(b.assets, "*.css"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		opts := b.options()
		opts.EntryPoints = []string{entry}
		if err := b.emit(m, opts, filepath.Base(entry)); err != nil {
			return err
		}
	}
	return nil
}

// addSass compiles each .scss file that lies directly in assets: USWDS is written in Sass, which has no compiler in Go.
func (b bundler) addSass(ctx context.Context, m *manifest) error {
	entries, err := filepath.Glob(filepath.Join(b.assets, "*.scss"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(filepath.Base(entry), "_") {
			continue
		}
		css, err := b.sass(ctx, entry)
		if err != nil {
			return err
		}
		opts := b.options()
		opts.Stdin = &api.StdinOptions{Contents: string(css), ResolveDir: b.assets, Sourcefile: filepath.Base(entry), Loader: api.LoaderCSS}
		if err := b.emit(m, opts, strings.TrimSuffix(filepath.Base(entry), ".scss")+".css"); err != nil {
			return err
		}
	}
	return nil
}

func (b bundler) sass(ctx context.Context, entry string) ([]byte, error) {
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, "node", filepath.Join(b.modules, "sass", "sass.js"), "--no-source-map", "--quiet-deps", "--quiet", //nolint:gosec // fixed program
		"--load-path", filepath.Join(b.modules, "@uswds", "uswds", "packages"), "--load-path", b.modules, entry)
	cmd.Stdout, cmd.Stderr = &out, &problems
	cmd.Env = append(os.Environ(), "NODE_OPTIONS=")
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compile %s: %w\n%s", filepath.Base(entry), err, problems.Bytes())
	}
	return out.Bytes(), nil
}

func (b bundler) options() api.BuildOptions {
	folder, err := filepath.Abs(b.dist)
	if err != nil {
		folder = b.dist
	}
	return api.BuildOptions{
		Bundle: true, Write: false, Outdir: folder, AssetNames: "[name]-[hash]", Engines: targets,
		MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true, LegalComments: api.LegalCommentsNone,
		NodePaths: []string{b.modules}, LogLevel: api.LogLevelSilent,
		Loader: map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderFile},
	}
}

// emit bundles and adds what comes out: the entry under name, and the files that it refers to.
func (b bundler) emit(m *manifest, opts api.BuildOptions, name string) error {
	result := api.Build(opts)
	if len(result.Errors) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	if len(result.Warnings) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Warnings, api.FormatMessagesOptions{Kind: api.WarningMessage}), "\n"))
	}
	for _, file := range result.OutputFiles {
		base := filepath.Base(file.Path)
		if filepath.Ext(base) == filepath.Ext(name) {
			m.add(name, file.Contents)
			continue
		}
		m.addHashed(withoutHash(base), base, file.Contents)
	}
	return nil
}

// withoutHash turns esbuild's Name-HASH.ext back into Name.ext.
func withoutHash(file string) string {
	ext := filepath.Ext(file)
	stem := strings.TrimSuffix(file, ext)
	if i := strings.LastIndexByte(stem, '-'); i > 0 {
		stem = stem[:i]
	}
	return stem + ext
}
