// Command askwell runs the support desk and everything that belongs to it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

// terminal is what a command talks to.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
}

// command is one subcommand. Its file bears its name.
type command struct {
	name, about string
	run         func(ctx context.Context, t terminal, args []string) error
}

func commands() []command {
	return []command{
		{"up", "run everything on this machine: web, workers and the services that were given no address", runUp},
		{"serve", "run a web server", runServe},
		{"work", "run a worker", runWork},
		{"migrate", "bring the database up to this version", runMigrate},
		{"staff", "list, add, change and deactivate members of staff", runStaff},
		{"account", "list the accounts that nobody can enter, and let an owner in again", runAccount},
		{"import", "take in tickets, accounts or cases from a CSV file", runImport},
		{"export", "write tickets to a CSV file", runExport},
		{"replay", "send a file of inquiries through the public form", runReplay},
		{"seed", "fill an empty desk with a believable demo", runSeed},
		{"reindex", "build the search index again", runReindex},
		{"search-key", "make the key that Askwell uses with Meilisearch", runSearchKey},
		{"calendar", "show or set when the desk works, for reports by working hours", runCalendar},
		{"report", "pack the days that reports are made of again", runReport},
		{"mail", "let mail go that is held because the desk looks like a copy", runMail},
		{"doctor", "check every dependency and say what to do", runDoctor},
		{"secrets", "seal again with the newest SECRET_KEY what an older one sealed", runSecrets},
		{"settings", "list every setting", runSettings},
		{"version", "print the version", runVersion},
	}
}

// errUsage means that the command's words were wrong and that the usage has been printed.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	t := terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	err := run(ctx, t, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "askwell:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(t.out)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, t, args[1:])
		}
	}
	fmt.Fprintf(t.err, "askwell: there is no command %q\n\n", args[0])
	usage(t.err)
	return errUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Askwell is the support desk of an immigration agency.\n\nusage: askwell COMMAND [FLAGS]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.about)
	}
	fmt.Fprintln(w, "\naskwell COMMAND --help tells a command's flags. Settings come from the environment: askwell settings.")
}

// flags makes a flag set that prints where the terminal is and leaves exiting to main.
func (t terminal) flags(name, words string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(t.err)
	fs.Usage = func() {
		fmt.Fprintf(t.err, "usage: askwell %s %s\n", name, words)
		fs.PrintDefaults()
	}
	return fs
}

// parse reads flags that may stand before, between and after up to len(words) words, and refuses more.
func parse(fs *flag.FlagSet, args []string, words ...*string) error {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return errUsage
		}
		if fs.NArg() == 0 {
			return nil
		}
		if len(words) == 0 {
			fmt.Fprintf(fs.Output(), "%q is one word too many\n", fs.Arg(0))
			fs.Usage()
			return errUsage
		}
		*words[0], words, args = fs.Arg(0), words[1:], fs.Args()[1:]
	}
}

func runVersion(_ context.Context, t terminal, _ []string) error {
	fmt.Fprintln(t.out, "askwell", version)
	return nil
}
