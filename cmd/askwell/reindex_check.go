package main

import (
	"context"
	"fmt"
	"io"
	"strings"

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

// indexTitle says in words what was checked.
func indexTitle(c search.Check) string {
	if name, fullText := strings.CutSuffix(c.Index, "_fulltext"); fullText {
		return name + " in PostgreSQL's full text"
	}
	return c.Index + " in Meilisearch"
}

func printCheck(out io.Writer, c search.Check) {
	fmt.Fprintf(out, "%s: %s compared, %s mended", indexTitle(c), thousands(int(c.Compared)), thousands(int(c.All())))
	if c.All() > 0 {
		fmt.Fprintf(out, " (%d missing, %d older than the ticket or account, %d newer, %d of none)", c.Missing, c.Outdated, c.Newer, c.LeftOver)
	}
	if c.Problem != "" {
		fmt.Fprintf(out, "; broken off: %s", c.Problem)
	}
	fmt.Fprintln(out)
}
