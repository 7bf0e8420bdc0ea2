package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/askwell/askwell/internal/transfer"
)

const exportWords = `tickets --out FILE.csv [--raw] [--data DIR]

Writes every ticket, the oldest first; --out - writes to standard output. The file is safe to open in a spreadsheet: a cell that begins
like a formula has an apostrophe before it, which import takes away again. Another desk takes the file in with
askwell import tickets FILE.csv --column account_number=account_number_as_given
`

func runExport(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("export", exportWords)
	name := fs.String("out", "", "the `file` to write, - for standard output")
	raw := fs.Bool("raw", false, "write every cell as it is, for programs: in a spreadsheet a cell that begins like a formula may run")
	data := dataFlag(fs)
	var what string
	if err := parse(fs, args, &what); err != nil {
		return err
	}
	if what != "tickets" || *name == "" {
		fs.Usage()
		return errUsage
	}
	_, db, err := openTarget(ctx, t, *data, 2)
	if err != nil {
		return err
	}
	defer db.Close()
	bar := newBar(t, "tickets written")
	n := 0
	err = writeOut(*name, t.out, func(w io.Writer) (err error) {
		n, err = transfer.ExportTickets(ctx, db, w, *raw, func(rows int) { bar.set(rows, 0) })
		return err
	})
	bar.end()
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("stopped; %s was not written", *name)
	case err != nil:
		return err
	}
	fmt.Fprintf(t.err, "%s tickets written to %s in %s\n", thousands(n), *name, bar.took())
	return nil
}

// writeOut lets write fill a file beside the named one and then puts it in its place, so that there is never half an export;
// only its owner may read it. "-" is stdout.
func writeOut(name string, stdout io.Writer, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(stdout)
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("make the export: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(file.Close()), os.Remove(file.Name()))
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return os.Rename(file.Name(), name)
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
