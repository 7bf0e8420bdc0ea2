package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/askwell/askwell/internal/config"
)

const settingsIntro = `# Settings

Every setting is an environment variable. A command reports all mistakes at once and starts nothing until they are mended.
` + "`askwell up` needs none of them; `askwell serve` and `askwell work` need the addresses, `SECRET_KEY` and `FILES_DIR`." + `
A setting marked "by language" can be set again for a language, with its code at the end: ` + "`AGENCY_HOURS_ES`" + ` in Spanish. Its readers
see that one, and all others the one without a code; while neither is set, the demo's text stands there, in each reader's language.
The table is written by ` + "`make generate`" + ` from internal/config.

`

// runSettings prints the table of settings, or writes it to the documentation.
func runSettings(_ context.Context, t terminal, args []string) error {
	fs := t.flags("settings", "[--write FILE]")
	file := fs.String("write", "", "write the table to this `file`, if it differs")
	if err := parse(fs, args); err != nil {
		return err
	}
	page := []byte(settingsIntro + config.Markdown())
	if *file == "" {
		_, err := t.out.Write(page)
		return err
	}
	if old, err := os.ReadFile(*file); err == nil && bytes.Equal(old, page) {
		return nil
	}
	if err := os.WriteFile(*file, page, 0o644); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}
