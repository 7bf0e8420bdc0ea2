package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/transfer"
)

const importWords = `tickets|accounts|cases FILE.csv [--column OURS=THEIRS]... [--timezone ZONE] [--add-categories] [--source NAME] [--overwrite] [--rejects FILE] [--data DIR]

FILE - reads standard input. The first line names the columns:
  tickets   %s
  accounts  %s
  cases     %s
Of accounts an empty cell changes nothing, and what its owner confirmed stays as it is unless --overwrite is given: name, email, date of
birth, address and language. Rows that cannot be taken go to the file of rejects with their line and the reason; all others are taken, at once or not at
all. Importing the same file again adds nothing. A ticket is known again by its external_id, or by its reference at the desk that it
comes from: a later export of that desk changes it, as long as nobody has worked on it here. A reference of this desk is there already. The exit code is 0 when every row was taken or was there already, 1 when rows
were rejected or nothing was imported.
`

// importing is what `askwell import` was told.
type importing struct {
	what, file    string
	columns       transfer.Columns
	timeZone      *time.Location
	addCategories bool
	overwrite     bool
	source        string
	rejects       string
	data          string
}

func runImport(ctx context.Context, t terminal, args []string) error {
	in, err := parseImport(t, args)
	if err != nil {
		return err
	}
	cfg, err := target(t, in.data)
	if err != nil {
		return err
	}
	source, size, err := openSource(t, in.file)
	if err != nil {
		return err
	}
	defer source.Close()
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	rejects := &transfer.Rejects{Path: in.rejects}
	bar := newBar(t, "rows read")
	counted := &countingReader{r: interruptible(ctx, source)}
	result, err := in.run(ctx, db, counted, rejects, func(rows int) {
		part := -1.0
		if size > 0 {
			part = float64(counted.n.Load()) / float64(size)
		}
		bar.show(part, thousands(rows)+" rows read")
	})
	bar.end()
	closed := rejects.Close()
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.New("stopped; nothing was imported")
	case failure.Is(err, failure.KindUnavailable):
		return fmt.Errorf("nothing was imported: the database is unavailable: %w", err)
	case err != nil:
		return fmt.Errorf("nothing was imported: %w", err)
	}
	return errors.Join(in.summary(t, result, bar.took()), closed)
}

func parseImport(t terminal, args []string) (importing, error) {
	in := importing{columns: transfer.Columns{}}
	fs := t.flags("import", fmt.Sprintf(importWords, strings.Join(transfer.TicketColumns(), " "),
		strings.Join(transfer.AccountColumns(), " "), strings.Join(transfer.CaseColumns(), " ")))
	fs.Func("column", "read our column from theirs, as `ours=theirs`; may be given more than once", in.columns.ParseColumn)
	zone := fs.String("timezone", "UTC", "the `zone` of times that name none, for example America/New_York (tickets)")
	fs.BoolVar(&in.addCategories, "add-categories", false, "make categories that are not known, instead of rejecting their rows (tickets)")
	fs.StringVar(&in.source, "source", transfer.DefaultSource, "the `name` of the desk that gave the external IDs (tickets)")
	fs.BoolVar(&in.overwrite, "overwrite", false, "change also what the owners of accounts confirmed; they are told by mail (accounts)")
	fs.StringVar(&in.rejects, "rejects", "", "the `file` for rejected rows (FILE.rejected.csv in the current folder)")
	fs.StringVar(&in.data, "data", "", "the data `folder` of a running askwell up (the usual one when empty)")
	if err := parse(fs, args, &in.what, &in.file); err != nil {
		return in, err
	}
	if in.file == "" || in.what != "tickets" && in.what != "accounts" && in.what != "cases" {
		fs.Usage()
		return in, errUsage
	}
	var wrong error
	fs.Visit(func(f *flag.Flag) {
		if f.Name == "overwrite" && in.what != "accounts" {
			wrong = fmt.Errorf("--overwrite is for accounts, not for %s", in.what)
		}
		if (f.Name == "timezone" || f.Name == "add-categories" || f.Name == "source") && in.what != "tickets" {
			wrong = fmt.Errorf("--%s is for tickets, not for %s", f.Name, in.what)
		}
	})
	if wrong != nil {
		return in, wrong
	}
	var err error
	if in.timeZone, err = time.LoadLocation(*zone); err != nil || *zone == "" {
		return in, fmt.Errorf("--timezone %q is no zone: write it as America/New_York, Europe/Madrid or UTC", *zone)
	}
	if in.rejects == "" {
		in.rejects = rejectsFor(in.file)
	}
	return in, in.checkRejects()
}

// rejectsFor names a file in the current folder: the one that is read may lie where nothing can be written.
func rejectsFor(file string) string {
	if file == "-" {
		return "import.rejected.csv"
	}
	name := filepath.Base(file)
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".rejected.csv"
}

// checkRejects sees to it that the rejects do not overwrite what is read.
func (in importing) checkRejects() error {
	read, err := os.Stat(in.file)
	written, missing := os.Stat(in.rejects)
	if err == nil && missing == nil && os.SameFile(read, written) {
		return fmt.Errorf("--rejects %s is the file to import: name another one", in.rejects)
	}
	return nil
}

func (in importing) run(ctx context.Context, db *pgxpool.Pool, r io.Reader, rejects *transfer.Rejects, progress transfer.Progress) (transfer.Result, error) {
	switch in.what {
	case "accounts":
		return transfer.ImportAccounts(ctx, db, r, transfer.AccountOptions{Columns: in.columns, Overwrite: in.overwrite}, rejects, progress)
	case "cases":
		return transfer.ImportCases(ctx, db, r, in.columns, rejects, progress)
	}
	return transfer.ImportTickets(ctx, db, r, transfer.TicketOptions{
		Columns: in.columns, TimeZone: in.timeZone, AddCategories: in.addCategories, Source: in.source,
	}, rejects, progress)
}

func (in importing) summary(t terminal, r transfer.Result, took time.Duration) error {
	if len(r.Ignored) > 0 {
		fmt.Fprintln(t.out, "columns of the file that were not used:", strings.Join(r.Ignored, ", "))
	}
	if len(r.Absent) > 0 {
		fmt.Fprintln(t.out, "columns that the file does not have:", strings.Join(r.Absent, ", "))
	}
	fmt.Fprintf(t.out, "%s rows read in %s: %s added, %s changed, %s kept as they were, %s there already, %s rejected\n",
		thousands(r.Rows), took, thousands(r.Added), thousands(r.Changed), thousands(r.KeptWhole), thousands(r.Same), thousands(r.Rejected))
	if r.Foreign {
		fmt.Fprintln(t.out, "some of the file is no UTF-8 and was read as Windows-1252: see that the names are right")
	}
	in.showKept(t, r)
	switch {
	case r.Rows == 0:
		return errors.New("the file has a header and no rows")
	case r.Rejected == 0:
		return nil
	}
	return fmt.Errorf("%s rows were rejected; they are in %s with the reasons: mend them there and import that file", thousands(r.Rejected), in.rejects)
}

// shownKept is how many rows are named whose accounts keep something; a longer list helps nobody.
const shownKept = 50

// showKept names the rows of which something was not taken over.
func (in importing) showKept(t terminal, r transfer.Result) {
	if len(r.Kept) == 0 {
		return
	}
	why := "what the account's owner confirmed, which stays (--overwrite changes it)"
	if in.what == "tickets" {
		why = "a ticket that was worked on here, which stays"
	}
	fmt.Fprintf(t.out, "%s rows say something else than %s:\n", thousands(len(r.Kept)), why)
	for _, k := range r.Kept[:min(len(r.Kept), shownKept)] {
		fmt.Fprintf(t.out, "  line %d: %s\n", k.Line, strings.Join(k.Columns, ", "))
	}
	if more := len(r.Kept) - shownKept; more > 0 {
		fmt.Fprintf(t.out, "  and %s more\n", thousands(more))
	}
}

// openSource opens the file, or standard input for "-", and gives its size, 0 when that is not known.
func openSource(t terminal, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(t.in), 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// countingReader counts the bytes that went by.
type countingReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// interruptible ends a read that waits for input, for example from a terminal, when ctx does.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err)
	}()
	return out
}
