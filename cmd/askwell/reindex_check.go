package main

import (
	"context"
	"fmt"
	"io"

	"github.com/askwell/askwell/internal/search"
)

// checkIndexes does at once what the workers do each night.
func checkIndexes(ctx context.Context, t terminal, engine *search.Engine) error {
	bar := newBar(t, "compared")
	checks, err := engine.Verify(ctx, func(done, total int64) { bar.set(int(done), int(total)) })
	bar.end()
	for _, c := range checks {
		printCheck(t.out, c)
	}
	return err
}

func printCheck(out io.Writer, c search.Check) {
	fmt.Fprintf(out, "%s: %s compared, %s mended", c.Index, thousands(int(c.Compared)), thousands(int(c.All())))
	if c.All() > 0 {
		fmt.Fprintf(out, " (%d missing, %d older than the ticket or account, %d newer, %d of none)", c.Missing, c.Outdated, c.Newer, c.LeftOver)
	}
	if c.Problem != "" {
		fmt.Fprintf(out, "; broken off: %s", c.Problem)
	}
	fmt.Fprintln(out)
}
